"""A queue in a table, and results that expire."""

import threading

import pytest

from workbench.db import fetch_value
from workbench.errors import MeasurementError
from workbench.patterns import claiming, expiry, queues
from workbench.patterns.latency import connected
from workbench.patterns.pooling import Pool
from workbench.patterns.scratch import scratch
from workbench.patterns.wire import traced
from workbench.patterns.workers import CLAIM, Crew, Kind

KINDS = [
    Kind("waiting", 6, at_once=30, takes_ms=2),
    Kind("computing", 2, at_once=6, every_ms=50, takes_ms=2),
    Kind("limited", 2, at_once=20, per_second=50),
]


@pytest.fixture
def private(prmetrics):
    with scratch(prmetrics.conninfo) as own:
        yield own


@pytest.fixture
def application(private):
    with connected(private.conninfo) as engine:
        yield engine


@pytest.mark.parametrize("arm", ["shared", "separate", "capped"])
def test_every_job_is_done_once(application, private, arm, monkeypatch):
    done = []
    lock = threading.Lock()
    own = Crew._do

    def noted(crew, key, kind):
        with lock:
            done.append(key)
        own(crew, key, kind)

    monkeypatch.setattr(Crew, "_do", noted)
    found = queues.run(application, private, KINDS, arm, seconds=0.2)
    assert sorted(done) == list(range(1, 30 + 6 + 4 + 20 + 1))
    assert {kind: len(waits) for kind, waits in found.waits_ms.items()} == {
        "waiting": 30,
        "computing": 10,
        "limited": 20,
    }
    order = "SELECT count(*) FROM workbench_lab.jobs WHERE NOT due <= claimed"
    assert fetch_value(private.connection, order) == 0


@pytest.mark.parametrize(("arm", "most"), [("separate", 2), ("capped", 2), ("shared", 10)])
def test_only_a_shared_pool_gives_a_kind_all_workers(application, private, arm, most):
    """How many limited jobs were claimed and not finished at once, from the table's times."""
    queues.run(application, private, KINDS, arm, seconds=0.2)
    at_once = """SELECT max(n) FROM (SELECT count(*) AS n FROM workbench_lab.jobs AS a
    JOIN workbench_lab.jobs AS b ON b.claimed <= a.claimed AND b.finished > a.claimed
    WHERE a.kind = 'limited' AND b.kind = 'limited' GROUP BY a.id) AS per_job"""
    found = fetch_value(private.connection, at_once)
    assert found <= most
    assert (found > 2) == (arm == "shared")


def test_a_limit_holds_for_all_workers_together(application, private):
    queues.run(application, private, KINDS, "shared", seconds=0.2)
    query = """SELECT extract(epoch FROM max(started) - min(started))::float8
    FROM workbench_lab.jobs WHERE kind = 'limited'"""
    assert fetch_value(private.connection, query) > 0.9 * 19 / 50


def test_arrangements_are_compared_by_their_waits(application, private):
    found = queues.measure(application, private, KINDS, seconds=0.1, rounds=1)
    assert len(found.records()) == 3 * 3
    assert found.p95_ms("shared", "limited").value > 0
    assert found.shorter("waiting").unit == "x"


def test_a_claim_does_not_wait_for_a_locked_job(application, private):
    queues._fill(private.connection, [Kind("waiting", 1, at_once=2)], 0.0)
    with application.begin() as one, application.begin() as other:
        one.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        other.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        private.connection.execute("SELECT pg_sleep(0.12)")
        first = one.execute(CLAIM, {"kinds": ["waiting"]}).one()
        second = other.execute(CLAIM, {"kinds": ["waiting"]}).one()
        assert {first.id, second.id} == {1, 2}


def test_jobs_that_are_never_done_end_in_an_error(application, private, monkeypatch):
    monkeypatch.setattr(Crew, "_do", lambda crew, key, kind: None)
    monkeypatch.setattr(queues, "GRACE_S", 0.5)
    with pytest.raises(MeasurementError, match="56 jobs of the queue are not done in time"):
        queues.run(application, private, KINDS, "separate", seconds=0.02)


@pytest.fixture(scope="module")
def expired(prmetrics):
    with scratch(prmetrics.conninfo) as own:
        found = expiry.measure(own, days=4, rows=400)
        left = "SELECT count(*) FROM workbench_lab.results_drop_partition"
        assert fetch_value(own.connection, left) == 400
    return found


def test_expiry_bounds_the_rows_whichever_way(expired):
    rows = {way: [day.rows for day in expired.of(way)] for way in expiry.WAYS}
    assert rows.pop("keep") == [400, 800, 1200, 1600]
    assert all(counts == [400] * 4 for counts in rows.values())
    assert (expired.growth("keep", 2), expired.growth("drop_partition", 2)) == (2, 1)


def test_only_vacuum_or_dropping_bounds_the_bytes(expired):
    size = {way: [day.size_bytes for day in expired.of(way)] for way in expiry.WAYS}
    assert size["delete_only"][3] == size["keep"][3]
    assert size["delete_and_vacuum"][3] < 1.2 * size["delete_and_vacuum"][1]
    assert size["drop_partition"][3] == size["drop_partition"][0]


def test_a_dropped_partition_logs_less_than_deleted_rows(expired):
    log = {way: expired.of(way)[3].expire_wal_bytes for way in expiry.WAYS}
    assert log["drop_partition"] < log["delete_only"] < log["delete_and_vacuum"]
    assert len(expired.records()) == 16


def test_many_workers_claim_every_job_once(private):
    with Pool(4).on(private.conninfo) as own:
        found = claiming.measure(own, private, jobs=40, workers=4, rounds=1)
        assert [row["variant"] for row in found.records()] == list(claiming.CLAIMS)
        assert claiming.drain(own, claiming.CLAIMS["skip_locked"], 4) == []
    left = "SELECT count(*) FROM workbench_lab.jobs WHERE claimed IS NULL"
    assert fetch_value(private.connection, left) == 0


def test_a_batch_is_claimed_by_fewer_transactions(private, application):
    claiming.measure(application, private, jobs=40, workers=2, rounds=1)
    sent = {}
    for name in ("skip_locked", "skip_locked_batch"):
        private.connection.execute("UPDATE workbench_lab.jobs SET claimed = NULL")
        sent[name] = traced(application, lambda name=name: drained(application, name)).round_trips
    # BEGIN, claim, COMMIT; the driver's own PREPARE of a claim it knows is one more, at most once
    assert {name: trips // 3 for name, trips in sent.items()} == {
        "skip_locked": 41,
        "skip_locked_batch": 5,
    }


def drained(application, name):
    assert claiming.drain(application, claiming.CLAIMS[name], 1) == list(range(1, 41))
