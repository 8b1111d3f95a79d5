"""A line through times at several distances, and the distances themselves."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from workbench import db
from workbench.errors import InputError, MeasurementError, ServerError
from workbench.patterns.latency import Count, connected, count, fit, measure, round_trip
from workbench.servers.distance import at_distance, upstream

FAR_MS = 25


def two(app):
    with app.connect() as connection:
        connection.execute(text("SELECT 1"))
        return connection.execute(text("SELECT 2")).scalar()


def one(app):
    with app.connect() as connection:
        return connection.execute(text("SELECT 2")).scalar()


def test_a_round_trip_takes_longer(deployer):
    with at_distance(deployer.conninfo, FAR_MS) as far:
        assert round_trip(far, 5).low >= FAR_MS


def test_what_is_sent_together_arrives_together(deployer):
    with at_distance(deployer.conninfo, FAR_MS) as far, db.connect(far) as connection:
        started = time.perf_counter()
        found = db.run_repeated(connection, "SELECT 1", times=40)
        took_ms = (time.perf_counter() - started) * 1000
    assert found == [[(1,)]] * 40
    assert took_ms < 40 * FAR_MS  # one after the other would take longer than that


def test_everything_arrives_in_order_and_whole(deployer):
    query = "SELECT n, repeat(n::text, 2000) FROM generate_series(1, 1500) n"
    with at_distance(deployer.conninfo, 1) as near, db.connect(near) as connection:
        rows = connection.execute(query).fetchall()
    assert rows == [(n, str(n) * 2000) for n in range(1, 1501)]


def test_a_large_parameter_goes_the_other_way(deployer):
    with at_distance(deployer.conninfo, 1) as near, db.connect(near) as connection:
        assert db.fetch_value(connection, "SELECT length($1)", ["x" * 20_000_000]) == 20_000_000


def test_closing_either_end_closes_the_other(deployer):
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'far'"
    with deployer.connect() as watcher, at_distance(deployer.conninfo, 1) as near:
        far = db.connect(near)
        far.execute("SET application_name = 'far'")
        assert db.fetch_value(watcher, mine) == 1
        far.close()
        wait_until(lambda: db.fetch_value(watcher, mine) == 0)
        cut = db.connect(near)
        watcher.execute("SELECT pg_terminate_backend($1)", [cut.info.backend_pid])
        with pytest.raises(db.DriverError):
            cut.execute("SELECT 1")


def test_a_long_temporary_directory_is_no_obstacle(deployer, tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with at_distance(deployer.conninfo, 0) as near, db.connect(near) as connection:
        assert db.fetch_value(connection, "SELECT 1") == 1


def test_a_database_behind_tcp():
    assert upstream("host=db.example port=6000") == ["db.example", "6000"]
    assert upstream("postgresql:///x") == ["localhost", "5432"]
    assert upstream("host=/run/pg port=6000") == ["/run/pg/.s.PGSQL.6000"]


def test_bytes_reach_a_tcp_port():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as client:
        port = server.getsockname()[1]
        with at_distance(f"host=127.0.0.1 port={port}", 0) as near:
            client.connect(f"{db.address(near)['host']}/.s.PGSQL.5432")
            there, _ = server.accept()
            with there:
                client.sendall(b"ping")
                assert there.recv(4) == b"ping"
                there.sendall(b"pong")
                assert client.recv(4) == b"pong"


def test_nothing_answers_behind_it(tmp_path):
    with at_distance(f"host={tmp_path}", 0) as nowhere, pytest.raises(ServerError):
        db.connect(nowhere)


@pytest.mark.parametrize("rtt_ms", [-1, 5000, float("nan")])
def test_a_distance_that_makes_no_sense(rtt_ms):
    with pytest.raises(InputError, match="round trip"), at_distance("host=/x", rtt_ms):
        pass


VICTIM = """
import sys, time
from workbench.servers.distance import at_distance
with at_distance(sys.argv[1], 1) as far:
    print(far, flush=True)
    time.sleep(60)
"""


def test_a_killed_python_leaves_no_proxy_behind(deployer):
    command = [sys.executable, "-c", VICTIM, deployer.conninfo]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        folder = Path(db.address(victim.stdout.readline().strip())["host"])
        assert folder.exists()
        assert proxies(folder)
        os.kill(victim.pid, signal.SIGKILL)
    wait_until(lambda: not proxies(folder) and not folder.exists())


def proxies(folder):
    """The processes that have the proxy's socket among their arguments."""
    found = []
    for process in psutil.process_iter(["cmdline"], ad_value=()):
        if any(str(folder) in word for word in process.info["cmdline"]):
            found.append(process)
    return found


def wait_until(holds, patience_s=10.0):
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_slope_is_the_number_of_round_trips():
    found = fit(
        "x", [0, 1, 5], [[10, 10.1, 9.9], [13, 13.1, 12.9], [25, 25.1, 24.9]], Count(1, 3, 1)
    )
    assert found.a_ms.value == pytest.approx(10)
    assert found.b.value == pytest.approx(3)
    assert found.b.low <= 3 <= found.b.high
    assert found.agrees
    assert str(found) == "x: 10 ms + 3 × round trip (1 statements, 3 round trips counted)"


def test_it_is_said_when_the_slope_is_another():
    found = fit("x", [0, 5], [[10] * 3, [60] * 3], Count(1, 3, 1))
    assert not found.agrees
    assert str(found).endswith("; the slope says 10.0 to 10.0)")


def test_one_distance_is_no_line():
    with pytest.raises(MeasurementError, match="two distances"):
        fit("x", [1], [[10]], Count(1, 3, 1))


def test_statements_cost_what_the_distance_says(deployer):
    with (
        at_distance(deployer.conninfo, 0) as near,
        at_distance(deployer.conninfo, FAR_MS) as far,
    ):
        found = measure({0.0: near, 25.0: far}, {"two": two, "one": one}, rounds=6, seconds=1)
    assert found.counts == {"two": Count(2, 4, 2), "one": Count(1, 3, 1)}
    assert min(found.races[25.0].times_ms["two"]) >= 4 * FAR_MS
    assert [fitted.variant for fitted in found.fits()] == ["two", "one"]
    assert len(found.records()) == 4
    assert found.speedup("two", "one", 25.0).value > 1


def test_variants_that_disagree_are_refused(deployer):
    with pytest.raises(MeasurementError, match="different answers"):
        measure({0.0: deployer.conninfo}, {"two": two, "count": count_tags}, rounds=1, seconds=0)


def count_tags(app):
    with app.connect() as connection:
        return connection.execute(text("SELECT -count(*) FROM tags")).scalar()


def test_the_first_connection_does_not_count(deployer):
    with connected(deployer.conninfo) as app:
        assert count(app, one) == Count(1, 3, 1)
