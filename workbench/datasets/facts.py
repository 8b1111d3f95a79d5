"""What a loaded dataset is like, as its server sees it: sizes, common values, nulls, order."""

from dataclasses import dataclass

from psycopg import sql as composing

from workbench import sql
from workbench.datasets.copying import identifier
from workbench.datasets.spec import Spec
from workbench.db import Connection, fetch_all, fetch_value


@dataclass(frozen=True)
class ColumnFacts:
    """A column by ANALYZE's sample, whose shares are within about a percent of the truth.

    ``top_value`` is the commonest value as text and None where no value is common;
    ``correlation`` is that of value and physical place, None for types without an order.
    """

    name: str
    type: str
    null_share: float
    distinct_values: float
    top_value: str | None
    top_share: float | None
    correlation: float | None


@dataclass(frozen=True)
class TableFacts:
    """A table; ``heap_bytes`` include TOAST and maps, ``index_bytes`` the indexes of its keys."""

    name: str
    rows: int
    heap_bytes: int
    index_bytes: int
    columns: tuple[ColumnFacts, ...]


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset as loaded, its tables in the order of dataset.toml."""

    name: str
    title: str
    tables: tuple[TableFacts, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def bytes(self) -> int:
        """Bytes of all tables and the indexes of their keys."""
        return sum(table.heap_bytes + table.index_bytes for table in self.tables)


def measure(connection: Connection, spec: Spec) -> DatasetFacts:
    """The facts of the dataset that is loaded where ``connection`` leads, after ANALYZE."""
    names = [identifier(table) for table in spec.table_names]
    quoted = [name.as_string(connection) for name in names]
    sizes = fetch_all(connection, sql.load("table_facts"), [quoted])
    tables = (
        TableFacts(table, _rows(connection, name), heap, keys, _columns(connection, name))
        for table, name, (_, heap, keys) in zip(spec.table_names, names, sizes, strict=True)
    )
    return DatasetFacts(spec.name, spec.title, tuple(tables))


def _rows(connection: Connection, table: composing.Identifier) -> int:
    """Counted: pg_class.reltuples is an estimate once something was written."""
    return int(fetch_value(connection, composing.SQL("SELECT count(*) FROM {}").format(table)))


def _columns(connection: Connection, table: composing.Identifier) -> tuple[ColumnFacts, ...]:
    rows = fetch_all(connection, sql.load("column_facts"), [table.as_string(connection)])
    return tuple(ColumnFacts(*row) for row in rows)
