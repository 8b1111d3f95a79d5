"""Servers that stay in the background."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from victims import becomes_true, socket_directory

from workbench import db, servers
from workbench.errors import ServerError
from workbench.servers import background, binaries, process
from workbench.servers.background import Held


@pytest.fixture
def start(scratch_home: Path) -> Callable[[str], Held]:
    yield lambda key: background.start("embedded", key, print)
    background.stop()


def test_it_is_found_borrowed_and_stopped(start: Callable[[str], Held]) -> None:
    held = start("held")
    assert held.version.startswith("18.")
    assert background.find("held") == held
    assert background.find("held", "container") is None
    assert start("held") == held
    heard: list[str] = []
    with servers.start("auto", "held", heard.append) as server:
        assert server.postmaster_pid == held.postmaster_pid
        with server.connect() as one:
            assert server.backend_cpu(one) is not None
    assert heard == ["using the embedded server that runs in the background"]
    assert held.alive
    assert background.stop("other") == ()
    assert background.stop("held") == (held,)
    assert not held.alive
    assert background.status() == ()
    assert not socket_directory(held.conninfo).exists()


def test_two_users_at_once_do_not_share_it(
    start: Callable[[str], Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = start("held")
    monkeypatch.setattr("workbench.servers.scratch.WAIT_S", 0.1)
    with (
        servers.start("embedded", "held", print) as one,
        servers.start("embedded", "held", print) as other,
    ):
        assert one.postmaster_pid == held.postmaster_pid
        assert other.postmaster_pid != held.postmaster_pid


def test_data_in_use_cannot_go_to_the_background(start: Callable[[str], Held]) -> None:
    with (
        servers.start("embedded", "held", pytest.fail),
        pytest.raises(ServerError, match="held is in use"),
    ):
        start("held")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_goes_with_its_holder(start: Callable[[str], Held], number: int) -> None:
    held = start("held")
    os.kill(held.holder_pid, number)
    assert held.postmaster_pid is not None
    server_pid = held.postmaster_pid
    assert becomes_true(lambda: process.mark(server_pid) == "")
    assert becomes_true(lambda: not socket_directory(held.conninfo).exists())
    assert becomes_true(lambda: background.find("held") is None)


def test_the_holder_goes_with_its_server(
    start: Callable[[str], Held],
) -> None:
    held = start("held")
    assert held.postmaster_pid is not None
    os.kill(held.postmaster_pid, signal.SIGKILL)
    assert becomes_true(lambda: not held.alive)


def test_psql_of_the_wheel_reaches_it(start: Callable[[str], Held]) -> None:
    command, environment = binaries.psql(db.conninfo(start("held").conninfo, dbname="postgres"))
    done = subprocess.run(
        [*command, "-Atc", "SELECT 6 * 7"], env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr, done.returncode) == ("42\n", "", 0)
