"""Tables as the advisor sees them: names, columns, sizes and the planner's statistics."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


def quoted(name: str) -> str:
    """An identifier as SQL: in quotes unless it is plain lower case and no reserved word."""
    if _PLAIN.match(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


class TableName(NamedTuple):
    """An unquoted schema and table name; ``str()`` gives SQL, without ``public``."""

    schema: str
    name: str

    def __str__(self) -> str:
        if self.schema == "public":
            return quoted(self.name)
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Column:
    """A column with its statistics as ANALYZE left them.

    ``distinct`` is a number of values (never the negative share of pg_stats); ``common`` maps
    the most common values, as text, to their share of the rows; between two neighbours of
    ``bounds`` lie equally many of the others, for columns of numbers.
    """

    name: str
    type: str
    not_null: bool = False
    distinct: float | None = None
    null_share: float = 0.0
    width_bytes: int = 8
    correlation: float | None = None
    common: Mapping[str, float] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table, partitioned table, view or materialised view (``kind`` as in pg_class.relkind).

    ``root`` is the partitioned table that it is a part of; rows and bytes of a partitioned table
    are those of its parts. Each of ``uniques`` is a set of columns that finds one row at most.
    ``toasted`` says that some values are stored outside of their rows, because they are long.
    """

    table: TableName
    kind: str
    rows: float
    heap_bytes: int
    columns: Mapping[str, Column]
    root: TableName | None = None
    uniques: tuple[frozenset[str], ...] = ()
    toasted: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """``columns`` of a table that hold the ``keys`` of its parent.

    ``cascades`` says that its rows are deleted with those of the parent.
    """

    table: TableName
    columns: tuple[str, ...]
    parent: TableName
    keys: tuple[str, ...]
    cascades: bool = False


@dataclass(frozen=True)
class Catalog:
    """The tables a workload may name, and the search path that unqualified names follow."""

    tables: Mapping[TableName, Table]
    search_path: tuple[str, ...] = ("public",)
    foreign_keys: tuple[ForeignKey, ...] = ()

    def resolve(self, name: str, schema: str | None = None) -> Table | None:
        """The table that a statement means by ``name``, None when there is none."""
        places = (schema,) if schema else self.search_path
        found = (self.tables.get(TableName(place, name)) for place in places)
        return next((table for table in found if table), None)

    def heap_bytes(self, names: Iterable[TableName]) -> int:
        """Bytes of the heaps of some tables together, a part and its whole counted once."""
        known = {name: self.tables[name] for name in names if name in self.tables}
        return sum(table.heap_bytes for table in known.values() if table.root not in known)

    def root(self, name: TableName) -> TableName:
        """The partitioned table that a table is a part of, else the table itself."""
        table = self.tables.get(name)
        return (table.root if table else None) or name


_RESERVED_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check
collate collation column concurrently constraint create cross current_catalog current_date
current_role current_schema current_time current_timestamp current_user default deferrable desc
distinct do else end except false fetch for foreign freeze from full grant group having ilike in
initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
references returning right select session_user similar some symmetric system_user table
tablesample then to trailing true union unique user using variadic verbose when where window
with
"""
RESERVED = frozenset(_RESERVED_WORDS.split())
