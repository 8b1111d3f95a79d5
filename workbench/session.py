"""The objects a notebook holds: ``open_server()`` → Server → Database.

They wire the rooms together and do nothing else.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import ref

from workbench import datasets, servers
from workbench.datasets import cache
from workbench.db import Connection, conninfo, rolled_back, settings
from workbench.errors import InputError, ReadOnly, StatementError, TimedOut
from workbench.indexes import twin
from workbench.indexes.advice import Advice
from workbench.indexes.advise import Options, Target, advise
from workbench.indexes.candidates import KINDS
from workbench.indexes.index import Index
from workbench.indexes.reading import read as read_workload
from workbench.indexes.whatif import Trial, sweep, trial
from workbench.measurement.abtest import Limits, compare
from workbench.measurement.comparison import Comparison
from workbench.measurement.runs import Arm
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.servers.choice import wanted
from workbench.workload import files
from workbench.workload.qualified import table_names
from workbench.workload.query import Failure, Query

if TYPE_CHECKING:
    from workbench.datasets.guest import Intention
    from workbench.reports.dataset_picture import DatasetPicture

Progress = Callable[[str, int, int], None]
_opened: "list[ref[Database]]" = []  # the last one alone


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def on_stderr(message: str) -> None:
    """Say something that the user should know."""
    print(message, file=sys.stderr)


def open_server(
    where: str = "auto", *, disposable: bool = False, notify: Callable[[str], None] = on_stderr
) -> "Server":
    """A scratch server (``auto``, ``embedded``, ``container``), or your own by its URL.

    Your own is only read unless ``disposable``. Raises ServerError when it cannot be reached.
    """
    return Server(where, disposable, notify)


class Server:
    """Where databases come from; a context manager that stops all it has started."""

    def __init__(self, where: str, disposable: bool, notify: Callable[[str], None]) -> None:
        self._where = where
        self._notify = notify
        self._stack = ExitStack()
        self._external: servers.Server | None = None
        self._loaded: dict[str, Database] = {}
        if _is_address(where):
            self._external = self._stack.enter_context(servers.attach(where, disposable))
        else:
            self._where = wanted(where).where

    def __repr__(self) -> str:
        return f"<Server {self._external or self._where}, {len(self._loaded)} loaded>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        # with the exception, so that a connection does not commit and hide it behind another
        self._stack.__exit__(kind, error, tb)
        self._loaded.clear()

    def stop(self) -> None:
        """Stop every server that was started here."""
        self._stack.close()
        self._loaded.clear()

    def load(
        self,
        dataset: str | Path,
        scale: str | int = "small",
        seed: int | None = None,
        progress: Progress = silent,
    ) -> "Database":
        """The database of a synthetic dataset; loaded once, kept for the next time."""
        from workbench.datasets.load import ensure_loaded  # numpy and polars take their time

        if self._external is not None:
            raise ReadOnly("datasets go into a scratch server: open_server() without an address")
        spec = datasets.open(dataset)
        key = cache.key(spec, scale, seed)
        if key not in self._loaded:
            running = self._started(key)
            name = ensure_loaded(running.connect, spec, scale, seed, progress)
            self._loaded[key] = Database(running, name, spec, scale, self._stack)
        return self._loaded[key]

    def database(self) -> "Database":
        """The database that the address leads to, or an empty scratch one."""
        running = self._external or self._started("empty")
        return Database(running, None, None, None, self._stack)

    def _started(self, key: str) -> servers.Server:
        """A scratch server; where the choice was ours, one line says which kind and why."""
        running = self._stack.enter_context(servers.start(self._where, key, self._notify))
        if self._where == "auto":
            self._notify(f"using {running.kind} PostgreSQL {running.version}: {running.reason}")
        return running


@dataclass(repr=False)
class Database:
    """One database of a running server, and what can be asked about it."""

    server: servers.Server
    name: str | None
    spec: datasets.Spec | None
    scale: str | int | None
    _stack: ExitStack
    _connection: Connection | None = None

    def __post_init__(self) -> None:
        _opened[:] = [ref(self)]

    def __repr__(self) -> str:
        rows = f" at scale {self.scale}" if self.spec else ""
        return f"<Database {self.name or ''}{rows} on {self.server}>"

    @property
    def connection(self) -> Connection:
        """The session that everything here runs in; it cannot write unless disposable."""
        if self._connection is None or self._connection.closed:
            self._connection = self._stack.enter_context(self.server.connect(self.name))
            if self.server.disposable:
                sweep(self._connection)
                twin.sweep(self._connection)
        return self._connection

    @property
    def dataset(self) -> dict[str, Any] | None:
        """Name, scale and rows by table of the dataset, None for another database."""
        if self.spec is None or self.scale is None:
            return None
        rows = self.spec.rows(self.scale)
        return {"name": self.spec.name, "scale": str(self.scale), "rows": dict(rows)}

    @property
    def conninfo(self) -> str:
        """How to connect to this database; it may hold a password."""
        return (
            conninfo(self.server.conninfo, dbname=self.name) if self.name else self.server.conninfo
        )

    def info(self) -> "DatasetPicture":
        """What the loaded dataset is like: sizes, skew and statements; shows itself in a notebook.

        Raises InputError where no dataset is loaded.
        """
        from workbench.datasets import facts
        from workbench.reports.dataset_picture import DatasetPicture

        if self.spec is None:
            raise InputError("this database holds no dataset of the workbench")
        queries = (each for each in files.read(self.spec.query_files) if isinstance(each, Query))
        return DatasetPicture(facts.measure(self.connection, self.spec), tuple(queries))

    def explain(self, sql: str, *, analyze: bool = False, index: str | None = None) -> Plan:
        """The plan of a statement; ``analyze`` runs it, ``index`` is a CREATE INDEX to try."""
        if analyze and not self.server.disposable:
            raise ReadOnly("a statement is only run on a scratch or --disposable database")
        if index is None:
            return explain(self.connection, sql, analyze=analyze)
        with self._trying(index):
            return explain(self.connection, sql, analyze=analyze)

    def compare(self, sql: str, index: str, *, seed: int = 0, timeout_s: float = 60) -> Comparison:
        """The statement without and with an index, interleaved, with interval and verdict."""
        with self._trying(index) as candidates:
            found = compare(
                self.connection,
                sql,
                before=Arm("without", candidates.arm(())),
                after=Arm("with", candidates.arm(candidates.built)),
                backend_cpu=self.server.backend_cpu(self.connection),
                seed=seed,
                limits=Limits(timeout_s=timeout_s),
            )
        return replace(found, statement=sql, index=index)

    @contextmanager
    def _trying(self, index: str) -> Iterator[Trial]:
        if not self.server.disposable:
            raise ReadOnly(
                "an index is only built on a scratch server or a database that is --disposable"
            )
        with trial(self.connection, (), silent) as candidates:
            try:
                candidates.build_statement(index)
            except StatementError as error:
                raise StatementError(f"the index cannot be built: {error}") from error
            yield candidates

    def plans(
        self,
        statements: Sequence[Query | Failure],
        *,
        analyze: bool,
        index: str | None = None,
        timeout_s: float = 60.0,
    ) -> list[tuple[Query, Plan, Plan | None] | Failure]:
        """Each statement with its plan, and with the plan that it has beside ``index``."""
        found: list[tuple[Query, Plan, Plan | None] | Failure] = []
        with self._limited(timeout_s):
            reading = read_workload(self.connection, statements, silent)
            found += reading.failures
            with self._trying(index) if index else nullcontext() as candidates:
                for query in reading.queries:
                    try:
                        found.append((query, *self._plans(query, candidates, analyze)))
                    except StatementError as error:
                        found.append(_failure(query, error.in_file(query.line)))
                    except TimedOut:
                        reason = f"did not end within {timeout_s:g} s; allow more with --timeout"
                        found.append(_failure(query, reason))
        return found

    def _plans(
        self, query: Query, candidates: Trial | None, analyze: bool
    ) -> tuple[Plan, Plan | None]:
        """The plan without the candidates, and the one with them if there are any."""

        def plan(visible: Iterable[Index]) -> Plan:
            with rolled_back(self.connection):
                if candidates:
                    candidates.show(visible)
                return explain(self.connection, query.text, query.values, analyze=analyze)

        return plan(()), plan(candidates.built) if candidates else None

    def suggest_indexes(
        self,
        *sources: str | Path,
        budget: str | None = None,
        max_indexes: int | None = None,
        kinds: Iterable[str] = KINDS,
        measure: bool = True,
        seed: int = 0,
        timeout_s: float = 60.0,
        price_writes: bool = False,
        progress: Progress = silent,
    ) -> Advice:
        """Indexes for the statements in files or texts, proven by measuring where allowed."""
        if not sources:
            raise InputError("there is no statement; give a file or an SQL text")
        options = Options.parse(budget, max_indexes, kinds, measure, seed, timeout_s, price_writes)
        return self.advise(files.read(sources), options, progress)

    def advise(
        self, statements: Sequence[Query | Failure], options: Options, progress: Progress = silent
    ) -> Advice:
        """Indexes for statements that have been read."""
        with self._limited(options.timeout_s):
            return advise(self._target(), statements, options, progress)

    @contextmanager
    def _limited(self, timeout_s: float) -> Iterator[None]:
        """No statement of the block runs longer than ``timeout_s``."""
        with settings(self.connection, statement_timeout=max(1, round(timeout_s * 1000))):
            yield

    def _target(self) -> Target:
        server = self.server
        return Target(
            connection=self.connection,
            changeable=server.disposable,
            backend_cpu=server.backend_cpu(self.connection),
            server={
                "kind": server.kind,
                "version": server.version,
                "settings": dict(server.settings),
                "extensions": list(server.extensions),
            },
            dataset=self.dataset,
        )


def _failure(query: Query, reason: str) -> Failure:
    return Failure(query.name, query.sql, query.line, reason, query.source, query.weight)


def latest() -> Database | None:
    """The database that was opened last, None when nobody holds it any more."""
    return _opened[0]() if _opened else None


@contextmanager
def dataset_into(
    url: str,
    dataset: str | Path,
    scale: str | int = "small",
    seed: int | None = None,
    schema: str | None = None,
    *,
    replace: bool = False,
) -> Iterator[tuple["Intention", Callable[[Progress], None]]]:
    """What loading a dataset into your own database would create, and the function that does it.

    Raises InputError when the schema is there already and may not be replaced.
    """
    from workbench.datasets import guest

    with servers.attach(url, True) as server, server.connect() as connection:
        spec = datasets.open(dataset)
        intended = guest.intention(connection, spec, scale, seed, schema, replace=replace)
        yield intended, lambda progress: guest.into_schema(server.connect, intended, progress)


def dataset_for(statements: Iterable[Query | Failure]) -> datasets.Spec | None:
    """The shipped dataset whose tables the statements name, None where they name no table.

    Raises UnknownName, or InputError when no dataset has all the tables.
    """
    return datasets.for_statements(
        [f"{schema}.{name}" if schema else name for schema, name in table_names(each.text)]
        for each in statements
        if isinstance(each, Query)
    )


def _is_address(where: str) -> bool:
    """Whether it is no single word; only a word may be repeated in an error, it is no password."""
    return not where.isidentifier()
