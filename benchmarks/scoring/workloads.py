"""Databases with the statements that are asked of them."""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoring import folder, tpcds, tpch
from workbench import datasets, servers
from workbench.datasets import cache
from workbench.datasets.load import ensure_loaded
from workbench.session import Database
from workbench.workload import files
from workbench.workload.query import Failure, Query

GENERATED = {each.NAME: each for each in (tpch, tpcds)}
NAMES = (*(spec.name for spec in datasets.available()), *GENERATED)


@dataclass(frozen=True)
class Workload:
    """A loaded database, its statements, and the index sets that lie beside them."""

    name: str
    database: Database
    statements: list[Query | Failure]
    sets: dict[str, Path]


def known(name: str) -> str:
    """The name of a workload or its folder's path, from the command line."""
    if name not in NAMES and not (Path(name) / folder.SCHEMA).is_file():
        known = ", ".join(NAMES)
        raise ArgumentTypeError(f"{name} is not one of {known}, nor a folder with schema.sql")
    return name


@contextmanager
def opened(name: str, scale: str, where: str) -> Iterator[Workload]:
    """A workload on a server of its own, so that nothing here touches what users have loaded."""
    with ExitStack() as stack:
        if name in GENERATED:
            made = GENERATED[name]
            statements = made.statements()
            server = stack.enter_context(servers.start(where, f"{name}-{made.SCALE}", _quiet))
            database = Database(server, made.ensure_loaded(server), None, None, stack)
            yield Workload(f"{name} {made.SCALE}", database, statements, {})
            return
        if name not in NAMES:
            place = Path(name).resolve()
            server = stack.enter_context(servers.start(where, folder.key(place), _quiet))
            database = Database(server, folder.ensure_loaded(server, place), None, None, stack)
            statements = files.read(sorted((place / "queries").glob("*.sql")))
            yield Workload(place.name, database, statements, _sets(place))
            return
        spec = datasets.open(name)
        key = f"benchmark-{cache.key(spec, scale)}"
        server = stack.enter_context(servers.start(where, key, _quiet))
        loaded = ensure_loaded(server.connect, spec, scale)
        database = Database(server, loaded, spec, scale, stack)
        statements = files.read(spec.query_files)
        yield Workload(f"{name} {scale}", database, statements, _sets(spec.folder))


def _sets(place: Path) -> dict[str, Path]:
    return {file.stem: file for file in sorted((place / "indexes").glob("*.sql"))}


def _quiet(message: str) -> None:
    """Which server it is does not matter here."""
