"""Programs of the lab written in Python, each in processes of their own: web servers and workers.

A web server is uvicorn on a port that the system chooses, so that none can be in use. A worker
answers lines of text, one line each, on a Unix socket in a private directory.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import IO, TypeAlias

from workbench.errors import ServerError, TimedOut
from workbench.servers import watchdog

START_S = 60.0
STOP_S = 10.0
GRACE_S = 2
KEEP_ALIVE_S = 120
# uvicorn's own words; it prints them once per server and once per worker
ADDRESS = re.compile(r"Uvicorn running on (http://\S+)")
READY = "Application startup complete."
OWN_WORDS = ("INFO:", "ERROR:    Application startup failed")

Ask: TypeAlias = Callable[[str, float], str]
"""A line and how many seconds it may take → the worker's answer."""


@contextmanager
def serving(
    application: str, *, workers: int = 1, variables: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The URL of an ASGI application (``module:name``) that ends with the block.

    ``variables`` are put into its environment. Raises ServerError with the last line of its log
    when it does not start.
    """
    if find_spec("uvicorn") is None:
        raise ServerError("there is no web server here; run: pip install 'workbench[lab]'")
    command: list[str | Path] = [sys.executable, "-m", "uvicorn", application]
    command += ["--host", "127.0.0.1", "--port", "0", "--workers", str(workers)]
    command += ["--loop", "asyncio", "--http", "h11", "--timeout-keep-alive", str(KEEP_ALIVE_S)]
    command += ["--no-access-log", "--no-use-colors", "--timeout-graceful-shutdown", str(GRACE_S)]
    with tempfile.TemporaryFile() as log:
        process = watchdog.spawn(command, account=None, output=log, variables=variables)
        try:
            yield _await_start(process, log, workers, application)
        finally:
            watchdog.stop(process, STOP_S)


def _await_start(
    process: subprocess.Popen[bytes], log: IO[bytes], workers: int, application: str
) -> str:
    """The URL, once every worker takes requests."""
    deadline = time.monotonic() + START_S
    while True:
        ended, text = process.poll() is not None, _said(log)
        found = ADDRESS.search(text)
        if found and text.count(READY) >= workers and not ended:
            return found.group(1)
        if ended or time.monotonic() > deadline:
            raise ServerError(f"{application} does not start: {_last_line(text)}")
        time.sleep(0.02)


@contextmanager
def worker(module: str) -> Iterator[Ask]:
    """A function that puts a line to ``python -m module SOCKET`` and gives back its answer.

    Raises ServerError when the worker ends, TimedOut when the answer takes too long.
    """
    folder = Path(tempfile.gettempdir()) / f"workbench-worker-{token_hex(6)}"
    address = folder / "lines.sock"
    with tempfile.TemporaryFile() as log:
        process = watchdog.spawn(
            [sys.executable, "-m", module, address], account=None, output=log, folder=folder
        )
        try:
            with _connected(process, address, log, module) as line:
                yield lambda text, seconds: _asked(line, text, seconds, log, module)
        finally:
            watchdog.stop(process, STOP_S)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _connected(
    process: subprocess.Popen[bytes], address: Path, log: IO[bytes], module: str
) -> Iterator[socket.socket]:
    deadline = time.monotonic() + START_S
    with socket.socket(socket.AF_UNIX) as line:
        while True:
            try:
                line.connect(str(address))
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ServerError(
                        f"{module} does not start: {_last_line(_said(log))}"
                    ) from None
                time.sleep(0.02)
            else:
                break
        yield line


def _asked(line: socket.socket, text: str, seconds: float, log: IO[bytes], module: str) -> str:
    if "\n" in text:
        raise ValueError("a question to a worker is one line")
    try:
        line.settimeout(seconds)
        line.sendall(text.encode() + b"\n")
        return _answer(line)
    except TimeoutError:
        line.close()  # a late answer must not be taken for that to another question
        raise TimedOut(f"{module} gave no answer within {seconds:g} s") from None
    except OSError as error:
        said = _last_line(_said(log)) or error.strerror
        raise ServerError(f"{module} ended: {said}") from None
    except BaseException:
        line.close()
        raise


def _answer(line: socket.socket) -> str:
    answer = bytearray()
    while not answer.endswith(b"\n"):
        part = line.recv(1 << 20)
        if not part:
            raise ConnectionResetError
        answer += part
    return answer.decode()


def _said(log: IO[bytes]) -> str:
    return os.pread(log.fileno(), 1 << 20, 0).decode(errors="replace")


def _last_line(text: str) -> str:
    """What was wrong: the last line that is not the server's own word about its end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(OWN_WORDS)]
    return (told or lines or ["it says nothing"])[-1]
