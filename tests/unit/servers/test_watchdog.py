"""Guarded processes end with their owner."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from workbench.servers import cpu, process, watchdog

OWNER = """
import subprocess, sys, time
from pathlib import Path
from workbench.servers import watchdog
guard = watchdog.spawn(["sleep", "600"], account=None, output=subprocess.DEVNULL,
                       folder=Path(sys.argv[1]))
print(guard.pid, flush=True)
time.sleep(600)
"""


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while process.mark(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not process.mark(pid)


def sleeper_of(guard_pid: int) -> psutil.Process:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in psutil.Process(guard_pid).children(recursive=True):
            if child.name() == "sleep":
                return child
        time.sleep(0.01)
    raise AssertionError("the guarded process did not start")


def test_closing_the_pipe_stops_the_process_and_removes_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "with a space"
    guard = watchdog.spawn(["sleep", "600"], account=None, output=subprocess.DEVNULL, folder=folder)
    sleeper = sleeper_of(guard.pid)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert watchdog.stop(guard, 30)
    assert gone(sleeper.pid)
    assert not folder.exists()


DEAF_AT_FIRST = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(0.5)
signal.signal(signal.SIGINT, signal.SIG_DFL)
time.sleep(600)
"""


def test_a_process_that_does_not_listen_yet_is_asked_again() -> None:
    guard = watchdog.spawn(
        [sys.executable, "-c", DEAF_AT_FIRST],
        account=None,
        output=subprocess.PIPE,
        stop_signal="INT",
    )
    assert guard.stdout is not None
    with guard.stdout as output:
        output.readline()
        assert watchdog.stop(guard, 30)


def test_a_process_that_does_not_stop_is_killed() -> None:
    guard = watchdog.spawn(
        ["sh", "-c", "trap '' TERM; while :; do sleep 600; done"],
        account=None,
        output=subprocess.DEVNULL,
    )
    sleeper = sleeper_of(guard.pid)
    assert not watchdog.stop(guard, 0.2)
    assert gone(sleeper.pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_stays_when_the_owner_is_killed(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "sockets"
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        guard_pid = int(owner.stdout.readline())
        sleeper = sleeper_of(guard_pid)
        owner.send_signal(number)
    assert gone(sleeper.pid)
    assert gone(guard_pid)
    assert not folder.exists()


def test_a_command_gives_its_status_and_output() -> None:
    assert watchdog.run(["sh", "-c", "echo out; echo err >&2; exit 3"], account=None) == (
        3,
        "out\nerr",
    )


def test_variables_of_libpq_do_not_reach_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    assert watchdog.run(["sh", "-c", "echo ${PGDATA-none}"], account=None) == (0, "none")


def test_a_mark_tells_a_process_from_its_successor() -> None:
    mine = process.mark(os.getpid())
    assert process.lives(os.getpid(), mine)
    assert not process.lives(os.getpid(), mine + "0")
    assert not process.lives(os.getpid(), "")
    with subprocess.Popen(["true"]) as child:
        pass
    assert process.mark(child.pid) == ""


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="only Linux counts there")
def test_cpu_time_is_found_by_parent_and_number() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        try:
            found = cpu.schedstat(os.getpid(), child.pid)
            assert found == Path(f"/proc/{child.pid}/schedstat")
            assert cpu.schedstat(1, child.pid) is None
            assert not cpu.is_first_of_container(child.pid)
        finally:
            child.kill()
