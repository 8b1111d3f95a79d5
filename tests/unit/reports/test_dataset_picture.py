"""The picture of a dataset: complete, aligned, and never taken for markup."""

import re

from rich.console import Console
from sanitized import Seen

from workbench.datasets.facts import ColumnFacts, DatasetFacts, TableFacts
from workbench.reports.dataset_picture import DatasetPicture
from workbench.workload.query import Query

EVIL = "<script>alert(1)</script>"
COLUMNS = (
    ColumnFacts("state", "text", 0.0, 3, EVIL, 0.9, 0.42),
    ColumnFacts("doc", "jsonb", 0.25, 1000, None, None, None),
)
FACTS = DatasetFacts("shop", "A shop", (TableFacts("orders", 12_345, 1 << 20, 1 << 18, COLUMNS),))
SQL = "SELECT *\nFROM orders WHERE state <> 'x'"
QUERIES = (Query("rare", SQL, SQL, weight=1), Query("often", SQL, SQL, weight=50))
PICTURE = DatasetPicture(FACTS, QUERIES)


def printed(width: int) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(PICTURE)
    return captured.get().splitlines()


def test_terminal() -> None:
    lines = printed(80)
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for words in ("A shop", "12,345 rows", "1.0 MB", "25 %", "90 %", "0.42", "2 statements"):
        assert words in text
    assert text.index("often") < text.index("rare")


def test_html_takes_nothing_for_markup() -> None:
    html = PICTURE._repr_html_()
    seen = Seen(html)
    assert "<script" not in html
    assert EVIL[:21] in seen.text
    assert SQL in "".join(seen.words)
    assert seen.tags.count("tr") == 1 + len(COLUMNS) + 1 + len(QUERIES)


def test_a_share_is_a_bar() -> None:
    lengths = re.findall(r"width:(\d+)px;border-top", PICTURE._repr_html_())
    assert lengths == ["54", "15"]


def test_text_and_rows() -> None:
    assert str(PICTURE).startswith("shop: A shop")
    assert max(map(len, str(PICTURE).splitlines())) <= 100
    frame = PICTURE.to_frame()
    assert list(frame["name"]) == ["state", "doc"]
    assert frame["top_share"][0] == 0.9
