"""An advice as Markdown for a pull request, and as a page of its own."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from test_advice_picture import EVIL, PRICE, evil
from test_advice_table import ADVICE, INDEX, SUGGESTED

from workbench.indexes.advice import Advice, Rejected, SweepPoint
from workbench.reports.advice_markdown import advice_markdown, code, fenced, plain
from workbench.reports.advice_page import advice_page

WHOLE = replace(
    ADVICE,
    indexes=(replace(SUGGESTED, write_price=PRICE),),
    sweep=(SweepPoint(None, 96 * 1024, 0.1, 0.2, ("made",)),),
    environment={"cpu_model": "a processor", "settings": {"work_mem": "16MB"}, "nothing": None},
    notes=("think twice",),
)
WILD = [
    "a|b",
    "`x`",
    "``",
    "*b*",
    "_i_",
    "snake_case",
    "[l](http://x)",
    "<b>",
    "@all",
    "~~s~~",
    "\\",
]


class Elements(HTMLParser):
    """The elements of a document and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def rendered(markdown: str) -> Elements:
    """As a reader sees it: CommonMark with tables, with HTML let through."""
    return Elements(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


def test_a_pull_request_shows_the_gain_first() -> None:
    text = advice_markdown(WHOLE)
    assert text.startswith("### 1 index worth creating (96 kB, 0.6% of the heap): 60.0 ms → 0.25")
    places = [
        text.index(words) for words in ("| `newest` |", "```sql", "Why not: 1", "Measured on")
    ]
    assert places == sorted(places)
    assert f"\n{INDEX.ddl(concurrently=True)};\n" in text
    unbroken = text.replace("\N{NO-BREAK SPACE}", "_")
    assert "| 12.0_ms | 0.050_ms | 238×_(180–1,250×) | **improved** |" in unbroken
    seen = rendered(text)
    assert (seen.tags.count("table"), seen.tags.count("details")) == (3, 2)
    for words in ("think twice", "work_mem = 16MB", "+1.5 µs a row inserted", "the planner does"):
        assert words in seen.text


def test_markdown_takes_nothing_for_markup() -> None:
    seen = rendered(advice_markdown(evil(ADVICE)))
    assert "script" not in seen.tags
    assert seen.addresses == []
    assert seen.text.count(EVIL) >= 10


@pytest.mark.parametrize("text", WILD)
def test_wild_words_stay_as_they_are(text: str) -> None:
    for cell in (plain(text), code(text)):
        seen = rendered(f"| a |\n| --- |\n| {cell} |")
        assert set(seen.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
        assert seen.text.strip().removeprefix("a").strip() == text
    assert rendered(plain(text)).tags == ["p"]
    assert "@" not in plain(text)


def test_a_fence_is_longer_than_what_it_holds() -> None:
    sql = 'CREATE INDEX "````" ON t (a);'
    assert rendered(fenced(sql)).text.strip() == sql


def many(number: int) -> Advice:
    each = (Rejected(f"CREATE INDEX i{n} ON t (c{n})", "why", 0.1) for n in range(number))
    return replace(ADVICE, rejected=tuple(each))


def test_more_rejected_than_a_reader_wants() -> None:
    for text in (advice_markdown(many(105)), advice_page(many(105))):
        assert "t (c99)" in text
        assert "t (c100)" not in text
        assert "and 5 more" in text


def test_nothing_to_suggest() -> None:
    nothing = replace(ADVICE, indexes=(), rejected=(), queries=())
    assert advice_markdown(nothing).startswith("### Nothing is worth suggesting")
    assert "```" not in advice_markdown(nothing)
    assert "<h1>" in advice_page(nothing)


def test_a_page_needs_nothing_and_runs_nothing() -> None:
    page = advice_page(WHOLE)
    seen = Elements(page)
    assert page.startswith("<!doctype html>")
    assert not {"script", "link", "img", "iframe", "object"} & set(seen.tags)
    assert seen.addresses == []
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r"url\(|@import", page)
    for words in ("238× (180–1,250×)", "cpu model", "a processor", "UTC by workbench 0."):
        assert words in seen.text
    assert ADVICE.to_sql() in seen.text


def test_a_page_takes_nothing_for_markup() -> None:
    page = advice_page(evil(ADVICE))
    assert "<script" not in page
    assert Elements(page).text.count(EVIL) >= 10
