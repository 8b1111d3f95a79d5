"""Sets of indexes that benchmarks/advisor.py compares: built, shown, left alone, timed."""

from time import perf_counter

import pytest
from scoring import sets, times
from scoring.sets import IndexSet
from scoring.times import Clock, OutOfTime

from workbench.db import Connection, fetch_value, rolled_back
from workbench.workload import files

ROWS = 20_000
NAMED, OTHER = "CREATE INDEX i ON t (a);", 'CREATE INDEX "I b" ON t (b) WHERE b > 5'
READ, WRITE = "SELECT b FROM t WHERE a = 7", "INSERT INTO t VALUES (0, 0)"


@pytest.fixture
def table(connection: Connection) -> Connection:
    connection.execute("CREATE TABLE t (a int, b int)")
    connection.execute(f"INSERT INTO t SELECT n, n % 10 FROM generate_series(1, {ROWS}) n")
    return connection


def count(connection: Connection, valid: bool = False) -> int:
    only = "AND indisvalid" if valid else ""
    query = f"SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass {only}"
    return fetch_value(connection, query)


def given(*texts: str) -> list[IndexSet]:
    return [IndexSet(f"set {number}", "", text) for number, text in enumerate(texts)]


def test_an_index_of_a_partitioned_table_is_one_with_its_parts(connection):
    connection.execute("CREATE TABLE t (a int, b int) PARTITION BY RANGE (a)")
    connection.execute("CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
    connection.execute("CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (20)")
    connection.execute("INSERT INTO t SELECT n % 20, n FROM generate_series(1, 5000) n")
    valid = "SELECT count(*) FROM pg_index WHERE indrelid = 't_1'::regclass AND indisvalid"
    index = "CREATE INDEX ON t (b);"
    with sets.built(connection, given(index, index + "CREATE INDEX ON t (a, b);")) as built:
        assert not built.failed
        assert [len(indexes) for indexes in built.indexes.values()] == [1, 2]
        assert built.size_bytes(1) > built.size_bytes(0) > 8192
        for number, seen in ((None, 0), (0, 1), (1, 2)):
            with rolled_back(connection):
                built.showing(number)(connection)
                assert fetch_value(connection, valid) == seen
            with rolled_back(connection):
                built.leaving(number)(connection)
                assert fetch_value(connection, valid) == seen
        assert built.definitions(["t_2_b_idx"]) == ["ON ONLY public.t USING btree (b)"]
    assert fetch_value(connection, valid) == 0


def test_sets_share_an_index_and_are_seen_one_at_a_time(table):
    with sets.built(table, given(NAMED, NAMED + OTHER)) as built:
        assert not built.failed
        assert [len(indexes) for indexes in built.indexes.values()] == [1, 2]
        assert count(table) == 2
        for number, seen in ((None, 0), (0, 1), (1, 2)):
            with rolled_back(table):
                built.showing(number)(table)
                assert count(table, valid=True) == seen
            with rolled_back(table):
                built.leaving(number)(table)
                assert count(table) == seen
        assert built.size_bytes(0) < built.size_bytes(1) < sets.heap_bytes(table)
    assert count(table) == 0


def test_what_is_no_index_or_cannot_be_built_is_told_and_the_rest_is_built(table):
    texts = ("DROP TABLE t", "CREATE INDEX ON t (c)", NAMED)
    with sets.built(table, given(";".join(texts))) as built:
        assert len(built.failed) == 2
        assert len(built.indexes[0]) == 1


def test_a_killed_runs_indexes_are_swept_and_the_users_own_stay(table):
    table.execute(f"CREATE INDEX {sets.PREFIX}7 ON t (a)")
    table.execute("CREATE INDEX own ON t (a)")
    with sets.built(table, given(NAMED)) as built:
        assert [made.name for made in built.indexes[0]] != ["own"]
    assert count(table) == 1
    assert fetch_value(table, "SELECT to_regclass('own')") == "own"


def test_the_size_of_a_set_is_known_without_building_it(table):
    size = sets.size_bytes(table, NAMED)
    assert count(table) == 0
    with sets.built(table, given(NAMED)) as built:
        assert built.size_bytes(0) == size


def test_statements_are_timed_under_each_set_and_nothing_stays(table):
    queries = files.read([f"-- name: r\n{READ};\n-- name: w\n{WRITE};"])
    limit = Clock(perf_counter() + 60, 10)
    with sets.built(table, given(NAMED, OTHER)) as built:
        read, write = times.planned(built, queries)
        assert (read.writes, write.writes) == (False, True)
        times.measure_reads(built, read, None, limit)
        times.measure_writes(built, write, None, limit)
        assert read.plans[None] == read.plans[1] != read.plans[0]
        assert min(read.ms[None]) > max(sorted(read.ms[0])[:3])
        assert read.used[0] == ("ON public.t USING btree (a)",)
        assert all(len(write.ms[number]) >= times.LEAST_ROUNDS for number in (None, 0, 1))
    assert fetch_value(table, "SELECT count(*) FROM t") == ROWS


def test_a_statement_that_reaches_the_cap_counts_as_the_cap_and_is_run_once(table):
    (query,) = files.read(["SELECT pg_sleep(5) FROM t WHERE a = 7 LIMIT 1"])
    with sets.built(table, given(NAMED)) as built:
        (timed,) = times.planned(built, [query])
        times.measure_reads(built, timed, None, Clock(perf_counter() + 60, 0.05))
    assert timed.capped == {None, 0}
    assert timed.ms == {None: [50.0], 0: [50.0]}


def test_the_deadline_ends_the_run(table):
    (query,) = files.read([READ])
    with sets.built(table, given(NAMED)) as built:
        (timed,) = times.planned(built, [query])
        with pytest.raises(OutOfTime, match="used up"):
            times.measure_reads(built, timed, None, Clock(perf_counter() - 1, 10))
