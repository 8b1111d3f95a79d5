"""Loading a dataset: tables, rows by COPY, keys, VACUUM (ANALYZE), and the marker last of all."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from threading import Event

import psycopg
from psycopg import sql

from workbench.datasets import cache
from workbench.datasets.block import Population
from workbench.datasets.copying import Progress, Tally, copy_table, identifier, side_by_side
from workbench.datasets.spec import Spec
from workbench.db import Connection, fetch_value, one_line
from workbench.errors import SpecError

Connect = Callable[[str | None], Connection]


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def ensure_loaded(
    connect: Connect,
    spec: Spec,
    scale: str | int = "small",
    seed: int | None = None,
    progress: Progress = silent,
) -> str:
    """The name of the database that holds the dataset; loaded now if it is not there in full."""
    name, marker = spec.name, cache.marker(spec, scale, seed)
    with connect(None) as connection:
        if _comment(connection, name) == marker:
            return name
        population = spec.population(scale, seed)
        connection.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))
        connection.execute(_named("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name))
        fill(partial(connect, name), spec, population, progress)
        connection.execute(
            sql.SQL("/*workbench*/ COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(name), sql.Literal(marker)
            )
        )
    return name


def fill(
    connect: Callable[[], Connection], spec: Spec, population: Population, progress: Progress
) -> None:
    """Tables, rows, keys and statistics, on as many connections as there are cores."""
    with connect() as connection:
        run_script(connection, spec, spec.schema.before)
    width = os.cpu_count() or 1
    run = partial(_run, connect, width, spec)
    tally = Tally(progress, sum(population.rows.values()))
    biggest_first = sorted(population.rows, key=population.rows.__getitem__, reverse=True)
    stop = Event()
    run([partial(_copy, population, table, tally, stop) for table in biggest_first], stop)
    for keys in spec.schema.keys:
        progress("adding keys", 0, len(keys))
        run([partial(_execute, statement) for statement in keys], stop)
    progress("gathering statistics", 0, len(population.rows))
    run([partial(_analyze, table) for table in biggest_first], stop)


def run_script(connection: Connection, spec: Spec, text: str) -> None:
    """Runs a part of schema.sql; raises SpecError with the server's message."""
    try:
        connection.execute(text)
    except psycopg.Error as error:
        raise SpecError(f"{spec.schema.file}: {one_line(error)}") from None


def _run(
    connect: Callable[[], Connection],
    width: int,
    spec: Spec,
    jobs: list[Callable[[Connection], None]],
    stop: Event,
) -> None:
    if not jobs:
        return
    try:
        side_by_side(connect, width, jobs, stop)
    except psycopg.DatabaseError as error:
        where = f" ({error.diag.context})" if error.diag.context else ""
        raise SpecError(f"{spec.folder}: {one_line(error)}{where}") from error


def _copy(
    population: Population, table: str, tally: Tally, stop: Event, connection: Connection
) -> None:
    copy_table(connection, population, table, tally, stop)


def _execute(statement: str, connection: Connection) -> None:
    connection.execute(statement)


def _analyze(table: str, connection: Connection) -> None:
    connection.execute(sql.SQL("/*workbench*/ VACUUM (ANALYZE) {}").format(identifier(table)))


def _comment(connection: Connection, database: str) -> str | None:
    query = (
        "/*workbench*/ SELECT shobj_description(oid, 'pg_database') FROM pg_database "
        "WHERE datname = $1"
    )
    comment = fetch_value(connection, query, [database])
    return None if comment is None else str(comment)


def _named(statement: str, name: str) -> sql.Composed:
    return sql.SQL("/*workbench*/ " + statement).format(sql.Identifier(name))
