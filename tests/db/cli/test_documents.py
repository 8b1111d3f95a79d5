"""``--format markdown`` and ``--format html`` from a user's shell."""

import pytest
from shell import SMALL, Shell

EVIL = "<script>alert(1)</script>"
STATEMENTS = f"""
-- name: {EVIL}
SELECT id, title FROM todos WHERE NOT completed AND priority = 'urgent';
-- name: evil
SELECT count(*) FROM todos WHERE title = '{EVIL}';
"""


@pytest.mark.parametrize(
    ("form", "start", "has"),
    [
        ("markdown", "### ", "```sql\nCREATE INDEX CONCURRENTLY"),
        ("html", "<!doctype html>", "<h1>"),
    ],
)
def test_a_document_goes_into_a_file(workbench: Shell, form: str, start: str, has: str) -> None:
    (workbench.folder / "q.sql").write_text(STATEMENTS)
    words = ("suggest-indexes", "q.sql", *SMALL, "--no-measure", "--format", form)
    done = workbench(*words, "--output", "advice.out")
    assert done.out == ""
    text = (workbench.folder / "advice.out").read_text(encoding="utf-8")
    assert text.startswith(start)
    assert has in text
    assert "<script" not in text.replace(f"`{EVIL}`", "")


def test_when_every_statement_fails_there_is_no_document(workbench: Shell) -> None:
    words = ("suggest-indexes", "-", *SMALL, "--dataset", "todos", "--format", "markdown")
    done = workbench(*words, stdin="SELECT colour FROM todos", status=1)
    assert done.out == ""
    assert 'column "colour" does not exist' in done.err
