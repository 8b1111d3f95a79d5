"""Loading a dataset into somebody else's database, in schemas of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg import sql

from workbench.datasets import cache, space
from workbench.datasets.block import Population
from workbench.datasets.filling import Progress, fill, make_tables
from workbench.datasets.spec import Spec, scale_rows
from workbench.db import Connection, fetch_value
from workbench.errors import InputError, ServerError

_UNFINISHED = json.dumps({"workbench": "loading"})


@dataclass(frozen=True)
class Intention:
    """What loading would create, to be shown before it is done.

    ``schemas`` are created, ``replaced`` of them dropped before; ``bytes`` is an estimate.
    """

    spec: Spec
    population: Population
    marker: str
    home: str | None
    schemas: tuple[str, ...]
    replaced: tuple[str, ...]
    bytes: int

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows of each table."""
        return self.population.rows


def intention(
    connection: Connection,
    spec: Spec,
    scale: str | int = "small",
    seed: int | None = None,
    schema: str | None = None,
    *,
    replace: bool = False,
) -> Intention:
    """What would be created; nothing is changed.

    Tables without a schema of their own go to ``schema``, by default the dataset's name. Raises
    InputError when a schema is there already and may not, or must not, be replaced.
    """
    scale_rows(scale)
    own = spec.schema.schemas
    bare = any("." not in table for table in spec.table_names)
    if schema is not None and not bare:
        raise InputError(
            f"{spec.name} makes the schemas {', '.join(own)} itself; leave out the schema's name"
        )
    home = (schema or spec.name) if bare else None
    schemas = (*([home] if home else []), *own)
    there = tuple(name for name in schemas if _exists(connection, name))
    for name in there:
        _may_replace(connection, name, replace=replace)
    population = spec.population(scale, seed)
    return Intention(
        spec=spec,
        population=population,
        marker=cache.marker(spec, scale, seed),
        home=home,
        schemas=schemas,
        replaced=there,
        bytes=space.needed_bytes(population),
    )


def into_schema(connect: Callable[[], Connection], intended: Intention, progress: Progress) -> None:
    """Creates what was intended; if that fails or is interrupted, its schemas are dropped again.

    ``connect`` gives a connection to the database that ``intention`` was asked about.
    """
    with connect() as connection:
        for name in intended.replaced:
            _run(connection, "DROP SCHEMA {} CASCADE", name)
        _create(connection, intended)
        try:
            at_home = partial(_at_home, connect, intended.home)
            fill(at_home, intended.spec, intended.population, progress)
            for name in intended.schemas:
                _mark(connection, name, intended.marker)
        except BaseException:
            for name in intended.schemas:
                _run(connection, "DROP SCHEMA {} CASCADE", name)
            raise


def _create(connection: Connection, intended: Intention) -> None:
    """All schemas with their empty tables, marked as unfinished; or nothing."""
    with connection.transaction():
        if intended.home is not None:
            _run(connection, "CREATE SCHEMA {}", intended.home)
            _run(connection, "SET LOCAL search_path TO {}", intended.home)
        make_tables(connection, intended.spec)
        for name in intended.schemas:
            _mark(connection, name, _UNFINISHED)


def _exists(connection: Connection, schema: str) -> bool:
    query = "/*workbench*/ SELECT true FROM pg_namespace WHERE nspname = $1"
    return fetch_value(connection, query, [schema]) is not None


def _may_replace(connection: Connection, schema: str, *, replace: bool) -> None:
    if not replace:
        raise InputError(
            f"the database has a schema {schema} already; choose another name with --schema, or "
            "--replace to drop it with all that is in it"
        )
    if not _is_ours(connection, schema):
        raise InputError(
            f"the schema {schema} was not made by the workbench, so it is not replaced; "
            "drop it yourself or choose another name"
        )


def _is_ours(connection: Connection, schema: str) -> bool:
    query = (
        "/*workbench*/ SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace "
        "WHERE nspname = $1"
    )
    comment = fetch_value(connection, query, [schema])
    with suppress(json.JSONDecodeError, TypeError):
        return isinstance(comment, str) and "workbench" in json.loads(comment)
    return False


def _at_home(connect: Callable[[], Connection], home: str | None) -> Connection:
    connection = connect()
    if home is not None:
        _run(connection, "SET search_path TO {}", home)
    return connection


def _mark(connection: Connection, schema: str, text: str) -> None:
    comment = sql.SQL("/*workbench*/ COMMENT ON SCHEMA {} IS {}")
    connection.execute(comment.format(sql.Identifier(schema), sql.Literal(text)))


def _run(connection: Connection, statement: str, schema: str) -> None:
    try:
        connection.execute(sql.SQL("/*workbench*/ " + statement).format(sql.Identifier(schema)))
    except psycopg.errors.InsufficientPrivilege as error:
        message = error.diag.message_primary
        raise ServerError(f"{message}; the user needs CREATE on the database") from error
