"""Filling an empty database or schema: tables; then rows, keys, sequences, statistics."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event

import psycopg
from psycopg import sql

from workbench.datasets.block import Population
from workbench.datasets.copying import Job, Tally, copy_table, identifier, side_by_side
from workbench.datasets.fields import Place
from workbench.datasets.spec import Spec
from workbench.db import Connection, fetch_all, one_line
from workbench.errors import SpecError, UnknownName

Progress = Callable[[str, int, int], None]


def make_tables(connection: Connection, spec: Spec) -> None:
    """Creates all tables without keys, or nothing.

    Raises SpecError with the server's message, or when a column does not fit dataset.toml.
    """
    with connection.transaction():
        try:
            connection.execute(spec.schema.before)
        except psycopg.Error as error:
            raise SpecError(f"{spec.schema.file}: {one_line(error)}") from error
        for table in spec.table_names:
            _check_columns(connection, spec, table)


def _check_columns(connection: Connection, spec: Spec, table: str) -> None:
    """Raises SpecError when a table has not the columns that are drawn, or needs more."""
    query = (
        "/*workbench*/ SELECT attname, attnotnull, atthasdef OR attidentity <> '', "
        "attgenerated <> '' FROM pg_attribute "
        "WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
    )
    made = {
        name: facts
        for name, *facts in fetch_all(connection, query, [identifier(table).as_string(connection)])
    }
    place = Place(str(spec.file), table)
    drawn = {name: kind for name, kind in spec.tables[table].columns.items() if not kind.hidden}
    for name, kind in drawn.items():
        if name not in made:
            raise place.at(name).error(str(UnknownName("column", name, made, "schema.sql")))
        not_null, _, generated = made[name]
        if generated:
            raise place.at(name).error("schema.sql says it is GENERATED; leave it out here")
        if not_null and kind.nulls:
            raise place.at(name).error("is NOT NULL in schema.sql; leave out nulls, or NOT NULL")
    for name, (not_null, filled, _) in made.items():
        if not_null and not filled and name not in drawn:
            raise place.at(name).error("is NOT NULL in schema.sql and has no default; declare it")


def fill(
    connect: Callable[[], Connection], spec: Spec, population: Population, progress: Progress
) -> None:
    """Loads all rows into the tables of ``spec``, on as many connections as there are cores.

    Raises SpecError with the server's message when rows or keys are refused.
    """
    crew = Crew(connect, spec)
    tables = sorted(population.rows, key=population.rows.__getitem__, reverse=True)
    rows = Tally(progress, "loading rows", sum(population.rows.values()))
    crew.run([partial(copy_table, population, table, rows, crew.stop) for table in tables])
    keys = Tally(progress, "adding keys", sum(map(len, spec.schema.keys)))
    for statements in spec.schema.keys:
        crew.run([partial(_add_key, statement, keys) for statement in statements])
    statistics = Tally(progress, "gathering statistics", len(tables))
    crew.run([partial(_finish, table, statistics) for table in tables])


@dataclass(frozen=True)
class Crew:
    """The connections that share the work on one dataset, ``width`` of them at once."""

    connect: Callable[[], Connection]
    spec: Spec
    width: int = os.cpu_count() or 1
    stop: Event = field(default_factory=Event)

    def run(self, jobs: Sequence[Job]) -> None:
        """Does the jobs, several at once; one failure stops all of them."""
        try:
            side_by_side(self.connect, self.width, jobs, self.stop)
        except psycopg.DatabaseError as error:
            told = filter(None, [error.diag.message_detail, error.diag.context])
            found = "; ".join(" ".join(text.split()) for text in told)
            where = f" ({found})" if found else ""
            mistaken = isinstance(error, psycopg.DataError | psycopg.IntegrityError)
            remedy = "; let dataset.toml and schema.sql fit together" if mistaken else ""
            raise SpecError(f"{self.spec.folder}: {one_line(error)}{where}{remedy}") from error


def _add_key(statement: str, tally: Tally, connection: Connection) -> None:
    connection.execute(statement)
    tally.add(1)


def _finish(table: str, tally: Tally, connection: Connection) -> None:
    """Sequences behind the greatest value; visibility map and statistics."""
    name = identifier(table)
    query = (
        "/*workbench*/ SELECT attname, pg_get_serial_sequence($1, attname) FROM pg_attribute "
        "WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
    )
    for column, sequence in fetch_all(connection, query, [name.as_string(connection)]):
        if sequence is not None:
            behind = sql.SQL("/*workbench*/ SELECT setval({}, max({})) FROM {}")
            connection.execute(behind.format(sql.Literal(sequence), sql.Identifier(column), name))
    connection.execute(sql.SQL("/*workbench*/ VACUUM (ANALYZE) {}").format(name))
    tally.add(1)
