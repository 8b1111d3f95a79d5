"""A statement in, the keys of its candidates out."""

import pytest

from workbench.indexes.candidates import KINDS, Candidate, generate
from workbench.workload.analysis import analyse
from workbench.workload.schema import Catalog, Column, Table, TableName

STATUS = {"done": 0.9, "open": 0.08, "stuck": 0.02}
BOOLEAN = {"t": 0.95, "f": 0.05}
COLUMNS = [
    Column("id", "bigint", True, 100_000),
    Column("owner", "bigint", True, 500),
    Column("status", "text", True, 3, common=STATUS),
    Column("done", "boolean", True, 2, common=BOOLEAN),
    Column("due", "date", False, 900, null_share=0.7),
    Column("made", "timestamptz", True, 99_000),
    Column("tags", "text[]", True, 50),
    Column("doc", "jsonb", True, 1000),
]


def candidates(sql: str, rows: int = 100_000, plain: bool = True) -> tuple[Candidate, ...]:
    table = TableName("public", "t")
    found = Table(table, "r", rows, 10**7, {column.name: column for column in COLUMNS})
    analysis = analyse(sql, Catalog({table: found}))
    kinds = ("btree", "partial") if plain else KINDS
    return generate([("q", use) for use in analysis.uses], lambda use: found, kinds)


def shapes(sql: str) -> set[str]:
    """``keys`` or ``keys where predicate`` of every candidate."""
    return {
        ", ".join(map(str, c.index.keys))
        + (f" where {c.index.predicate}" if c.index.predicate else "")
        for c in candidates(sql)
    }


PAIRS = {
    "SELECT * FROM t WHERE owner = $1": {"owner"},
    "SELECT * FROM t WHERE owner = $1 AND made > $2": {"owner", "made", "owner, made"},
    "SELECT * FROM t WHERE owner = $1 ORDER BY made DESC LIMIT 9": {
        "owner",
        "made DESC",
        "owner, made DESC",
    },
    "SELECT * FROM t WHERE owner = $1 ORDER BY due NULLS FIRST, id DESC LIMIT 9": {
        "owner",
        "due NULLS FIRST, id DESC",
        "owner, due NULLS FIRST, id DESC",
    },
    "SELECT * FROM t WHERE status = 'stuck'": {
        "status",
        "status where status = 'stuck'",
    },
    "SELECT * FROM t WHERE status = $1": {"status"},
    "SELECT * FROM t WHERE status = 'done'": set(),
    "SELECT * FROM t WHERE status <> 'done' AND owner = 3": {
        "owner",
        "owner where status <> 'done'",
    },
    "SELECT * FROM t WHERE status <> 'stuck' AND owner = 3": {
        "owner",
        "owner where status <> 'stuck'",
    },
    "SELECT * FROM t WHERE NOT done AND owner = 3": {
        "done",
        "owner",
        "owner, done",
        "owner where NOT done",
    },
    "SELECT * FROM t WHERE due IS NOT NULL AND owner = 3": {"owner", "owner where due IS NOT NULL"},
    "SELECT * FROM t WHERE due IS NULL AND owner = 3": {
        "owner",
        "owner where due IS NULL",
    },
    "SELECT owner, count(*) FROM t GROUP BY owner": {"owner"},
    "SELECT a.id FROM t a JOIN t b ON b.owner = a.id WHERE b.status = $1": {
        "id",
        "owner",
        "status",
        "status, owner",
        "owner, status",
    },
    "SELECT * FROM t WHERE owner = 3 AND made < due": {"owner", "owner where made < due"},
    "SELECT * FROM t WHERE made < due": set(),
    "SELECT * FROM t WHERE tags = $1 AND doc = $2": set(),
    "SELECT * FROM t WHERE owner = 1 OR made > $1": {"owner", "made"},
}


@pytest.mark.parametrize("sql", PAIRS)
def test_keys(sql: str) -> None:
    expected = PAIRS[sql]
    found = shapes(sql)
    assert expected <= found, f"missing {expected - found}"
    assert found - expected == set(), f"too many {found - expected}"


def test_equalities_lead_with_the_most_distinct() -> None:
    found = shapes("SELECT * FROM t WHERE status = $1 AND owner = $2 AND made > $3")
    assert "owner, status, made" in found
    assert "status, owner, made" not in found


def test_no_more_than_four_keys() -> None:
    sql = "SELECT * FROM t WHERE id = $1 AND owner = $2 AND status = $3 AND due = $4 AND made > $5"
    assert max(len(c.index.keys) for c in candidates(sql)) == 4


def test_small_tables_get_none() -> None:
    assert candidates("SELECT * FROM t WHERE owner = $1", rows=499) == ()


def test_kinds_limit_what_is_drafted() -> None:
    table = Table(TableName("public", "t"), "r", 1e5, 10**7, {c.name: c for c in COLUMNS})
    analysis = analyse("SELECT * FROM t WHERE NOT done", Catalog({table.table: table}))
    uses = [("q", use) for use in analysis.uses]
    only = generate(uses, lambda use: table, frozenset({"partial", "gin"}))
    assert only == ()


def test_equal_candidates_are_merged_and_name_their_queries() -> None:
    table = Table(TableName("public", "t"), "r", 1e5, 10**7, {c.name: c for c in COLUMNS})
    catalog = Catalog({table.table: table})
    (one,) = analyse("SELECT * FROM t WHERE owner = $1", catalog).uses
    (two,) = analyse("SELECT id FROM t WHERE owner = 7", catalog).uses
    (merged,) = generate([("a", one), ("b", two)], lambda use: table, ["btree"])
    assert merged.queries == ("a", "b")
    assert merged.rule == "single_keys"
    assert merged.because == "equality on owner"
