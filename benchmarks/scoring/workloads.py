"""Databases with the statements that are asked of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoring import tpcds, tpch
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
        spec = datasets.open(name)
        key = f"benchmark-{cache.key(spec, scale)}"
        server = stack.enter_context(servers.start(where, key, _quiet))
        loaded = ensure_loaded(server.connect, spec, scale)
        sets = {file.stem: file for file in sorted((spec.folder / "indexes").glob("*.sql"))}
        database = Database(server, loaded, spec, scale, stack)
        yield Workload(f"{name} {scale}", database, files.read(spec.query_files), sets)


def _quiet(message: str) -> None:
    """Which server it is does not matter here."""
