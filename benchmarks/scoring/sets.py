"""Sets of indexes, really built, and shown to the planner one set at a time."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg

from workbench import db
from workbench.db import Connection, fetch_all, fetch_value
from workbench.workload import script

PREFIX = "benchmark_"
_ALLOWED = re.compile(r"create\s+((unique\s+)?index|extension)\b", re.IGNORECASE)
_INDEXES = r"""
SELECT indexrelid::int8, indexrelid::regclass::text, tree.size_bytes,
       regexp_replace(pg_get_indexdef(indexrelid), '^CREATE (UNIQUE )?INDEX \S+ ', '\1'),
       tree.oids, tree.names
FROM pg_index JOIN pg_class index ON index.oid = indexrelid
CROSS JOIN LATERAL (
    SELECT array_agg(each.oid::int8) AS oids, array_agg(each.relname::text) AS names,
           sum(pg_relation_size(each.oid))::int8 AS size_bytes
    FROM pg_class each
    WHERE each.oid = indexrelid OR each.oid IN (SELECT relid FROM pg_partition_tree(indexrelid))
) tree
WHERE NOT index.relispartition AND index.relnamespace::regnamespace::text NOT LIKE 'pg\_%'"""
_HEAP = r"""
SELECT sum(pg_table_size(oid))::int8 FROM pg_class
WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text NOT IN
      ('pg_catalog', 'pg_toast', 'information_schema')"""
_TOGGLE = """UPDATE pg_index SET indisvalid = (indexrelid = ANY($1))
WHERE indexrelid = ANY($2) AND indisvalid <> (indexrelid = ANY($1))"""


@dataclass(frozen=True)
class IndexSet:
    """A script of CREATE INDEX and CREATE EXTENSION, and what it took to find it, if known.

    ``rejected`` are candidates that are not in it, with the reason.
    """

    name: str
    budget: str
    sql: str
    planner_calls: int | None = None
    seconds: float | None = None
    rejected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Made:
    """An index on the server; sets that ask for the same one share it.

    ``oids`` and ``names`` are its own and those of its partitions.
    """

    oid: int
    name: str
    size_bytes: int
    definition: str
    oids: list[int]
    names: list[str]


@dataclass
class Built:
    """The indexes of all sets, by the set's number; statements that failed, with the reason."""

    connection: Connection
    indexes: dict[int, list[Made]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def size_bytes(self, number: int) -> int:
        return sum(made.size_bytes for made in self.indexes[number])

    def definitions(self, names: Iterable[str]) -> list[str]:
        """What the named indexes are, as far as they are ours."""
        ours = {name: made.definition for made in self._all() for name in made.names}
        return [ours[name] for name in names if name in ours]

    def showing(self, number: int | None) -> Callable[[Connection], None]:
        """Let the planner see only one set, or none, until the transaction ends."""
        chosen = self.indexes.get(number, ()) if number is not None else ()
        shown = [oid for made in chosen for oid in made.oids]
        every = [oid for made in self._all() for oid in made.oids]

        def enter(connection: Connection) -> None:
            connection.execute(_TOGGLE, [shown, every])

        return enter

    def leaving(self, number: int | None) -> Callable[[Connection], None]:
        """Drop what is not in a set, until the transaction is rolled back."""
        kept = {made.oid for made in self.indexes.get(number, ())} if number is not None else set()
        gone = ", ".join(made.name for made in self._all() if made.oid not in kept)

        def enter(connection: Connection) -> None:
            if gone:
                connection.execute(f"DROP INDEX {gone}")

        return enter

    def _all(self) -> list[Made]:
        return list({made.oid: made for each in self.indexes.values() for made in each}.values())


@contextmanager
def built(connection: Connection, sets: Sequence[IndexSet]) -> Iterator[Built]:
    """Every set built, statistics gathered and tables vacuumed once; all dropped at the end."""
    sweep(connection)
    extensions = _extensions(connection)
    made = Built(connection)
    try:
        for number, each in enumerate(sets):
            made.indexes[number] = []
            for statement in script.split(each.sql):
                try:
                    made.indexes[number] += _run(connection, statement.text)
                except psycopg.Error as error:
                    text = " ".join(statement.text.split())
                    made.failed.append(f"{each.name}: {text}: {db.one_line(error)}")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        now = {index.oid: index for index in _indexes(connection)}
        for number, indexes in made.indexes.items():
            made.indexes[number] = [now[index.oid] for index in indexes]
        yield made
    finally:
        with suppress(psycopg.OperationalError):  # the connection may be what failed
            sweep(connection)
            for name in _extensions(connection) - extensions:
                connection.execute(f'DROP EXTENSION IF EXISTS "{name}"')


def size_bytes(connection: Connection, sql: str) -> int:
    """What a set takes; nothing of it stays."""
    known = {made.oid for made in _indexes(connection)}
    with db.rolled_back(connection):
        connection.execute(sql)
        return sum(made.size_bytes for made in _indexes(connection) if made.oid not in known)


def heap_bytes(connection: Connection) -> int:
    """The tables' own pages with what is toasted, of all tables of the database."""
    return int(fetch_value(connection, _HEAP))


def sweep(connection: Connection) -> None:
    """Drop what an earlier run left."""
    left = [made.name for made in _indexes(connection) if PREFIX in made.name]
    if left:
        connection.execute(f"DROP INDEX {', '.join(left)}")


def _run(connection: Connection, statement: str) -> Iterable[Made]:
    """Run one statement; the index that came of it, under a name of ours."""
    if not _ALLOWED.match(statement):
        raise psycopg.DataError("only CREATE INDEX and CREATE EXTENSION belong into a set")
    known = {made.oid: made for made in _indexes(connection)}
    connection.execute(statement)
    new = next((made for made in _indexes(connection) if made.oid not in known), None)
    if new is None:
        return []
    for other in known.values():
        if other.definition == new.definition and PREFIX in other.name:
            connection.execute(f"DROP INDEX {new.name}")
            return [other]
    connection.execute(f"ALTER INDEX {new.name} RENAME TO {PREFIX}{new.oid}")
    return [made for made in _indexes(connection) if made.oid == new.oid]


def _indexes(connection: Connection) -> list[Made]:
    return [Made(*row) for row in fetch_all(connection, _INDEXES)]


def _extensions(connection: Connection) -> set[str]:
    return {name for (name,) in fetch_all(connection, "SELECT extname FROM pg_extension")}
