"""Ctrl-C and SIGTERM at every stage: status and line, nothing left, the next run works."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import pytest
from shell import Shell

from workbench import datasets
from workbench.db import fetch_all, fetch_value
from workbench.session import open_server

Process: TypeAlias = "subprocess.Popen[bytes]"

ROWS = 60_000
STAGES = [
    ("", signal.SIGINT),
    ("starting", signal.SIGINT),
    ("loading rows", signal.SIGINT),
    ("loading rows", signal.SIGTERM),
    ("building candidates", signal.SIGINT),
    ("building candidates", signal.SIGTERM),
    ("measuring", signal.SIGINT),
    ("measuring", signal.SIGTERM),
]
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def stopped_at(workbench: Shell, stage: str, number: signal.Signals, *words: str) -> str:
    """Send a command a signal when its progress line says ``stage``; what it printed."""
    with on_pty(workbench, words) as (process, reader):
        seen = read_until(reader, stage) if stage else ""
        if not stage:
            time.sleep(0.3)  # Python has started; what is imported just now is a matter of luck
        process.send_signal(number)
        seen += read_until(reader, None)
        out = process.communicate(timeout=60)[0]
    assert process.returncode == 128 + number, seen
    if number == signal.SIGINT and out:
        assert b"known by then" in out  # Ctrl-C after the building shows what was found so far
    else:
        assert out == b""
    assert "Traceback" not in seen
    last = seen.rstrip().rpartition("workbench: ")[2]
    assert last.startswith(f"{WORDS[number]}; ")
    assert last.endswith("nothing was left behind")
    assert workbench.left_behind() == []
    return out.decode()


@contextmanager
def on_pty(workbench: Shell, words: tuple[str, ...]) -> Iterator[tuple[Process, int]]:
    """A command whose stderr is a terminal, and the terminal; it ends with the block."""
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *words],
        cwd=workbench.folder,
        env=workbench.variables({"TERM": "xterm"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=writer,
    )
    os.close(writer)
    try:
        yield process, reader
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
        os.close(reader)


def read_until(reader: int, word: str | None) -> str:
    """What a terminal shows up to a word, or up to its end."""
    seen = b""
    deadline = time.monotonic() + 60
    while word is None or word.encode() not in seen:
        assert time.monotonic() < deadline, seen
        if not select.select([reader], [], [], 1)[0]:
            continue
        try:
            data = os.read(reader, 65536)
        except OSError:
            data = b""
        if not data:
            assert word is None, seen
            break
        seen += data
    return seen.decode()


def test_nothing_is_left_at_any_stage(workbench: Shell) -> None:
    """One dataset all along: what a stopped run leaves, the next one meets."""
    file = str(datasets.open("todos").folder / "queries" / "open_todos.sql")
    words = ("suggest-indexes", file, "--server", "embedded", "--scale", str(ROWS))
    for stage, number in STAGES:
        stopped_at(workbench, stage, number, *words)
    done = workbench(*words, "--no-measure", "--max-indexes", "1")
    assert "1 index worth creating" in done.out
    with open_server("embedded", notify=print) as server:
        connection = server.load("todos", ROWS).connection
        assert fetch_value(connection, "SELECT count(*) FROM todos") == ROWS
        names = fetch_all(connection, "SELECT indexname FROM pg_indexes WHERE tablename = 'todos'")
        assert names == [("todos_pkey",)]


@pytest.mark.parametrize("stage", ["asking the planner", "timing plans"])
def test_a_workload_that_takes_too_long_has_an_answer_by_then(workbench: Shell, stage: str) -> None:
    files = map(str, datasets.open("todos").query_files)
    words = ("suggest-indexes", *files, "--server", "embedded", "--scale", str(ROWS))
    workbench("datasets", "load", "todos", "--server", "embedded", "--scale", str(ROWS))
    out = stopped_at(workbench, stage, signal.SIGINT, *words)
    assert "estimated" in out
    assert "CREATE INDEX" in out or "worth creating" in out


@pytest.mark.container
@pytest.mark.parametrize("stage", ["starting", "measuring"])
def test_no_container_is_left(workbench: Shell, stage: str) -> None:
    words = ("suggest-indexes", workbench.file("SELECT * FROM todos WHERE priority = 'high'"))
    before = containers()
    stopped_at(workbench, stage, signal.SIGINT, *words, "--server", "container", "--scale", "5000")
    assert containers() <= before


def containers() -> set[str]:
    """The workbench's own containers, running or not."""
    words = ["docker", "ps", "-aq", "--filter", "label=workbench.owner"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


def test_an_ignored_interrupt_stays_ignored(workbench: Shell) -> None:
    """As for a job in the background of a shell script."""
    file = workbench.file("SELECT 1")
    words = f"'{sys.executable}' -m workbench explain {file} --server embedded"
    done = subprocess.run(
        ["/bin/sh", "-c", f"trap '' INT; {words} & sleep 0.4; kill -INT $!; wait $!"],
        cwd=workbench.folder,
        env=workbench.variables({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Result" in done.stdout
