"""Loading a dataset into a database of its own, once; the marker is written last of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from psycopg import sql

from workbench.datasets import cache, space
from workbench.datasets.filling import Progress, fill, make_tables
from workbench.datasets.spec import Spec
from workbench.db import Connection, fetch_value

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
    """The name of the database that holds the dataset; loaded now if it is not there in full.

    ``connect`` gives a superuser's connection to the named database (None: any). A database of
    that name without the right marker is a leftover and dropped. ``progress`` is told what is
    done, how many (rows, keys, tables) and of how many. Raises SpecError and InputError.
    """
    name, marker = spec.name, cache.marker(spec, scale, seed)
    with connect(None) as connection:
        if _comment(connection, name) == marker:
            return name
        population = spec.population(scale, seed)
        space.check(connection, population, spec.name)
        connection.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))
        connection.execute(_named("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name))
        with connect(name) as inside:
            make_tables(inside, spec)
        fill(partial(connect, name), spec, population, progress)
        comment = sql.SQL("/*workbench*/ COMMENT ON DATABASE {} IS {}")
        connection.execute(comment.format(sql.Identifier(name), sql.Literal(marker)))
    return name


def _comment(connection: Connection, database: str) -> str | None:
    query = (
        "/*workbench*/ SELECT shobj_description(oid, 'pg_database') FROM pg_database "
        "WHERE datname = $1"
    )
    comment = fetch_value(connection, query, [database])
    return None if comment is None else str(comment)


def _named(statement: str, name: str) -> sql.Composed:
    return sql.SQL("/*workbench*/ " + statement).format(sql.Identifier(name))
