"""A workload in, the advice out, on a real server; reasons are asserted too."""

from pathlib import Path

import pytest

from workbench.db import Connection, fetch_all
from workbench.indexes.advice import Advice
from workbench.indexes.advise import Options, Target, advise
from workbench.workload import files

MIXED = """
-- name: of_customer
-- weight: 50
SELECT * FROM orders WHERE customer_id = 7;
-- name: open_since
SELECT * FROM orders WHERE NOT shipped AND made > '2025-01-01' ORDER BY made LIMIT 20;
-- name: by_key
SELECT * FROM orders WHERE id = 5;
-- name: broken
SELECT * FROM ordres;
"""


def suggest(connection: Connection, sql: str, **options) -> Advice:
    target = Target(connection, True, None, {"kind": "embedded", "version": "18"})
    return advise(target, files.read([sql]), Options(**options), lambda *_: None)


def kept(connection: Connection) -> list[str]:
    rows = fetch_all(connection, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    return sorted(name for (name,) in rows)


def test_a_workload_is_proven_and_nothing_stays(shop: Connection) -> None:
    before = kept(shop)
    advice = suggest(shop, MIXED)
    assert kept(shop) == before
    shapes = {each.index.ddl().partition(" ON ")[2] for each in advice.indexes}
    by_date = {"orders (made) WHERE NOT shipped", "orders (shipped, made)"}
    assert len(shapes) == 2
    assert shapes - by_date == {"orders (customer_id)"}
    assert {each.verdict for each in advice.indexes} == {"proven"}
    status = {query.name: query.status for query in advice.queries}
    assert status == {
        "of_customer": "improved",
        "open_since": "improved",
        "by_key": "unchanged",
        "broken": "failed",
    }
    found = {query.name: query for query in advice.queries}
    assert found["broken"].reason == "there is no table named ordres; did you mean orders?"
    improved = found["of_customer"]
    assert improved.speedup_ci[0] > 1
    assert improved.before.runs >= 6
    assert advice.indexes[0].used_by == ("of_customer",)
    rejected = {each.ddl.partition(" ON ")[2]: each.reason for each in advice.rejected}
    assert rejected["orders (id)"] == "exists already as orders_pkey"
    assert rejected["orders (shipped)"].startswith(("its statements are served", "the planner"))


def test_estimates_only_run_nothing(shop: Connection) -> None:
    advice = suggest(shop, MIXED, measure=False)
    assert {each.verdict for each in advice.indexes} == {"estimated"}
    for query in advice.queries:
        assert query.speedup is None
        assert query.before is None or (query.before.median_ms is None and query.before.cost)
    assert advice.workload.before_ms is None
    assert advice.workload.after_cost < advice.workload.before_cost


@pytest.mark.parametrize("budget", [0, 1 << 17, 1 << 19])
def test_the_budget_is_in_real_bytes(shop: Connection, budget: int) -> None:
    from workbench.indexes.budget import Budget

    advice = suggest(shop, MIXED, measure=False, budget=Budget(fixed_bytes=budget))
    assert advice.workload.index_bytes <= budget
    assert (budget == 0) == (advice.indexes == ())
    if budget == 0:
        assert any("of the budget are left" in each.reason for each in advice.rejected)


def test_writes_are_priced_where_that_is_asked_for(shop: Connection) -> None:
    sql = (
        "SELECT * FROM orders WHERE customer_id = 7; UPDATE orders SET customer_id = 8 WHERE id = 3"
    )
    before = kept(shop)
    (index,) = suggest(shop, sql, price_writes=True).indexes
    assert index.write_price is not None
    assert index.write_price.insert_us_ci[1] > 0
    assert index.write_price.wal_bytes > 0
    assert index.as_dict()["write_price"]["insert_us"] == index.write_price.insert_us
    assert 0 < index.pays_from_reads < 1, "a lookup spares more than an index entry costs"
    assert kept(shop) == before
    assert fetch_all(shop, "SELECT relname FROM pg_class WHERE relname LIKE 'workbench%'") == []
    (plain,) = suggest(shop, sql).indexes
    assert plain.as_dict()["write_price"] is None


def test_parameters_become_variants(shop: Connection) -> None:
    advice = suggest(shop, "SELECT * FROM orders WHERE customer_id = :who", measure=False)
    names = {query.name.partition(" ")[2] for query in advice.queries}
    assert {"[common]", "[absent]"} <= names
    assert all(query.parameters["who"] for query in advice.queries)


def test_writes_are_rolled_back(shop: Connection) -> None:
    sql = "DELETE FROM orders WHERE customer_id = 7; UPDATE orders SET note = 'x' WHERE id = 3"
    advice = suggest(shop, sql)
    assert advice.queries[0].status == "improved"  # the UPDATE may well pay for one more index
    assert [each.index.ddl().partition(" ON ")[2] for each in advice.indexes] == [
        "orders (customer_id)"
    ]
    ((rows, touched),) = fetch_all(
        shop, "SELECT count(*), count(*) FILTER (WHERE note = 'x') FROM orders"
    )
    assert (rows, touched) == (20_000, 0)


def test_sql_runs_as_it_is(shop: Connection, tmp_path: Path) -> None:
    advice = suggest(shop, MIXED, measure=False)
    script = advice.to_sql()
    creating = [line.rstrip(";") for line in script.splitlines() if line.startswith("CREATE")]
    back = [line[3:].rstrip(";") for line in script.splitlines() if line.startswith("-- DROP")]
    before = kept(shop)
    for statement in creating:
        shop.execute(statement)
    assert len(kept(shop)) == len(before) + len(advice.indexes) > len(before)
    for statement in back:
        shop.execute(statement)
    assert kept(shop) == before


def test_a_sweep_shows_what_less_room_would_bring(shop: Connection) -> None:
    advice = suggest(shop, MIXED, measure=False, sweep=True)
    points = advice.as_dict()["sweep"]
    assert len(points) >= 3
    assert points[-1]["budget_bytes"] is None
    for point in points[:-1]:
        assert point["index_bytes"] <= point["budget_bytes"]
    ratios = [point["cost_ratio"] for point in points]
    assert ratios == sorted(ratios, reverse=True)
    assert {tuple(points[-1]["indexes"])} == {tuple(each.ddl for each in advice.indexes)}


def test_each_index_says_what_it_is_worth_and_what_could_stand_in_its_place(
    shop: Connection,
) -> None:
    advice = suggest(shop, MIXED, measure=False)
    found = {each.index.keys[0].expression: each for each in advice.indexes}
    assert found["customer_id"].gain_share is not None
    assert found["customer_id"].gain_share > 0.8
    sold = next(each for name, each in found.items() if name != "customer_id")
    assert sold.alternatives
    assert sold.alternatives[0].kind not in (None, "")
    assert "alternatives" in advice.indexes[0].as_dict()


@pytest.mark.parametrize("phase", ["asking the planner", "timing plans", "measuring"])
def test_an_interrupt_leaves_what_was_known(shop: Connection, phase: str) -> None:
    target = Target(shop, True, None, {"kind": "embedded", "version": "18"})
    before, seen = kept(shop), []

    def stop(what: str, done: int, total: int) -> None:
        seen.append(what)
        if seen.count(phase) == 2:
            raise KeyboardInterrupt

    advice = advise(target, files.read([MIXED]), Options(), stop)
    assert advice.interrupted
    assert advice.indexes
    assert {each.verdict for each in advice.indexes} >= {"estimated"}
    assert any(note.startswith("interrupted") for note in advice.notes)
    assert kept(shop) == before


def test_an_interrupt_before_anything_is_known_is_one(shop: Connection) -> None:
    before = kept(shop)

    def stop(what: str, done: int, total: int) -> None:
        if what == "building candidates" and done:
            raise KeyboardInterrupt

    target = Target(shop, True, None, {"kind": "embedded", "version": "18"})
    with pytest.raises(KeyboardInterrupt):
        advise(target, files.read([MIXED]), Options(), stop)
    assert kept(shop) == before
