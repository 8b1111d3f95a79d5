"""What lies in the scratch area, and how to be rid of it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.servers import engine, ownership, scratch, volume
from workbench.servers.scratch import Notify


@dataclass(frozen=True)
class Entry:
    """One thing in the scratch area: a server's data, or what servers are made from (shared).

    ``path`` is None for a volume, whose size is not known either.
    """

    kind: Literal["embedded", "container", "shared"]
    name: str
    in_use: bool
    size_bytes: int | None = None
    path: Path | None = None


def entries() -> tuple[Entry, ...]:
    """Everything in the scratch area that takes room."""
    area = scratch.area()
    servers = [
        Entry("embedded", path.name, _busy("embedded", path.name), _size_bytes(path), path)
        for path in sorted(area.glob("embedded-*/[!.]*/"))
    ]
    volumes = [
        Entry("container", note.stem, _busy("container", volume.key_of(note.stem)))
        for note in sorted(volume.folder().glob("*.json"))
    ]
    in_use = _any_busy()
    patterns = ("programs-*", "embedded-*/.template-*", ".*.making-*", "*/.*.making-*")
    shared = [
        Entry("shared", path.name.lstrip("."), in_use, _size_bytes(path), path)
        for path in sorted({path for pattern in patterns for path in area.glob(pattern)})
    ]
    return (*servers, *volumes, *shared)


def clean(notify: Notify) -> tuple[Entry, ...]:
    """Remove whatever nobody uses; what was removed. ``notify`` hears what stays and why."""
    gone = []
    for entry in entries():
        if entry.in_use:
            notify(f"{entry.name} stays: it is in use")
        elif removed(entry, notify):
            gone.append(entry)
    if engine.seems_here() and not _any_busy():
        with _engine_errors(notify), engine.client() as client:
            ownership.sweep(client)
            for name in volume.of_area(client):
                volume.remove(client, name)
    return tuple(gone)


def removed(entry: Entry, notify: Notify) -> bool:
    """Whether the entry could be removed, its lock held meanwhile."""
    key = volume.key_of(entry.name) if entry.kind == "container" else entry.name
    held = scratch.lock(entry.kind, key)
    if not scratch.taken(held):
        return False
    try:
        if entry.path is not None:
            with scratch.usable(entry.path):
                shutil.rmtree(entry.path)
                entry.path.with_name(f"{entry.path.name}.log").unlink(missing_ok=True)
            return True
        with _engine_errors(notify), engine.client() as client:
            volume.remove(client, entry.name)
            return True
        return False
    finally:
        held.release()


@contextmanager
def _engine_errors(notify: Notify) -> Iterator[None]:
    """Say in one line that the engine does not let us remove a volume."""
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, OSError) as error:
        notify(f"a volume stays: the Docker engine does not answer ({error})")


def _busy(kind: str, name: str) -> bool:
    """Whether somebody holds the lock."""
    held = scratch.lock(kind, name)
    free = scratch.taken(held)
    held.release()
    return not free


def _any_busy() -> bool:
    locks = (path.name.partition(".") for path in (scratch.area() / "locks").iterdir())
    return any(_busy(kind, name) for kind, _, name in locks)


def _size_bytes(folder: Path) -> int:
    """Bytes that a directory takes on the disk; a sparse file counts with what it uses."""
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += os.lstat(Path(root, name)).st_blocks * 512
    return total
