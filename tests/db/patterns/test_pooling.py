"""Connections: who makes them, how many there are, and who goes without."""

import threading
import time

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from workbench.db import connect, conninfo, fetch_value
from workbench.patterns import pool_load, pooling
from workbench.patterns.clients import Block, Blocks, burst, closed_loop
from workbench.patterns.pooling import Pool, query, request, waits

BACKEND = query("SELECT pg_backend_pid()")


@pytest.fixture
def site(learning):
    return learning.conninfo


def backends(own, times=5):
    return {request(own, BACKEND)[0][0] for _ in range(times)}


def test_a_pool_keeps_a_connection_that_a_request_without_one_makes_anew(site):
    with Pool(2).on(site) as pooled, pooling.unpooled(site) as fresh:
        assert len(backends(pooled)) == 1
        assert len(backends(fresh)) == 5


def test_an_engine_for_each_request_leaves_no_connection(site):
    named = conninfo(site, application_name="one engine each")
    before = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'one engine each'"
    pids = {pooling.engine_per_request(named, BACKEND)[0][0] for _ in range(3)}
    assert len(pids) == 3
    with connect(site) as owner:
        for _ in range(100):
            if fetch_value(owner, before) == 0:
                break
            time.sleep(0.02)
        assert fetch_value(owner, before) == 0


def test_every_way_to_a_connection_gives_the_same_answer(site):
    found = pooling.cost(site, query("SELECT count(*) FROM projects"), repeats=1, rounds=1)
    ways = {row["variant"] for row in found.records()}
    assert ways == {"engine", "connect", "pre_ping", "pool", "open"}
    assert len(found.overhead_ms("connect")) == 1
    assert found.connect_ms.low > 0


def test_a_pool_never_gives_out_more_than_size_and_overflow(site):
    seen = pool_load.timeline(site, Pool(3, 2), waits(20), 16)
    assert (seen.most, seen.most_open) == (5, 5)
    assert (seen.block.served, seen.block.failures) == (16, {})
    assert seen.moments[-1].checked_out == 0
    assert {row["checked_out"] for row in seen.records()} == set(range(6))


def test_who_waits_longer_than_the_timeout_is_refused(site):
    blocks = pool_load.bursts(site, Pool(1, 0, timeout_s=0.1), waits(400), 6, 2, lambda: None)
    assert blocks.record()["failures"] == {"TimeoutError": 10}
    assert blocks.served.value == pytest.approx(100 * 2 / 12)


def test_patience_serves_the_same_burst(site):
    blocks = pool_load.bursts(site, Pool(1, 0, timeout_s=60), waits(20), 6, 1, lambda: None)
    assert blocks.served.value == 100


def test_littles_law_says_from_when_on_a_pool_is_exhausted():
    assert pool_load.exhaustion_clients(Pool(10, 20, timeout_s=0.4), 0.1) == 150
    assert pool_load.exhaustion_clients(Pool(1, 0, timeout_s=3), 1) == 4


def test_pre_ping_notices_connections_that_the_server_has_ended(site):
    lost = pool_load.after_restart(site, Pool(3), BACKEND)
    found = pool_load.after_restart(site, Pool(3, pre_ping=True), BACKEND)
    assert lost.failures.get("OperationalError", 0) >= 1
    assert (found.served, found.failures) == (3, {})


def test_a_sweep_compares_pools_with_littles_law(site):
    swept = pool_load.sweep(site, [1, 4], waits(20), clients=4, seconds=0.2, blocks=2)
    one, four = swept.records()
    assert four["little_per_second"] == pytest.approx(4 * one["little_per_second"])
    assert one["per_second"] <= 50  # a connection that is used for 20 ms serves no more
    assert swept.knee == 4


def test_the_same_load_on_every_pool(site):
    arms = pool_load.compare(site, [None, Pool(1), Pool(2)], BACKEND, clients=2, blocks=1)
    assert list(arms) == ["connect", "1 + 0", "2 + 0"]
    assert all(each.served.value == 100 for each in arms.values())


def test_clients_run_at_the_same_time():
    meeting = threading.Barrier(5)
    assert burst(5, lambda: meeting.wait(10)).served == 5


def test_a_closed_loop_counts_failures_apart():
    turns = iter(range(1000))

    def fails_every_second_time():
        if next(turns) % 2:
            raise PoolTimeout

    block = closed_loop(1, 0.02, fails_every_second_time, think_s=0.001)
    assert block.failures["TimeoutError"] in (block.served, block.served - 1)
    assert block.asked == block.served + block.failures["TimeoutError"]


def test_throughput_is_served_requests_by_time():
    slow = Blocks([Block(1, 2.0, (1.0,) * 10, {}, 0.1)] * 6)
    fast = Blocks([Block(1, 2.0, (1.0,) * 30, {"TimeoutError": 5}, 0.1)] * 6)
    assert slow.per_second.value == 5
    assert fast.throughput_over(slow).value == pytest.approx(3)
    assert fast.record()["served_percent"] == pytest.approx(100 * 30 / 35)
