"""The picture of a dataset: complete, aligned, and never taken for markup."""

from rich.console import Console

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
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "state &lt;&gt; &#x27;x&#x27;" in html
    assert html.count("<tr>") == 1 + len(COLUMNS) + 1 + len(QUERIES)
    assert "width:54px" in html


def test_html_is_balanced() -> None:
    html = PICTURE._repr_html_()
    for tag in ("div", "table", "tr", "td", "th", "p", "details", "span"):
        assert html.count(f"<{tag}") - html.count(f"<{tag}ead") == html.count(f"</{tag}>")
