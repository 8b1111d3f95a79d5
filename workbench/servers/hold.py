"""The process that holds a server in the background: ``python -m workbench.servers.hold``."""

import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from workbench import db, servers
from workbench.errors import WorkbenchError
from workbench.servers import process
from workbench.servers.background import FAILED, NOTICE, READY, Held

HEARTBEAT_S = 5.0


def main(where: str, key: str) -> int:
    """Hold the server until a signal comes or the server ends; the exit status."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        with servers.own(where, key, _notice, copies=1) as server:
            _hold(server, key)
    except WorkbenchError as error:
        _say(f"{FAILED}{error}")
        return 1
    return 0


def _hold(server: servers.Server, key: str) -> None:
    held = Held(
        kind=server.kind,
        key=key,
        version=server.version,
        holder_pid=os.getpid(),
        holder_mark=process.mark(os.getpid()),
        postmaster_pid=server.postmaster_pid,
        conninfo=server.conninfo,
    )
    with held.announced(), server.connect() as connection:
        _say(READY)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, sys.stdout.fileno())
        while True:
            time.sleep(HEARTBEAT_S)
            db.run_statement(connection, "SELECT 1")


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _notice(text: str) -> None:
    _say(f"{NOTICE}{text}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
