"""Where scratch servers keep their data, and who may use which part of it.

One directory (or Docker volume) per name. A process that uses one holds its lock; a second
process waits a little, then takes a numbered copy of its own.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from workbench.errors import ServerError
from workbench.servers.account import give, server_account

Notify = Callable[[str], None]

WAIT_S = 4.0
COPIES = 32
LAYOUT = "servers-1"
ROOTS_PLACE = Path("/var/cache/workbench")

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_FULL = {errno.ENOSPC, errno.EDQUOT}


def home() -> Path:
    """The workbench's own directory: WORKBENCH_HOME, or one in the user's cache directory."""
    given = os.environ.get("WORKBENCH_HOME")
    return (
        Path(given).expanduser().absolute() if given else platformdirs.user_cache_path("workbench")
    )


def area() -> Path:
    """The directory that holds servers, created if need be; raises ServerError if it cannot be.

    Below ``home()``, unless we are root and the user who runs Postgres may not enter there: then
    in a place of its own below /var/cache, because a private directory is not ours to open.
    """
    account = server_account()
    with usable(home()):
        home().mkdir(parents=True, exist_ok=True)
        root = home()
        if account and not account.may_enter(root):
            root = _place_outside(root)
        path = root / (f"{LAYOUT}-root" if account else LAYOUT)
        path.mkdir(mode=0o700, exist_ok=True)
        give(path, account)
        (path / "locks").mkdir(mode=0o700, exist_ok=True)
    return path


def need_writable(directory: Path) -> None:
    """Raise ServerError unless a few bytes can be written; a full disk must not stop cleaning."""
    probe = directory / f".writable-{secrets.token_hex(4)}"
    with usable(directory):
        try:
            probe.write_bytes(b"x" * 8192)
        finally:
            probe.unlink(missing_ok=True)


def _place_outside(private: Path) -> Path:
    """The directory below /var/cache that stands in for a private home.

    It names the home it stands for, and goes when that home is gone.
    """
    place = ROOTS_PLACE / hashlib.sha256(bytes(private)).hexdigest()[:8]
    if not place.is_dir():
        for other in ROOTS_PLACE.glob("*/stands-for"):
            if not Path(os.fsdecode(other.read_bytes())).exists():
                shutil.rmtree(other.parent, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "stands-for").write_bytes(bytes(private))
        for folder in (place, ROOTS_PLACE):
            folder.chmod(0o755)
    return place


@contextmanager
def usable(directory: Path) -> Iterator[None]:
    """Turn an OSError about our own files into one line that names directory and remedy."""
    try:
        yield
    except OSError as error:
        raise unusable(directory, error.strerror or str(error), error.errno in _FULL) from error


def unusable(directory: Path, reason: str, full: bool = False) -> ServerError:
    """The error for a scratch directory that cannot be used."""
    remedy = "free some space there or set" if full else "set"
    return ServerError(
        f"cannot keep scratch data in {directory} ({reason}); "
        f"{remedy} WORKBENCH_HOME to a directory that is writable and has room"
    )


def need_room(directory: Path, need_bytes: int) -> None:
    """Raise ServerError when ``directory`` has less than ``need_bytes`` left."""
    free = shutil.disk_usage(directory).free
    if free < need_bytes:
        reason = f"{free // 2**20} MB free, {need_bytes // 2**20} MB needed"
        raise unusable(directory, reason, full=True)


def name_of(key: str) -> str:
    """A file and volume name for any key; different keys have different names."""
    if _PLAIN.fullmatch(key):
        return key
    readable = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:48]
    return f"{readable or 'key'}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def lock(kind: str, name: str) -> FileLock:
    """The lock on one server's data; not yet taken."""
    return FileLock(area() / "locks" / f"{kind}.{name}")


@contextmanager
def claimed(
    kind: str, key: str, notify: Notify, wait_s: float = WAIT_S, copies: int = COPIES
) -> Iterator[str]:
    """The name of data that this process alone may use until the block ends.

    The key's own name if it becomes free within ``wait_s``, else that of a numbered copy. Raises
    ServerError when all copies are in use.
    """
    need_writable(area())
    first = name_of(key)
    for copy in range(1, copies + 1):
        name = first if copy == 1 else f"{first}.{copy}"
        held = lock(kind, name)
        if not (awaited(held, key, notify, wait_s) if copy == 1 else taken(held)):
            continue
        try:
            if copy > 1:
                notify(f"{key} is still in use; this run takes its own copy, number {copy}")
            yield name
        finally:
            held.release()
        return
    raise ServerError(f"{key} is in use; end other workbench processes first")


def awaited(held: FileLock, key: str, notify: Notify, wait_s: float = WAIT_S) -> bool:
    """Whether the lock could be taken at once or by waiting; the caller releases it."""
    if taken(held):
        return True
    if wait_s > 0:
        notify(f"another workbench uses {key}; waiting up to {wait_s:g} s for it")
    return taken(held, wait_s)


def taken(held: FileLock, wait_s: float = 0) -> bool:
    """Whether the lock could be taken within ``wait_s``; the caller releases it."""
    try:
        held.acquire(timeout=wait_s, poll_interval=0.05)
    except Timeout:
        return False
    except OSError as error:
        raise unusable(area(), error.strerror or str(error)) from error
    return True


def making(final: Path) -> Path:
    """A fresh name beside ``final`` to build under; rename it when it is complete."""
    return final.with_name(f".{final.name}.making-{secrets.token_hex(4)}")


def sweep_unfinished(final: Path) -> None:
    """Remove what builders of ``final`` that died have left; call it with its lock held."""
    for leftover in final.parent.glob(f".{final.name}.making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
