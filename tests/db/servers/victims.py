"""Programs that use a server in a process of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

USE = """
import sys, time
from workbench import servers
from workbench.errors import WorkbenchError
kind, key, stay_s = sys.argv[1:]
try:
    with servers.start(kind, key, lambda text: print("notice", text, flush=True)) as server:
        with server.connect() as connection:
            print("address", server.conninfo, flush=True)
            print("pid", server.postmaster_pid, flush=True)
            print("ready", connection.execute("SELECT version()").fetchone()[0], flush=True)
        time.sleep(float(stay_s))
except WorkbenchError as error:
    print("error", error, flush=True)
    sys.exit(1)
"""


class Victim:
    """A process that starts a server, tells what it hears, and stays a while."""

    def __init__(
        self,
        kind: str,
        key: str,
        stay_s: float = 60,
        python: str = sys.executable,
        as_user: int | None = None,
        **environment: str,
    ) -> None:
        identity = {} if as_user is None else {"user": as_user, "group": as_user}
        self.process = subprocess.Popen(
            [python, "-c", USE, kind, key, str(stay_s)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
            **identity,
        )
        self.lines: list[str] = []

    def until(self, word: str) -> str:
        """What follows the first line that begins with ``word``."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(f"{word} "):
                return self.lines[-1].removeprefix(f"{word} ")
        raise AssertionError(f"it never said {word}: {self.lines}")

    def end(self, number: int | None = None) -> int:
        """Its exit status, after a signal if one is given."""
        if number is not None:
            self.process.send_signal(number)
        with self.process:
            self.lines += (
                [] if self.process.stdout is None else self.process.stdout.read().split("\n")
            )
        return self.process.returncode


def becomes_true(condition: Callable[[], bool], patience_s: float = 30) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + patience_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def socket_directory(conninfo: str) -> Path:
    """The directory of the server's socket."""
    from workbench import db

    return Path(str(db.address(conninfo)["host"]))
