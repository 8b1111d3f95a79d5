"""Ways to write many rows: the same table, but other messages, other log, other tuples."""

import pytest

from workbench.errors import MeasurementError
from workbench.patterns import bulk_insert, bulk_update, flush
from workbench.patterns.latency import connected
from workbench.patterns.scratch import scratch

ROWS = 60


@pytest.fixture(scope="module")
def todos(lab):
    return lab.site("todos")


@pytest.fixture
def inserting(todos):
    with scratch(todos.conninfo) as private, connected(private.conninfo) as application:
        yield application, private, bulk_insert.rows_of(private.connection, ROWS)


@pytest.fixture
def updating(deployer):
    with scratch(deployer.conninfo) as private, connected(private.conninfo) as application:
        yield application, private, bulk_update.rows_of(private.connection, ROWS)


@pytest.fixture(scope="module")
def inserted(todos):
    """Every way to insert; that they leave the rows they were given is checked on the way."""
    with scratch(todos.conninfo) as private, connected(private.conninfo) as application:
        rows = bulk_insert.rows_of(private.connection, ROWS)
        caps = {"commit_per_row": 20}
        return bulk_insert.measure(application, private, rows, caps=caps, rounds=1)


@pytest.fixture
def updated(updating):
    return bulk_update.measure(*updating, caps={"commit_per_row": 20}, rounds=1)


def test_inserts_differ_in_statements_round_trips_and_log(inserted):
    wire = {way.name: way.wire for way in inserted.ways}
    assert wire["commit_per_row"].round_trips == 3 * 20
    assert ROWS + 2 <= wire["statement_per_row"].round_trips <= ROWS + 4
    for one in ("add_all", "multi_row_values", "unnest"):
        assert (wire[one].statements, wire[one].round_trips) == (3, 3)
    for many in ("executemany", "pipeline"):
        assert (wire[many].statements, wire[many].round_trips) == (ROWS + 2, 3)
    assert (wire["copy"].statements, wire["copy"].round_trips) == (3, 4)
    log = {record["variant"]: record["wal_bytes_per_row"] for record in inserted.records()}
    assert log["copy"] < log["add_all"] < log["commit_per_row"]


def test_a_capped_way_says_how_many_rows_it_ran(inserted):
    capped, other = inserted["commit_per_row"], inserted["copy"]
    assert (capped.rows, capped.ran_rows, other.ran_rows) == (ROWS, 20, ROWS)
    assert len(capped.us_per_row) == len(other.us_per_row) == 1
    assert inserted.speedup("commit_per_row", "copy").samples == 1


def test_each_index_adds_to_the_log(inserting):
    def log(indexes):
        measured = bulk_insert.measure(*inserting, indexes=indexes, variants=["copy"], rounds=1)
        return measured["copy"].wal_bytes

    assert log(0) < log(3) < log(8)


def test_updates_differ_in_statements_and_round_trips(updated):
    wire = {way.name: way.wire for way in updated.ways}
    assert wire["commit_per_row"].round_trips == 4 * 20
    assert ROWS + 2 <= wire["statement_per_row"].round_trips <= ROWS + 4
    assert wire["one_commit"].round_trips < ROWS + 2 < wire["one_commit"].statements + 2
    for many in ("orm_by_key", "executemany"):
        assert (wire[many].statements, wire[many].round_trips) == (ROWS + 2, 3)
    for one in ("from_values", "from_unnest"):
        assert (wire[one].statements, wire[one].round_trips) == (3, 3)
    assert 3 < wire["copy_and_join"].statements < 10


def test_room_in_the_page_makes_updates_heap_only_and_an_index_undoes_it(updating):
    def hot(**how):
        measured = bulk_update.measure(*updating, variants=["from_unnest"], rounds=1, **how)
        return measured["from_unnest"].hot_share

    assert hot() < 0.5 < hot(fillfactor=50)
    assert hot(fillfactor=50, indexes=2) == 0


@pytest.mark.parametrize("pattern", [bulk_insert, bulk_update])
def test_a_way_that_loses_rows_is_found_out(pattern, request, monkeypatch):
    given = request.getfixturevalue("inserting" if pattern is bulk_insert else "updating")

    def forgetful(engine, rows):
        pattern.executemany(engine, rows[:-1])

    monkeypatch.setattr(pattern, "VARIANTS", {"forgetful": forgetful})
    with pytest.raises(MeasurementError, match="forgetful left other rows"):
        pattern.measure(*given, rounds=1)


def test_commits_can_be_made_cheaper_and_dearer(todos):
    dear = flush.flush_ms(flush.flushing(todos.conninfo, 20.0), commits=8)
    assert dear.value > 15
    with scratch(flush.flushing(todos.conninfo, None)) as private:
        assert private.connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
