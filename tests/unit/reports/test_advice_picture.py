"""An advice as HTML and as rows, and held against what is required of it."""

import re
from dataclasses import replace

import pytest
from sanitized import Seen
from test_advice_table import ADVICE, IMPROVED, INDEX, SUGGESTED

from workbench.indexes.advice import Advice, Rejected
from workbench.indexes.index import Key
from workbench.indexes.write_price import WritePrice

EVIL = "<script>alert(1)</script>"
PRICE = WritePrice(1.5, 0.5, wal_bytes=70.0, insert_us_ci=(1.4, 1.6), update_us_ci=(0.4, 0.6))


def test_the_picture_says_what_the_terminal_says() -> None:
    priced = replace(SUGGESTED, write_price=PRICE)
    seen = Seen(replace(ADVICE, indexes=(priced,), notes=("think twice",))._repr_html_())
    for words in (
        "1 index worth creating (96 kB, 0.6% of the heap): 60.0 ms → 0.250 ms",
        f"{INDEX.ddl()};",
        "ORDER BY made DESC with LIMIT",
        "+1.5 µs a row inserted",
        "238× (180–1,250×)",
        "why not: 1 candidate rejected",
        "orders (shipped) the planner does not use it",
        "note: think twice",
    ):
        assert words in seen.text


def evil(advice: Advice) -> Advice:
    """The advice with markup in every text that comes from elsewhere."""
    index = replace(INDEX, keys=(Key(f'"{EVIL}"'),), predicate=f"a <> '{EVIL}'")
    suggested = replace(SUGGESTED, index=index, columns=(EVIL,), used_by=(EVIL,), why=EVIL)
    query = replace(IMPROVED, name=EVIL, sql=f"SELECT '{EVIL}'", parameters={EVIL: EVIL})
    failed = replace(query, status="failed", reason=EVIL)
    return replace(
        advice,
        indexes=(suggested,),
        queries=(query, failed),
        rejected=(Rejected(f"CREATE INDEX x ON {EVIL} (a)", EVIL, 0.1),),
        notes=(EVIL,),
        dataset={"name": EVIL, "scale": EVIL, "rows": {EVIL: 1}},
        environment={"cpu": EVIL},
    )


def test_nothing_in_it_is_markup() -> None:
    html = evil(ADVICE)._repr_html_()
    assert "<script" not in html
    assert Seen(html).text.count(EVIL) >= 10


def test_nothing_to_suggest() -> None:
    seen = Seen(replace(ADVICE, indexes=(), rejected=(), queries=())._repr_html_())
    assert "Nothing is worth suggesting" in seen.text


def test_rows_hold_intervals_and_what_is_saved() -> None:
    advice = replace(ADVICE, indexes=(replace(SUGGESTED, write_price=PRICE),))
    queries, indexes = advice.to_frame(), advice.to_frame("indexes")
    assert queries["before_ms_low"][0] == 11.0
    assert queries["speedup_high"][0] == 1250.0
    assert indexes["benefit_ms"][0] == pytest.approx(5 * (12.0 - 0.05))
    assert indexes["insert_us_high"][0] == 1.6
    assert list(advice.to_frame("rejected")["cost_saving"]) == [0.0]


def test_what_is_required_is_printed_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    ADVICE.require(
        table="orders", columns=["made DESC"], predicate="NOT shipped", serves=["newest"]
    )
    assert capsys.readouterr().out == (
        "suggested: orders (made DESC) WHERE NOT shipped serving newest "
        "⟨btree on orders (made DESC) WHERE NOT shipped; "
        "newest improved 238×, 99 % interval 180× to 1,250×⟩\n"
    )
    ADVICE.require(table="orders", verdict="proven")
    assert capsys.readouterr().out.startswith("proven: orders ⟨btree on orders")
    ADVICE.require_none(table="orders", columns=["shipped"])
    assert capsys.readouterr().out == "not suggested: orders (shipped)\n"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"table": "users"}, "on users"),
        ({"table": "orders", "columns": ["made"]}, "orders (made),"),
        ({"table": "orders", "columns": ["made DESC", "id"]}, "made DESC, id"),
        ({"table": "orders", "include": ["total"]}, "INCLUDE (total)"),
        ({"table": "orders", "predicate": "shipped IS NULL"}, "WHERE shipped IS NULL"),
        ({"table": "orders", "method": "gin"}, "by gin"),
        ({"table": "orders", "serves": ["oldest"]}, "serving oldest"),
        ({"table": "orders", "verdict": "estimated"}, "an index on orders, estimated,"),
    ],
)
def test_anything_else_is_an_error(wanted: dict, said: str) -> None:
    ADVICE.require_none(**wanted)
    with pytest.raises(AssertionError, match=re.escape(said)) as caught:
        ADVICE.require(**wanted)
    assert "but suggested is btree on orders (made DESC) WHERE NOT shipped" in str(caught.value)


def test_what_must_not_be_suggested_is_an_error() -> None:
    with pytest.raises(AssertionError, match="expected no index on orders"):
        ADVICE.require_none(table="orders")
