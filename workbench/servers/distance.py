"""A database as if it were far away: a proxy that makes every round trip longer."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from workbench import db
from workbench.errors import InputError, ServerError
from workbench.servers import delay_line, watchdog

SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 100
MOST_MS = 1000.0
STOP_S = 5.0


@contextmanager
def at_distance(conninfo: str, rtt_ms: float) -> Iterator[str]:
    """The address of the same database with ``rtt_ms`` milliseconds added to each round trip.

    The proxy is a process of its own and ends with the block, also when Python is killed. It
    listens on a socket in a private directory, so nobody else on the machine gets in by it. With
    0 it only passes on, so that distances differ by nothing but distance. Raises InputError,
    ServerError.
    """
    if not 0 <= rtt_ms <= MOST_MS:
        raise InputError(f"a round trip of {rtt_ms:g} ms is not between 0 and {MOST_MS:g} ms")
    folder = _folder()
    program = [sys.executable, "-I", "-S", delay_line.__file__]
    process = watchdog.spawn(
        [*program, folder / SOCKET, f"{rtt_ms:g}", *upstream(conninfo)],
        account=None,
        output=subprocess.PIPE,
        folder=folder,
    )
    try:
        _await_listening(process)
        far = {"host": str(folder), "port": "5432"}
        kept = {name: text for name, text in db.address(conninfo).items() if name != "hostaddr"}
        yield db.conninfo("", **{**kept, **far})
    finally:
        watchdog.stop(process, STOP_S)
        shutil.rmtree(folder, ignore_errors=True)
        if process.stdout is not None:
            process.stdout.close()


def _folder() -> Path:
    """A name, not yet used, that leaves room for a socket's."""
    name = f"workbench-{token_hex(6)}"
    folder = Path(tempfile.gettempdir()) / name
    return folder if len(bytes(folder / SOCKET)) <= SOCKET_PATH_BYTES else Path("/tmp") / name


def upstream(conninfo: str) -> list[str]:
    """Where a database listens: a socket's path, or host and port."""
    parts = db.address(conninfo)
    port = str(parts.get("port") or 5432)
    host = str(parts.get("hostaddr") or parts.get("host") or "localhost")
    return [f"{host}/.s.PGSQL.{port}"] if host.startswith("/") else [host, port]


def _await_listening(process: subprocess.Popen[bytes]) -> None:
    said = process.stdout.readline() if process.stdout is not None else b""
    if said != b"listening\n":
        raise ServerError(
            f"the delay proxy does not start: {said.decode(errors='replace').strip()}"
        )
