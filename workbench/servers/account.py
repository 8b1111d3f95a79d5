"""Who runs Postgres: ourselves, or an unprivileged user when we are root.

Postgres refuses to run as root. ``nobody`` exists on every Linux and macOS, and unlike a
``postgres`` account it owns no real database that a scratch server could reach.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import ServerError

UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Account:
    """The user that a server runs as, when that is not the user who runs Python."""

    uid: int
    gid: int

    def may_enter(self, path: Path) -> bool:
        """Whether this user may enter ``path`` and every directory above it."""
        return all(self._may(folder, stat.S_IXOTH) for folder in (path, *path.parents))

    def may_write(self, path: Path) -> bool:
        """Whether this user may create files in ``path``."""
        return self.may_enter(path) and self._may(path, stat.S_IWOTH)

    def _may(self, folder: Path, right: int) -> bool:
        """Whether the user has ``right``, given as the bit for others."""
        found = folder.stat()
        if found.st_uid == self.uid:
            right <<= 6
        elif found.st_gid == self.gid:
            right <<= 3
        return bool(found.st_mode & right)


@cache
def server_account() -> Account | None:
    """The unprivileged account when we are root, else None; raises ServerError without one."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ServerError(
            f"Postgres refuses to run as root and there is no user {UNPRIVILEGED}; "
            "run the workbench as a normal user"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def run_as(account: Account | None) -> dict[str, Any]:
    """Arguments of ``subprocess.Popen`` that make the child run as ``account``."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def give(path: Path, account: Account | None) -> None:
    """Hand one file or directory to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
