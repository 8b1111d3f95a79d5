"""Servers that go on running after the command that started them.

A holder process keeps the data's lock and the server until it is told to stop. Commands that want
the same data borrow the server, one at a time.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from workbench import db
from workbench.errors import ServerError
from workbench.servers import process, scratch
from workbench.servers.scratch import Notify
from workbench.servers.server import Kind, Server, examine

STOP_S = 90.0
NOTICE, READY, FAILED = "notice ", "ready ", "failed "


@dataclass(frozen=True)
class Held:
    """A server in the background and the process that holds it."""

    kind: Kind
    key: str
    version: str
    holder_pid: int
    holder_mark: str
    postmaster_pid: int | None
    conninfo: str = field(repr=False)

    @property
    def alive(self) -> bool:
        """Whether the holder runs; a later process with the same number does not count."""
        return process.lives(self.holder_pid, self.holder_mark)

    @property
    def address(self) -> str:
        """Where it listens, without the password."""
        return db.describe(self.conninfo)

    @property
    def note(self) -> Path:
        """The file that others find it by."""
        return _folder() / f"{self.kind}.{scratch.name_of(self.key)}.json"

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Let others find it for the length of a block."""
        draft = scratch.making(self.note)
        with scratch.usable(draft.parent):
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as output:
                json.dump(asdict(self), output)
            draft.rename(self.note)
        try:
            yield
        finally:
            self.note.unlink(missing_ok=True)


def start(where: str, key: str, notify: Notify) -> Held:
    """The server for ``key`` in the background, started unless it runs; raises ServerError."""
    found = find(key)
    if found is not None:
        return found
    log = _folder() / f"{scratch.name_of(key)}.log"
    with scratch.usable(log.parent), log.open("wb") as errors:
        holder = subprocess.Popen(
            [sys.executable, "-m", "workbench.servers.hold", where, key],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        _await_ready(holder, log, notify)
    except BaseException:
        holder.terminate()
        holder.wait()
        raise
    # it is meant to outlive us: that nobody waits for it is no oversight
    holder.returncode = 0
    started = find(key)
    if started is None:
        raise ServerError(f"the server for {key} ended again at once; see {log}")
    return started


def _await_ready(holder: subprocess.Popen[str], log: Path, notify: Notify) -> None:
    """Read what the holder says until it is ready; raises ServerError with its last word."""
    assert holder.stdout is not None
    with holder.stdout as lines:
        for line in lines:
            if line.startswith(READY):
                return
            if line.startswith(FAILED):
                raise ServerError(line.removeprefix(FAILED).strip())
            notify(line.removeprefix(NOTICE).strip())
    raise ServerError(f"the process that was to hold the server died; see {log}")


def status() -> tuple[Held, ...]:
    """The servers in the background, by key."""
    found = (_read(note) for note in sorted(_folder().glob("*.json")))
    return tuple(held for held in found if held is not None)


def find(key: str, where: str = "auto") -> Held | None:
    """The server in the background for ``key``, of the kind ``where`` or of any (auto)."""
    kinds = (where,) if where != "auto" else ("embedded", "container")
    return next((held for held in status() if held.key == key and held.kind in kinds), None)


def stop(key: str | None = None) -> tuple[Held, ...]:
    """Stop the server for ``key``, or all; those that were stopped. Raises ServerError."""
    chosen = [held for held in status() if key in (None, held.key)]
    for held in chosen:
        with suppress(psutil.NoSuchProcess):
            os.kill(held.holder_pid, signal.SIGTERM)
    for held in chosen:
        try:
            psutil.Process(held.holder_pid).wait(STOP_S)
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            raise ServerError(f"process {held.holder_pid} does not stop its server") from None
    return tuple(chosen)


@contextmanager
def borrowed(held: Held, notify: Notify) -> Iterator[Server | None]:
    """A server in the background for us alone, or None when it stays busy."""
    use = scratch.lock("use", f"{held.kind}.{scratch.name_of(held.key)}")
    if not scratch.awaited(use, held.key, notify):
        yield None
        return
    try:
        notify(f"using the {held.kind} server that runs in the background")
        with db.connect(held.conninfo) as connection:
            server = examine(
                connection,
                kind=held.kind,
                conninfo=held.conninfo,
                disposable=True,
                reason="it runs in the background",
                postmaster_pid=held.postmaster_pid,
            )
        yield server
    finally:
        use.release()


def _folder() -> Path:
    """Where the notes of running holders are."""
    path = scratch.area() / "background"
    with scratch.usable(path):
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def _read(note: Path) -> Held | None:
    """The server that a note describes, None (and no note) when its holder is dead."""
    with suppress(OSError, ValueError, TypeError):
        held = Held(**json.loads(note.read_text(encoding="utf-8")))
        if held.alive:
            return held
    note.unlink(missing_ok=True)
    return None
