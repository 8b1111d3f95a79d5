"""A twin of a table: its rows, indexes and row triggers under another name, to write to at will.

Prices of writes are taken on a twin because the table itself must stay as it is, and because a
table that was just loaded has no room in its pages, so that no update could be HOT there. The twin
has room, its foreign keys are left out (they cost the same with and without an index), and it is
an ordinary logged table: its writes are in the log like any others.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql as compose

from workbench import sql
from workbench.db import Connection, fetch_all, one_line
from workbench.errors import MeasurementError
from workbench.indexes import existing
from workbench.indexes.index import Index
from workbench.workload.schema import TableName

NAME = "workbench_twin"
MOST_ROWS = 300_000
FILL_PERCENT = 80


@dataclass(frozen=True)
class Column:
    """A column that can be written; ``category`` is pg_type.typcategory, or ``uuid``.

    ``limited`` says that its text has a greatest length; ``default`` is that of a uuid as SQL.
    """

    name: str
    type: str
    category: str
    limited: bool = False
    default: str | None = None


@dataclass(frozen=True)
class TwinIndex:
    """An index of the twin; ``columns`` are all that it depends on, in keys or not.

    ``index`` is the one that it was built for, None where the table has it already.
    """

    name: str
    method: str
    unique: bool
    keys: tuple[str, ...]
    columns: frozenset[str]
    index: Index | None = None

    @property
    def lists(self) -> bool:
        """Whether it may list what is inserted and sort it in later, many rows at once."""
        return self.method == "gin"


@dataclass
class Twin:
    """The twin of ``table``; ``failed`` says which indexes could not be built on it, and why."""

    connection: Connection
    table: TableName
    columns: tuple[Column, ...] = ()
    indexes: tuple[TwinIndex, ...] = ()
    rows: int = 0
    failed: dict[Index, str] = field(default_factory=dict)
    pools: list[compose.Identifier] = field(default_factory=list)

    @property
    def name(self) -> TableName:
        """Where the twin is."""
        return TableName(self.table.schema, NAME)

    @property
    def place(self) -> compose.Identifier:
        """The twin in a statement."""
        return compose.Identifier(*self.name)

    @property
    def unique_columns(self) -> frozenset[str]:
        """Columns in the keys of unique indexes and exclusion constraints."""
        return frozenset(name for index in self.indexes if index.unique for name in index.columns)

    def build(self, indexes: Sequence[Index]) -> None:
        """Create what the original has, then ``indexes``; the latter may fail one by one."""
        values = [_sql(self.table), _sql(self.name), existing.MARK]
        for (definition,) in fetch_all(self.connection, sql.load("twin_definitions"), values):
            self.connection.execute(definition)
        names: dict[str, Index] = {}
        for index in indexes:
            made = replace(index, table=self.name)
            try:
                self.connection.execute(made.ddl())
                names[made.name] = index
            except psycopg.Error as error:
                self.failed[index] = f"could not be built: {one_line(error)}"
        rows = fetch_all(self.connection, sql.load("twin_indexes"), [_sql(self.name)])
        self.indexes = tuple(
            TwinIndex(name, method, unique, tuple(keys), frozenset(columns), names.get(name))
            for name, method, unique, keys, columns in rows
        )

    def new_pool(self) -> compose.Identifier:
        """Where rows for the twin may lie ready, for as long as it exists."""
        self.pools.append(compose.Identifier("pg_temp", f"workbench_pool_{len(self.pools)}"))
        return self.pools[-1]

    def priced(self) -> tuple[TwinIndex, ...]:
        """The indexes to be priced."""
        return tuple(each for each in self.indexes if each.index is not None)

    def listing(self) -> tuple[TwinIndex, ...]:
        """Those of them that may list what is inserted instead of sorting it in at once."""
        return tuple(each for each in self.priced() if each.method == "gin")

    def drop(self, indexes: Sequence[TwinIndex]) -> None:
        """Remove indexes, in a transaction that the caller rolls back."""
        if indexes:
            names = [self.index_place(each) for each in indexes]
            statement = compose.SQL("/*workbench*/ DROP INDEX {}")
            self.connection.execute(statement.format(compose.SQL(", ").join(names)))

    def index_place(self, index: TwinIndex) -> compose.Identifier:
        """An index in a statement."""
        return compose.Identifier(self.table.schema, index.name)

    def vacuum(self) -> None:
        """Remove what rolled-back writes have left, in every index too."""
        statement = compose.SQL("/*workbench*/ VACUUM (INDEX_CLEANUP ON, TRUNCATE ON) {}")
        self.connection.execute(statement.format(self.place))


@contextmanager
def twin(connection: Connection, table: TableName, indexes: Sequence[Index]) -> Iterator[Twin]:
    """A twin with the table's own indexes and ``indexes``, gone after the block.

    Larger tables are twinned by a sample of their pages. Raises MeasurementError for what is
    not a table or cannot be copied.
    """
    made = Twin(connection, table)
    sweep(connection)
    try:
        try:
            with connection.transaction():
                _copy(made)
            made.build(indexes)
            made.vacuum()
        except psycopg.Error as error:
            raise MeasurementError(f"no copy of {table} can be made: {one_line(error)}") from error
        yield made
    finally:
        with suppress(psycopg.OperationalError):  # the connection may be what failed
            for pool in made.pools:
                connection.execute(compose.SQL("DROP TABLE IF EXISTS {}").format(pool))
            sweep(connection)


def sweep(connection: Connection) -> None:
    """Drop the twin that an earlier, killed run left."""
    found = (
        "/*workbench*/ SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON "
        "n.oid = c.relnamespace WHERE c.relname = $1 AND obj_description(c.oid, 'pg_class') = $2"
    )
    for (schema,) in fetch_all(connection, found, [NAME, existing.MARK]):
        drop = compose.SQL("/*workbench*/ DROP TABLE {}")
        connection.execute(drop.format(compose.Identifier(schema, NAME)))


def _copy(made: Twin) -> None:
    """The twin with its rows, without indexes: they are built faster afterwards."""
    connection, original = made.connection, compose.Identifier(*made.table)
    values = [_sql(made.table), _sql(made.name)]
    ((kind, persistence, estimate, triggers),) = fetch_all(
        connection, sql.load("twin_source"), values
    )
    if kind not in "rp":
        raise MeasurementError(f"{made.table} is not a table that is written row by row")
    create = compose.SQL(
        "/*workbench*/ CREATE {} TABLE {} (LIKE {} INCLUDING ALL "
        "EXCLUDING INDEXES EXCLUDING STATISTICS EXCLUDING COMMENTS) WITH (fillfactor = {})"
    )
    unlogged = compose.SQL("UNLOGGED" if persistence == "u" else "")
    connection.execute(create.format(unlogged, made.place, original, FILL_PERCENT))
    comment = compose.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(comment.format(made.place, compose.Literal(existing.MARK)))
    rows = fetch_all(connection, sql.load("twin_columns"), [_sql(made.table)])
    made.columns = tuple(Column(*row) for row in rows)
    names = compose.SQL(", ").join(compose.Identifier(c.name) for c in made.columns)
    percent = min(100.0, 100.0 * MOST_ROWS / max(float(estimate), 1.0))
    fill = compose.SQL(
        "/*workbench*/ INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} "
        "TABLESAMPLE SYSTEM ({}) REPEATABLE (0) LIMIT {}"
    )
    whole = fill.format(
        made.place, names, names, original, compose.Literal(percent), compose.Literal(MOST_ROWS)
    )
    made.rows = connection.execute(whole).rowcount
    for definition in triggers:
        connection.execute(definition)


def _sql(table: TableName) -> str:
    return compose.Identifier(*table).as_string()
