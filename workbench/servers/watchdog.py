"""Processes that end when Python does, however Python ends.

A shell starts the process and waits for it, and a second one reads a pipe whose other end only
Python holds. When that end closes (on purpose, by an exception, by kill -9) the read returns and
the process is told to stop. The shell exists before the process does, so there is no moment at
which Python can die and leave it behind; the shell has not yet waited for the process when it
signals it, so the number cannot belong to another process by then. The signal is repeated, because
a process that has only just begun may not listen yet: a shell starts its children deaf to SIGINT.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from workbench.servers.account import Account, run_as

SCRIPT = """
stop=$1 folder=$2; shift 2
umask 077
if [ -n "$folder" ]; then mkdir "$folder" || exit 73; fi
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
( while read -r _; do :; done; while kill -s "$stop" "$child"; do sleep 0.2; done ) <&3 2>&- &
guard=$!
exec 3<&-
wait "$child"; status=$?
kill "$guard" 2>/dev/null
if [ -n "$folder" ]; then rm -rf "$folder"; fi
exit "$status"
"""


def spawn(
    command: list[str | Path],
    *,
    account: Account | None,
    output: IO[bytes] | int,
    stop_signal: str = "TERM",
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """The guarded process; close its ``stdin`` to stop it.

    ``folder`` is created private before the process starts and removed after it has ended;
    ``variables`` are put into its environment.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", SCRIPT, "workbench", stop_signal, str(folder or ""), *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={**environment(), **(variables or {})},
        start_new_session=True,
        **run_as(account),
    )


def environment() -> dict[str, str]:
    """Our environment without the variables that would redirect Postgres' own programs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def run(command: list[str | Path], *, account: Account | None) -> tuple[int, str]:
    """Exit status and output of a guarded command that ends by itself."""
    process = spawn(command, account=account, output=subprocess.PIPE)
    with process:
        output = process.stdout.read() if process.stdout else b""
    return process.wait(), output.decode(errors="replace").strip()


def stop(process: subprocess.Popen[bytes], patience_s: float) -> bool:
    """Ask the guarded process to stop and wait; False if it had to be killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True
