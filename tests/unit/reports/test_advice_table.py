"""The advice at 80 columns, for each kind of outcome."""

import json
from dataclasses import replace
from math import inf

import pytest
from rich.console import Console

from workbench.indexes.advice import (
    Advice,
    Effort,
    IndexAdvice,
    QueryAdvice,
    Rejected,
    Timing,
    Totals,
)
from workbench.indexes.index import Index, Key
from workbench.indexes.write_price import WritePrice
from workbench.reports.advice_table import AdviceTable
from workbench.workload.schema import TableName

INDEX = Index(TableName("public", "orders"), (Key("made", True, True),), predicate="NOT shipped")
SUGGESTED = IndexAdvice(
    INDEX, ("made DESC",), 96 * 1024, 12.5, ("newest",), "ORDER BY made DESC with LIMIT", "proven"
)
IMPROVED = QueryAdvice(
    "newest",
    "SELECT 1",
    5,
    "improved",
    "faster: …",
    before=Timing(100.0, 12.0, (11.0, 13.0), 11.9, 900, 20),
    after=Timing(8.0, 0.05, (0.04, 0.06), 0.05, 4, 20),
    speedup=238.0,
    speedup_ci=(180.0, 1250.0),
    basis="cpu",
)
ADVICE = Advice(
    workload=Totals(500.0, 40.0, 60.0, 0.25, 240.0, 96 * 1024, 16 << 20),
    queries=(IMPROVED,),
    indexes=(SUGGESTED,),
    rejected=(Rejected("CREATE INDEX x ON orders (shipped)", "the planner does not use it", 0.0),),
    search=Effort(2, 9, 0.5),
    server={"kind": "embedded", "version": "18.4"},
    dataset={"name": "shop", "scale": "small", "rows": {"orders": 100_000}},
    environment={},
)


def printed(advice: Advice, width: int = 80) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(AdviceTable(advice))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert max(map(len, lines)) <= width
    return "\n".join(lines)


def test_a_proven_index() -> None:
    text = printed(ADVICE)
    assert "1 index worth creating (96 kB, 0.6% of the heap): 60.0 ms → 0.250 ms" in text
    assert "shop at scale small, 100,000 rows · PostgreSQL 18.4 (embedded)" in text
    assert "built in 12.5 ms · proven" in text
    assert "newest     12.0 ms  0.050 ms  238× (180–1,250×)    improved" in text
    assert "orders (shipped)" in text


def test_the_write_price_is_told() -> None:
    price = WritePrice(1.94, -0.004, wal_bytes=-0.2, hot_share_before=0.15, hot_share_after=0.0)
    text = printed(replace(ADVICE, indexes=(replace(SUGGESTED, write_price=price),)))
    words = "+1.9 µs a row inserted, -0.004 µs a row updated, +0 bytes of WAL"
    assert words in " ".join(text.split())
    assert "15% → 0%" in text
    dear = replace(SUGGESTED, write_price=WritePrice(123.4, 99.6))
    assert "+123 µs a row inserted, +100 µs a row updated" in printed(
        replace(ADVICE, indexes=(dear,))
    )
    reason = replace(SUGGESTED, write_price=WritePrice(reason="the table is empty"))
    assert "the table is empty" in printed(replace(ADVICE, indexes=(reason,)))


@pytest.mark.parametrize(
    ("reads", "words"),
    [
        (3.14159, "from 3.1 reads for each written row"),
        (1234.5, "from 1,234 reads for each written row"),
        (0.0004, "from one read for every 2,500 written rows"),
        (0.0, "a written row costs nothing that could be measured"),
        (inf, "not by what it saves in reads"),
    ],
)
def test_from_how_many_reads_an_index_pays(reads: float, words: str) -> None:
    (index,) = (replace(SUGGESTED, pays_from_reads=reads),)
    assert words in " ".join(printed(replace(ADVICE, indexes=(index,))).split())
    assert json.loads(json.dumps(index.as_dict()))["pays_from_reads"] in (reads, None)


def test_nothing_to_suggest() -> None:
    text = printed(replace(ADVICE, indexes=(), rejected=()))
    assert "Nothing is worth suggesting" in text
    assert "Why not" not in text


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("needs 491,520 bytes; 0 of the budget are left", "beyond the limits that were given"),
        ("could not be built: must be owner of table t", "be built: must be owner of table t."),
        ("the limit of 0 indexes is reached", "beyond the limits that were given"),
        ("not estimated: no hypopg", "nothing here can say what they are worth"),
        ("the planner does not use it", "no candidate makes a statement faster"),
    ],
)
def test_why_there_is_nothing(reason: str, sentence: str) -> None:
    advice = replace(ADVICE, indexes=(), rejected=(Rejected("CREATE INDEX ON t (a)", reason),))
    assert sentence in printed(advice)
    assert sentence in advice.to_sql()


def test_all_failed() -> None:
    failed = QueryAdvice("newest", "SELECT", 1, "failed", "syntax error at end of input")
    text = printed(replace(ADVICE, indexes=(), rejected=(), queries=(failed,)))
    assert "No statement could be planned." in text
    assert "newest: syntax error at end of input" in text


def test_timed_out_before() -> None:
    slow = replace(
        IMPROVED,
        before=Timing(100.0, timed_out_ms=60_000.0),
        speedup=4000.0,
        speedup_ci=(3000.0, float("inf")),
    )
    text = printed(replace(ADVICE, queries=(slow,)))
    assert "> 60,000 ms" in text
    assert "∞" in text


def test_estimates_say_so() -> None:
    guess = replace(
        IMPROVED, before=Timing(100.0), after=Timing(8.0), speedup=None, speedup_ci=None
    )
    text = printed(replace(ADVICE, queries=(guess,)))
    assert "cost 100" in text
    assert "12× by the planner" in text


def test_more_rejected_than_a_reader_wants() -> None:
    many = tuple(Rejected(f"CREATE INDEX i{n} ON t (c{n})", "why", 0.1) for n in range(9))
    text = printed(replace(ADVICE, rejected=many))
    assert "and 4 more" in text
    assert "c4" in text
    assert "c5" not in text
