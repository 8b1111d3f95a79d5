"""A database call in the event loop, in a thread, asynchronous."""

import asyncio

import pytest

from workbench.errors import MeasurementError
from workbench.patterns import event_loop
from workbench.patterns.engines import async_engine, engine

WAIT = "SELECT pg_sleep(0.05) IS NULL"


@pytest.fixture(scope="module")
def compared(learning):
    return event_loop.measure(learning.conninfo, WAIT, clients=4, rounds=6, seconds=0.2)


def test_only_the_blocking_call_stops_the_heartbeat(compared):
    beats = {name: sum(b.beats for b in found) for name, found in compared.blocks.items()}
    ticks = {name: sum(len(b.lags_ms) for b in found) for name, found in compared.blocks.items()}
    # the loop comes round once in four waits of 50 ms, and every tick that it missed is counted
    assert beats["blocking"] < 0.2 * ticks["blocking"]
    assert beats["thread"] > 3 * beats["blocking"]
    assert beats["asynchronous"] > 3 * beats["blocking"]


def test_blocking_calls_come_one_after_the_other(compared):
    requests = {name: sum(b.requests for b in found) for name, found in compared.blocks.items()}
    # 6 blocks of 0.2 s hold at most 24 waits of 0.05 s in a row, and each client ends its last one
    assert requests["blocking"] <= 6 * (4 + 4)
    assert requests["thread"] > requests["blocking"]
    assert requests["asynchronous"] > requests["blocking"]


def test_records_and_estimates(compared):
    rows = compared.records()
    assert [row["variant"] for row in rows] == list(event_loop.VARIANTS)
    assert all(row["blocks"] == 6 and row["clients"] == 4 for row in rows)
    assert compared.less_lag().unit == "%"
    assert compared.gain().unit == "x"


def test_all_variants_give_the_same_rows(learning):
    statement = "SELECT id, title FROM projects ORDER BY id LIMIT 5"
    pool, own = engine(learning.conninfo), async_engine(learning.conninfo)

    async def ask():
        with event_loop.ThreadPoolExecutor(1) as threads:
            answers = (
                await event_loop.blocking(pool, statement),
                await event_loop.in_thread(pool, statement, threads),
                await event_loop.asynchronous(own, statement),
            )
        await own.dispose()
        return answers

    first, second, third = asyncio.run(ask())
    pool.dispose()
    assert len(first) == 5
    assert first == second == third


def test_different_rows_are_noticed(learning):
    with pytest.raises(MeasurementError, match="different rows"):
        event_loop.measure(learning.conninfo, "SELECT random()", rounds=6, seconds=0)


def test_an_error_of_a_request_reaches_the_caller(learning):
    with pytest.raises(Exception, match="division by zero"):
        event_loop.measure(learning.conninfo, "SELECT 1 / 0", rounds=6, seconds=0.01)


def test_it_can_be_measured_from_within_a_loop(learning):
    """As a notebook does, whose cells run in one."""

    async def cell():
        return event_loop.measure(learning.conninfo, "SELECT 1", clients=1, seconds=0.01)

    assert len(asyncio.run(cell()).records()) == 3
