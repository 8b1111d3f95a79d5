"""Pages and windows: the same rows, for more or less work."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from workbench.db import fetch_value
from workbench.patterns import pagination
from workbench.patterns.latency import connected
from workbench.patterns.scratch import scratch
from workbench.patterns.touched import touched

SIZE, DEEP = 20, 2000


@contextmanager
def indexed(site, statement):
    """The address of a private copy of the pull requests that has one index more."""
    with scratch(site.conninfo) as private:
        private.copy("pull_requests", None)
        private.connection.execute(
            statement.replace("ON pull_requests", "ON workbench_lab.pull_requests")
        )
        private.connection.execute("VACUUM (ANALYZE) workbench_lab.pull_requests")
        yield private.conninfo


@pytest.fixture
def ordered(prmetrics):
    with indexed(prmetrics, pagination.IN_ORDER) as address:
        yield address


@pytest.fixture
def connection(ordered):
    with connected(ordered) as app, app.connect() as made:
        yield made


def read(found, variant, at):
    (one,) = (each for each in found if (each.variant, each.at) == (variant, at))
    return one


def test_both_kinds_of_pages_walk_the_whole_list(connection):
    whole = pagination.offset_page(connection, 0, 300)
    pages, last = [], whole[0]
    for start in range(1, 300, 50):
        page = pagination.keyset_page(connection, last, 50)
        assert page == pagination.offset_page(connection, start, 50)
        pages += page
        last = page[-1]
    assert [whole[0], *pages][:300] == whole


def test_offset_reads_what_lies_before_and_keyset_does_not(ordered):
    found = pagination.by_depth(ordered, [10, DEEP], size=SIZE, rounds=6, seconds=0)
    assert read(found, "offset", 10).touched.rows == 10 + SIZE
    assert read(found, "offset", DEEP).touched.rows == DEEP + SIZE
    assert (
        read(found, "keyset", 10).touched.rows == read(found, "keyset", DEEP).touched.rows == SIZE
    )
    assert {each.returned_rows for each in found} == {SIZE}


def test_without_an_index_both_read_the_table(prmetrics):
    with connected(prmetrics.conninfo) as app, app.connect() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM pull_requests"))
    found = pagination.by_depth(prmetrics.conninfo, [10], size=SIZE, rounds=6, seconds=0)
    assert {each.touched.rows for each in found} == {rows}


def test_a_window_is_the_same_in_every_way_and_costs_what_it_holds(prmetrics):
    window = pagination.busiest(prmetrics.conninfo, 30)
    of_team = "SELECT count(*) FROM pull_requests WHERE team_id = $1"
    with prmetrics.connect() as connection:
        team = fetch_value(connection, of_team, [window.team_id])
    with indexed(prmetrics, pagination.TEAM_IN_ORDER) as address:
        found = pagination.last_days(address, window, 3000, rounds=6, seconds=0)
    inside = found[0].returned_rows
    assert {each.returned_rows for each in found} == {inside}
    assert 0 < inside < team
    assert read(found, "since", 3000).touched.rows == inside
    stopped = read(found, "stop early", 3000).touched.rows
    assert inside < stopped <= inside + 2 * pagination.BATCH
    assert read(found, "everything", 3000).touched.rows == team


def test_without_the_index_stopping_early_saves_no_reading(prmetrics):
    window = pagination.busiest(prmetrics.conninfo, 30)
    found = pagination.last_days(prmetrics.conninfo, window, 3000, rounds=6, seconds=0)
    assert len({each.touched.rows for each in found}) == 1


def test_what_is_touched_is_counted_for_any_call(connection):
    def call(session):
        for number in (1, 2, 3):
            session.execute(text("SELECT * FROM pull_requests WHERE id = :n"), {"n": number})

    assert touched(connection, "pull_requests", call).rows == 3
    assert touched(connection, "pull_requests", lambda session: None).rows == 0


def test_a_reading_as_a_row(ordered):
    (offset, _) = pagination.by_depth(ordered, [10], size=SIZE, rounds=6, seconds=0)
    assert offset.record() | {"ms": 0, "low_ms": 0, "high_ms": 0} == {
        "variant": "offset",
        "at": 10,
        "ms": 0,
        "low_ms": 0,
        "high_ms": 0,
        "touched_rows": 10 + SIZE,
        "touched_pages": offset.touched.pages,
        "returned_rows": SIZE,
    }
