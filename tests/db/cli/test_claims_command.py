"""The commands of the ledger as a user has them."""

import json
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from shell import Shell
from test_interrupts import on_pty, read_until

from workbench.servers import process

RUN = ("claims", "run", "--server", "embedded", "--scale", "2000")


def test_the_ledger_is_listed_in_every_format(workbench: Shell) -> None:
    table = workbench("claims", "list", "--system", "todos", COLUMNS="100").out
    assert "S3.1    Pool 20 + 30 instead of 5 + 10" in table
    entries = json.loads(workbench("claims", "list", "--format", "json").out)
    assert len(entries) == 40
    assert {"id", "system", "promised", "experiment", "axis"} <= entries[0].keys()
    assert workbench("claims", "list", "S2.4", "--format", "markdown").out.count("\n") == 3


def test_json_holds_what_the_contract_says(workbench: Shell) -> None:
    done = workbench(*RUN, "S2.4", "S1-3.2", "--format", "json")
    unmeasurable, drift = json.loads(done.out)
    assert (drift["id"], drift["verdict"], drift["measured"]) == ("S2.4", "confirmed", 0)
    assert drift["ci"] == [0, 0]
    assert drift["environment"]["server_version"].startswith("18")
    assert (unmeasurable["verdict"], unmeasurable["measured"]) == ("not measurable", None)
    assert done.err.splitlines()[-2:] == [
        "S1-3.2: not measurable (1 of 2)",
        "S2.4: confirmed (2 of 2)",
    ]


def test_on_a_terminal_a_verdict_stands_on_a_line_of_its_own(workbench: Shell) -> None:
    with on_pty(workbench, (*RUN, "S2.4", "--again")) as (_, reader):
        seen = read_until(reader, None)
    assert re.search(r"(?:^|[\r\n]|\x1b\[2K)S2\.4: confirmed \(1 of 1\)\r?\n", seen), seen


def test_a_name_that_is_not_there_is_wrong_usage(workbench: Shell) -> None:
    assert "no claim named S9.9" in workbench("claims", "run", "S9.9", status=2).err
    assert "did you mean todos" in workbench("claims", "list", "--system", "todo", status=2).err


def test_a_file_takes_the_answer(workbench: Shell, tmp_path: Path) -> None:
    done = workbench(*RUN, "S2.4", "--format", "markdown", "--output", "claims.md")
    assert done.out == ""
    assert "| S2.4 Indexes declared in the models |" in (tmp_path / "claims.md").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_ends_early(workbench: Shell, number: signal.Signals) -> None:
    with workbench.start(*RUN, "S2.4", "S4.6", "--again") as process:
        for line in process.stderr or ():
            if line.startswith("S2.4: confirmed"):
                break
        time.sleep(0.5)  # S4.6 is at work
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert workbench.left_behind() == []
    if number != signal.SIGKILL:
        assert "1 of 2 claims measured and kept" in err
        assert process.returncode == 128 + number
    done = workbench(*RUN, "S4.6", "--format", "json")
    assert json.loads(done.out)[0]["verdict"] in ("partly", "confirmed")


@pytest.mark.parametrize(("identifier", "last"), [("S4.5", "uvicorn"), ("S1.2", "delay_line")])
def test_kill_9_in_a_claim_leaves_none_of_its_programs(
    workbench: Shell, identifier: str, last: str
) -> None:
    """Postgres with Redis and a web server, and with the delay line."""
    with workbench.start(*RUN, identifier, "--again") as running:
        soon(lambda: any(last in " ".join(words) for _, words in children(running.pid)))
        marked = [(pid, process.mark(pid)) for pid, _ in children(running.pid)]
        running.kill()
    assert len(marked) > 1
    soon(lambda: not any(process.lives(pid, mark) for pid, mark in marked))
    assert workbench.left_behind() == []


def children(pid: int) -> list[tuple[int, list[str]]]:
    """Every process below this one with its command."""
    found = []
    for each in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            found.append((each.pid, each.cmdline()))
    return found


def soon(happens: Callable[[], bool]) -> None:
    """Return when it has happened; fails after half a minute."""
    deadline = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)
