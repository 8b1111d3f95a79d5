"""A long result: the same rows in every way, in more or less memory."""

import sys

import pytest

from workbench.errors import MeasurementError
from workbench.patterns import streaming
from workbench.patterns.latency import connected

ROWS = 3000
STATEMENTS = {"offset pages": 3, "keyset pages": 3}
KERNEL_BATCH = 4 * 64 * 4096  # bytes: each thread's pages are added to the peak 64 at a time


@pytest.fixture(scope="module")
def flows(lab, prmetrics):
    """Every way of reading, half of the rows and all of them."""
    found = streaming.compare(lab.footprint, prmetrics.conninfo, [ROWS // 2, ROWS], rounds=1)
    return {(flow.variant, flow.rows): flow for flow in found}


@pytest.mark.parametrize("name", list(streaming.VARIANTS))
def test_every_way_reads_every_row_once(prmetrics, name):
    with connected(prmetrics.conninfo) as app, app.connect() as connection:
        ids = [row.id for row in streaming.VARIANTS[name](connection, 2500)]
    assert ids == list(range(1, 2501))


def test_every_way_gives_the_same_answer(flows):
    assert len({flow.total_additions for (_, rows), flow in flows.items() if rows == ROWS}) == 1


@pytest.mark.parametrize("name", list(streaming.VARIANTS))
def test_statements_are_those_of_the_way(flows, name):
    assert flows[name, ROWS].statements == STATEMENTS.get(name, 1)
    assert 0 < flows[name, ROWS].first_row_ms <= flows[name, ROWS].total_ms


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_lists_grow_with_the_rows_and_streams_do_not(flows):
    def more(name):
        return flows[name, ROWS].peak_bytes - flows[name, ROWS // 2].peak_bytes

    assert more("fetchall") > 100 * ROWS
    assert more("objects") > more("yield_per")
    assert more("fetchall") > 3 * more("server cursor")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_watched_reading_tells_what_was_held_when(lab, prmetrics):
    names = ("fetchall", "server cursor")
    seen = {name: lab.footprint(name, prmetrics.conninfo, 4 * ROWS, watched=True) for name in names}
    for name, flow in seen.items():
        moments = flow.moments()
        at = [row["second"] for row in moments]
        assert at == sorted(at)
        assert at[0] == 0
        assert {row["series"] for row in moments} == {name}
        assert max(row["bytes"] for row in moments) <= flow.peak_bytes + KERNEL_BATCH
    most = {name: max(row["bytes"] for row in flow.moments()) for name, flow in seen.items()}
    assert most["fetchall"] > most["server cursor"]
    assert not lab.footprint("fetchall", prmetrics.conninfo, 10).moments()


def test_a_failed_reading_says_why(lab):
    with pytest.raises(MeasurementError, match="nowhere-at-all"):
        lab.footprint("fetchall", "host=/nowhere-at-all", 10)
