"""Scripts fall apart into statements, and into nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sql_texts import OPAQUE

from workbench.workload.script import Comment, pieces, split

BODY = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END"
RULE = "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        (" SELECT 1 ; SELECT 2 ", ["SELECT 1", "SELECT 2"]),
        (";;SELECT 1;;", ["SELECT 1"]),
        ("SELECT ';'; SELECT $$;$$", ["SELECT ';'", "SELECT $$;$$"]),
        ("SELECT 1 -- ;\n; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT /* ; */ 1", ["SELECT /* ; */ 1"]),
        (f"{BODY}; SELECT 1", [BODY, "SELECT 1"]),
        (f"{RULE}; SELECT 1", [RULE, "SELECT 1"]),
        ("SELECT (1; SELECT 2; SELECT 3", ["SELECT (1", "SELECT 2", "SELECT 3"]),
        ("SELECT 1); SELECT (2)", ["SELECT 1)", "SELECT (2)"]),
        ("BEGIN; SELECT 1; END;", ["BEGIN", "SELECT 1", "END"]),
        ("\\d t\nSELECT 1", ["\\d t", "SELECT 1"]),
        ("\\copy t from 'a;b'\nSELECT 1;", ["\\copy t from 'a;b'", "SELECT 1"]),
        ("SELECT 1 \\gx\nSELECT 2", ["SELECT 1 \\gx", "SELECT 2"]),
        ("SELECT 1; SELECT 'a; SELECT 2;", ["SELECT 1", "SELECT 'a; SELECT 2;"]),
        ("SELECT 1;\r\nSELECT\r\n2;\r\n", ["SELECT 1", "SELECT\r\n2"]),
        ("", []),
        ("-- only\n/* that */", []),
    ],
)
def test_split(text, expected):
    assert [statement.text for statement in split(text)] == expected


def test_lines_and_comments():
    text = "-- a\n/* b */ SELECT 1; -- c\n\n-- d\n\nSELECT -- e\n2;\n-- f\n"
    first, second, rest = pieces(text)
    assert (first.line, first.above) == (2, (Comment("-- a", 1), Comment("/* b */", 2)))
    assert first.beside == (Comment("-- c", 2),)
    assert (second.line, second.above, second.beside) == (6, (Comment("-- d", 4),), ())
    assert (rest.text, rest.above) == ("", (Comment("-- f", 8),))


def test_a_comment_between_statements_of_a_line_belongs_to_the_second():
    _, second = split("SELECT 1; /* x */ SELECT 2;")
    assert second.above == (Comment("/* x */", 1),)


@given(st.lists(st.lists(st.sampled_from(["a", "(b)", "1", "::t", "=:x", "%s"]) | OPAQUE)))
def test_split_undoes_join(parts):
    statements = ["SELECT " + " ".join([*words, "x"]) for words in parts]
    assert [s.text for s in split(";\n".join(statements))] == statements


@given(st.text() | st.text(alphabet="'\"$a/*-;()\\ \nE"))
def test_statements_are_slices_in_order(text):
    at = 0
    for statement in split(text):
        at = text.index(statement.text, at) + len(statement.text)
        assert statement.text.strip(" \t\n\r\f\v")


def test_the_line_is_that_of_the_first_token():
    text = "\n\n".join(f"-- c\nSELECT {n};" for n in range(20))
    lines = text.splitlines()
    assert all(lines[s.line - 1] == f"{s.text};" for s in split(text))
