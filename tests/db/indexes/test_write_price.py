"""Prices of writes on a real server: what is dear, what is free, what cannot be, what stays."""

from pathlib import Path

import pytest

from workbench.db import Connection, fetch_all, fetch_value
from workbench.indexes import twin as twins
from workbench.indexes.batches import LEAST_ROWS, inserts, updates
from workbench.indexes.batches import sampled as sampled_rows
from workbench.indexes.index import Index, Key
from workbench.indexes.twin import NAME, twin
from workbench.indexes.whatif import trial
from workbench.indexes.write_price import TablePrice, WritePrice, measure_set, measure_tables
from workbench.servers import Server
from workbench.workload.schema import TableName

ORDERS = TableName("public", "orders")
BY_MADE = Index(ORDERS, (Key("made"),))
BY_NOTE = Index(ORDERS, (Key("(lower(note))"),))
RETURNED = Index(ORDERS, (Key("made"),), predicate="state = 'nothing like it'")
WORDS = Index(
    ORDERS, (Key("(to_tsvector('simple'::regconfig, state || ' ' || id::text))"),), method="gin"
)


def silent(what: str, done: int, total: int) -> None:
    pass


def priced(connection: Connection, *indexes: Index, cpu: Path | None = None, **more) -> TablePrice:
    return measure_set(connection, indexes, backend_cpu=cpu, seconds=0.5, **more)


def figures(connection: Connection) -> list[tuple]:
    """All that a run could change: rows, sizes and the planner's statistics."""
    query = """SELECT c.relname, pg_relation_size(c.oid), c.relpages, c.reltuples FROM pg_class c
               WHERE relnamespace = 'public'::regnamespace ORDER BY 1"""
    count = "SELECT count(*), sum(hashtext(o::text)) FROM orders o"
    return fetch_all(connection, query) + fetch_all(connection, count)


def test_prices_of_a_set(shop: Connection, server: Server) -> None:
    before = figures(shop)
    indexes = (BY_MADE, RETURNED, WORDS)
    table = priced(shop, *indexes, cpu=server.backend_cpu(shop))
    assert figures(shop) == before
    assert table.notes == ()
    assert table.rows == 20_000
    made, nothing, words = (table.indexes[index] for index in indexes)
    assert words.insert_us > nothing.insert_us
    assert words.wal_bytes > made.wal_bytes > 20
    assert nothing.wal_bytes == pytest.approx(0, abs=20)
    assert made.insert_us_ci[0] <= made.insert_us <= made.insert_us_ci[1]
    assert table.insert_ratio_ci[0] > 1.2
    assert table.update_ratio_ci[1] > 1.05
    low, high = table.delete_ratio_ci
    assert low < 1.2
    assert high > 0.8
    assert made.rounds >= 5


def test_an_index_keeps_updates_of_its_column_from_being_hot(shop: Connection) -> None:
    harmful = priced(shop, BY_MADE, changes={("made",): 1.0}).indexes[BY_MADE]
    assert harmful.hot_share_before > 0.6
    assert harmful.hot_share_after < 0.1
    harmless = priced(shop, BY_MADE, changes={("note",): 1.0}).indexes[BY_MADE]
    assert harmless.hot_share_after == pytest.approx(harmless.hot_share_before, abs=0.1)
    halved = priced(shop, BY_MADE).indexes[BY_MADE]  # every second update sets `made`
    assert 0.2 < halved.hot_share_after < 0.6 < halved.hot_share_before


def test_without_a_cpu_clock_wall_time_counts(shop: Connection) -> None:
    price = priced(shop, BY_MADE).indexes[BY_MADE]
    assert price.basis == "wall"
    assert price.wal_bytes > 20


def test_candidates_that_are_built_are_no_part_of_the_table(shop: Connection) -> None:
    with trial(shop, [BY_MADE, BY_NOTE], silent) as candidates:
        with twin(shop, ORDERS, [BY_MADE]) as made:
            assert [each.index for each in made.indexes] == [None, BY_MADE]
            assert made.indexes[0].keys == ("id",)
        price = measure_set(shop, [BY_MADE], backend_cpu=None, seconds=0.1)
        assert price.indexes[BY_MADE].insert_us is not None
        assert set(candidates.built) == {BY_MADE, BY_NOTE}
    assert fetch_value(shop, "SELECT to_regclass($1)", [NAME]) is None
    temporary = "SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relname ~ 'pool'"
    assert fetch_value(shop, temporary) == 0


def test_what_a_killed_run_left_is_swept(shop: Connection) -> None:
    leftover = twin(shop, ORDERS, [])
    leftover.__enter__()
    assert fetch_value(shop, "SELECT to_regclass($1)::text", [NAME]) == NAME
    twins.sweep(shop)
    assert fetch_value(shop, "SELECT to_regclass($1)", [NAME]) is None


ODD = """
CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.touched := clock_timestamp(); RETURN NEW; END';
CREATE TABLE "Odd One" (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Select" varchar(12) NOT NULL UNIQUE,
    email text NOT NULL CHECK (email LIKE '%@%'), token uuid UNIQUE DEFAULT gen_random_uuid(),
    org int NOT NULL, slug text NOT NULL, day date, at timestamptz UNIQUE, shade colour,
    total numeric(9, 2) GENERATED ALWAYS AS (org * 1.5) STORED, touched timestamptz,
    UNIQUE (org, slug), EXCLUDE USING btree (token WITH =));
CREATE UNIQUE INDEX ON "Odd One" (lower(email)) WHERE day IS NOT NULL;
CREATE TRIGGER touching BEFORE UPDATE ON "Odd One" FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO "Odd One" ("Select", email, org, slug, day, at, shade)
SELECT 'n' || n, 'u' || n || '@example.org', n % 9, 's' || n, '2024-01-01'::date + n % 99,
       '2024-01-01'::timestamptz + n * interval '1 hour', (ARRAY['red', 'blue'])[1 + n % 2]::colour
FROM generate_series(1, 3000) n;
CREATE TABLE pairs (a int REFERENCES "Odd One", b int, note text, PRIMARY KEY (a, b));
INSERT INTO pairs SELECT 1 + n % 500, n / 20, 'x' FROM generate_series(1, 4000) n;
ANALYZE
"""


@pytest.fixture
def odd(connection: Connection) -> Connection:
    connection.execute(ODD)
    return connection


@pytest.mark.parametrize(
    ("table", "column"), [("Odd One", "touched"), ("Odd One", "org"), ("pairs", "b")]
)
def test_tables_with_all_kinds_of_constraints(odd: Connection, table: str, column: str) -> None:
    index = Index(TableName("public", table), (Key(column),))
    found = priced(odd, index)
    assert found.notes == ()
    assert isinstance(found.indexes[index].insert_us, float)
    assert isinstance(found.indexes[index].update_us, float)
    assert fetch_value(odd, "SELECT count(*) FROM pairs") == 4000


def test_a_column_that_a_trigger_sets_is_set_on_the_twin_too(odd: Connection) -> None:
    index = Index(TableName("public", "Odd One"), (Key("touched"),))
    price = priced(odd, index, changes={("shade",): 1.0}).indexes[index]
    assert price.hot_share_before > 0.4
    assert price.hot_share_after == 0.0


def test_new_rows_of_a_pair_keep_to_the_values_there_are(odd: Connection) -> None:
    with twin(odd, TableName("public", "pairs"), []) as made:
        batch = inserts(made)
        query = f"SELECT max(b) <= 200, count(*) > {LEAST_ROWS} FROM {batch.pool.as_string()}"
        assert fetch_all(odd, query) == [(True, True)]


def test_changed_values_are_others_that_exist(shop: Connection) -> None:
    with twin(shop, ORDERS, []) as made:
        pool = updates(made, sampled_rows(made), {("state",): 1.0}).pool.as_string()
        query = f"""SELECT count(*) FILTER (WHERE p.state = t.state)::float / count(*),
                           bool_and(p.state IN ('kept', 'returned'))
                    FROM {pool} p JOIN {NAME} t ON t.ctid = p."workbench place" """
        same, known = fetch_all(shop, query)[0]
        assert same < 0.2
        assert known


REASONS = [
    ("CREATE TABLE t (a int)", "t has 0 rows, too few to write more like them"),
    ("CREATE MATERIALIZED VIEW t AS SELECT 1 AS a", "t is not a table that is written row by row"),
    ("CREATE TABLE other (a int)", "no copy of t can be made"),
]


@pytest.mark.parametrize(("made", "reason"), REASONS)
def test_what_cannot_be_priced_has_a_reason(connection: Connection, made: str, reason: str) -> None:
    connection.execute(made)
    index = Index(TableName("public", "t"), (Key("a"),))
    table = priced(connection, index)
    assert table.insert_ratio is None
    assert reason in table.indexes[index].reason
    assert table.indexes[index].insert_us is None


def test_rows_that_a_table_refuses_are_left_out_or_named(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE t (a int, b boolean UNIQUE NULLS DISTINCT, c int CHECK (c > 0));"
        "INSERT INTO t SELECT n, NULL, 1 + n % 50 FROM generate_series(1, 2000) n;"
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN IF NEW.c % 10 = 0 THEN RAISE EXCEPTION ''tens are over''; END IF; RETURN NEW; END';"
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()"
    )
    with twin(connection, TableName("public", "t"), []) as made:
        batch = inserts(made)
        assert 1_500 < batch.rows < 2_000
        tens = f"SELECT count(*) FROM {batch.pool.as_string()} WHERE c % 10 = 0"
        assert fetch_value(connection, tens) == 0
    connection.execute("UPDATE t SET c = 10 * c")
    index = Index(TableName("public", "t"), (Key("a"),))
    price = priced(connection, index).indexes[index]
    assert price.insert_us is None
    assert price.update_us is not None
    assert price.reason == "rows to insert are refused: tens are over"


def test_an_index_that_cannot_be_built_does_not_spoil_the_others(shop: Connection) -> None:
    broken = Index(ORDERS, (Key("no_such_column"),))
    table = priced(shop, broken, BY_MADE)
    assert table.indexes[broken] == WritePrice(
        reason='could not be built: column "no_such_column" does not exist'
    )
    assert table.indexes[BY_MADE].insert_us is not None


def test_a_partitioned_table_is_priced_as_one(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE logs (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) "
        "PARTITION BY RANGE (at);"
        "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
        "CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');"
        "INSERT INTO logs SELECT n, '2020-01-01'::date + n % 700 FROM generate_series(1, 5000) n"
    )
    index = Index(TableName("public", "logs"), (Key("at"),))
    table = priced(connection, index)
    assert table.rows == 5000
    assert table.indexes[index].insert_us is not None


def test_tables_take_turns(shop: Connection) -> None:
    told: list[tuple[str, int, int]] = []
    country = Index(TableName("public", "customers"), (Key("country"),))
    prices = measure_tables(
        shop,
        [country, BY_MADE],
        backend_cpu=None,
        seed=1,
        seconds=0.2,
        progress=lambda *step: told.append(step),
    )
    assert [set(price.indexes) for price in prices] == [{country}, {BY_MADE}]
    assert told == [("pricing writes", done, 2) for done in range(3)]
