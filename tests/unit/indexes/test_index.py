"""Index values: DDL, names, and what may stand in for what."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.indexes.budget import parse
from workbench.indexes.existing import Existing, served_by
from workbench.indexes.index import MAX_NAME_BYTES, Index, Key
from workbench.workload.schema import TableName, quoted

TABLE = TableName("public", "t")


def index(*keys: str, **more) -> Index:
    made = []
    for key in keys:
        name, _, way = key.partition(" ")
        made.append(Key(name, way == "DESC", way == "DESC"))
    return Index(TABLE, tuple(made), **more)


def test_ddl() -> None:
    made = Index(
        TableName("s", "Odd"), (Key("a"), Key("b", True, False)), "btree", ("c",), "NOT done"
    )
    assert made.ddl() == (
        f'CREATE INDEX {made.name} ON s."Odd" (a, b DESC NULLS LAST) INCLUDE (c) WHERE NOT done'
    ).replace(made.name, quoted(made.name))
    gin = Index(TABLE, (Key("doc", opclass="jsonb_path_ops"),), "gin")
    assert gin.ddl(concurrently=True) == (
        f"CREATE INDEX CONCURRENTLY {gin.name} ON t USING gin (doc jsonb_path_ops)"
    )


def test_ddl_of_block_ranges_and_of_partitioned_tables() -> None:
    brin = Index(TABLE, (Key("made"),), "brin", storage="pages_per_range = 8", partitioned=True)
    assert brin.ddl(concurrently=True) == (
        f"CREATE INDEX {brin.name} ON t USING brin (made) WITH (pages_per_range = 8)"
    )


@pytest.mark.parametrize(
    ("key", "method", "extension"),
    [
        (Key("name", opclass="gin_trgm_ops"), "gin", "pg_trgm"),
        (Key("name", opclass="gist_trgm_ops"), "gist", "pg_trgm"),
        (Key("id", opclass="int8_ops"), "gin", "btree_gin"),
        (Key("id", opclass="gist_int8_ops"), "gist", "btree_gist"),
        (Key("doc", opclass="jsonb_path_ops"), "gin", ""),
        (Key("name", opclass="text_pattern_ops"), "btree", ""),
        (Key("at", opclass="timestamptz_minmax_multi_ops"), "brin", ""),
    ],
)
def test_extensions(key: Key, method: str, extension: str) -> None:
    assert Index(TABLE, (key,), method).extension == extension


def test_plain_names_are_what_postgres_would_choose() -> None:
    assert index("a", "b").name == "t_a_b_idx"


def test_names_tell_definitions_apart() -> None:
    made = [index("a"), index("a DESC"), index("a", predicate="b"), index("a", include=("c",))]
    made += [index("a", method=method) for method in ("hash", "brin", "gist")]
    made += [index("a", method="brin", storage="pages_per_range = 8")]
    made += [index("(a->'k')"), index("(a->>'k')"), index("a_k")]
    assert len({each.name for each in made}) == len(made)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4), st.text(min_size=1))
def test_names_fit(columns: list[str], table: str) -> None:
    made = Index(TableName("public", table), tuple(Key(quoted(c)) for c in columns))
    assert len(made.name.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("one", "other", "serves"),
    [
        (index("a", "b"), index("a"), True),
        (index("a"), index("a", "b"), False),
        (index("a", "b"), index("b"), False),
        (index("a DESC"), index("a"), True),
        (index("a DESC", "b"), index("a", "b"), False),
        (index("a DESC", "b"), index("a", "b DESC"), True),
        (index("a", predicate="p"), index("a"), False),
        (index("a"), index("a", include=("b",)), False),
        (index("a", include=("b", "c")), index("a", include=("c",)), True),
        (index("a", method="hash"), index("a"), False),
    ],
)
def test_serves_as(one: Index, other: Index, serves: bool) -> None:
    assert one.serves_as(other) is serves


@pytest.mark.parametrize(
    ("text", "limit"),
    [("64MB", 64 << 20), ("1.5 gb", 3 << 29), ("512k", 512 << 10), ("100", 100), ("25%", 250)],
)
def test_budget(text: str, limit: int) -> None:
    assert parse(text).limit_bytes(1000) == limit


@pytest.mark.parametrize("text", ["", "much", "-1MB", "64 MiB!", "%"])
def test_bad_budget_names_the_value(text: str) -> None:
    with pytest.raises(InputError, match="a budget is a size"):
        parse(text)


def test_a_unique_key_serves_equality_but_no_other_operator_class() -> None:
    """What finds one row by = is no help for LIKE 'abc%', nor for words within a text."""
    table = TableName("public", "t")
    by_name = Existing(Index(table, (Key("name"),)), "t_name_key", True, True, 8192, False)
    equal = Index(table, (Key("name"), Key("made")))
    prefix = Index(table, (Key("name", opclass="text_pattern_ops"),))
    trigram = Index(table, (Key("name", opclass="gin_trgm_ops"),), "gin")
    assert "at most one row for name" in (served_by(equal, (by_name,)) or "")
    assert served_by(prefix, (by_name,)) is None
    assert served_by(trigram, (by_name,)) is None
    assert served_by(replace(equal, predicate="rare"), (by_name,)) is None
