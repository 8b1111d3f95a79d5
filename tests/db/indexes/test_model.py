"""Candidates on a sample look to the planner like the real ones."""

import pytest

from workbench.db import Connection, fetch_all
from workbench.indexes import prefilter
from workbench.indexes.advise import Options, Target, advise
from workbench.indexes.budget import Budget
from workbench.indexes.index import Index, Key
from workbench.indexes.model import model
from workbench.indexes.whatif import trial
from workbench.workload import files
from workbench.workload.query import Query
from workbench.workload.schema import TableName

ORDERS = TableName("public", "orders")
INDEXES = [
    Index(ORDERS, (Key("customer_id"),)),
    Index(ORDERS, (Key("made", True, True),), include=("customer_id",)),
    Index(ORDERS, (Key("made"),), predicate="NOT shipped"),
    Index(ORDERS, (Key("(lower(note))"),)),
    Index(ORDERS, (Key("made"),), "brin"),
]
STATEMENTS = [
    "SELECT * FROM orders WHERE customer_id = 7",
    "SELECT customer_id FROM orders ORDER BY made DESC LIMIT 5",
    "SELECT * FROM orders WHERE NOT shipped AND made > '2025-01-01'",
    "SELECT * FROM orders WHERE lower(note) = 'n9'",
    "SELECT c.* FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = 3",
]
QUERIES = [Query(sql, sql, sql) for sql in STATEMENTS]


def silent(*_: object) -> None:
    pass


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.indexes.model.SAMPLED_ROWS", 5000)


@pytest.mark.usefixtures("sampled")
def test_plans_are_those_of_real_indexes(shop: Connection) -> None:
    catalog = "SELECT count(*) FROM pg_class"
    before = fetch_all(shop, catalog)
    with model(shop, INDEXES, silent) as small:
        assert set(small.built) == set(INDEXES)
        guessed = {q.name: small.plan(q, frozenset(INDEXES)) for q in QUERIES}
        bare = {q.name: small.plan(q, frozenset()) for q in QUERIES}
        sizes = {index: made.size_bytes for index, made in small.built.items()}
    assert fetch_all(shop, catalog) == before
    with trial(shop, INDEXES, silent) as candidates:
        for query in QUERIES:
            real = candidates.plan(query, INDEXES)
            assert guessed[query.name][1] == candidates.used(real)
            assert guessed[query.name][0] == pytest.approx(real.cost, rel=0.3)
            assert bare[query.name] == (candidates.plan(query, []).cost, frozenset())
        for index, built in candidates.built.items():
            if index.method == "btree" and built.size_bytes > 100_000:
                assert 0.5 < sizes[index] / built.size_bytes < 3  # a sample has fewer duplicates


def test_a_table_with_a_dropped_column_has_no_model(shop: Connection) -> None:
    shop.execute("ALTER TABLE orders DROP COLUMN state")
    with model(shop, INDEXES, silent) as small:
        assert small.built == {}


@pytest.mark.usefixtures("sampled")
def test_the_answer_says_what_was_not_built(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefilter, "MOST", 3)
    target = Target(shop, True, None, {"kind": "embedded", "version": "18"})
    sql = "SELECT * FROM orders WHERE customer_id = 7 AND made > '2025-01-01' AND state = 'kept'"
    advice = advise(target, files.read([sql]), Options(measure=False), silent)
    assert any("candidates were not built" in note for note in advice.notes)
    assert any(each.reason.startswith("not built") for each in advice.rejected)
    assert advice.indexes


@pytest.mark.usefixtures("sampled")
def test_what_is_larger_than_the_budget_is_not_built(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefilter, "MOST", 3)
    target = Target(shop, True, None, {"kind": "embedded", "version": "18"})
    sql = "SELECT id, state FROM orders WHERE customer_id = 7 AND made > '2025-01-01'"
    limit = Budget(fixed_bytes=200_000)
    advice = advise(target, files.read([sql]), Options(limit, measure=False), silent)
    reasons = [each.reason for each in advice.rejected if "INCLUDE" in each.ddl]
    assert any(reason.startswith("not built: it would take about ") for reason in reasons)
    assert any(reason.endswith(" bytes, more than the budget of 200,000") for reason in reasons)
    assert all(each.size_bytes <= 200_000 for each in advice.indexes)
