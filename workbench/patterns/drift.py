"""Indexes that only the models know, and those that only the database has.

Both sides are read in Postgres' own words: what the models declare is created in an empty schema
and printed by the server, in a transaction that is rolled back. So ``lower(title)`` is the same
index whoever wrote it, and a name makes no difference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, MetaData, text

SCHEMA = "workbench_drift"
_INDEXES = text("""/*workbench*/ SELECT t.relname, c.relname, i.indisunique, pg_get_indexdef(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = to_regnamespace(:schema) AND t.relname = ANY (:tables)""")


@dataclass(frozen=True, order=True)
class Definition:
    """What an index holds, as Postgres prints it; ``name`` is not compared."""

    table: str
    unique: bool
    text: str

    def __str__(self) -> str:
        return f"{'UNIQUE ' * self.unique}INDEX ON {self.table} {self.text}"


@dataclass(frozen=True)
class Drift:
    """The definitions that one side has and the other does not, with their names there."""

    only_in_models: dict[Definition, str]
    only_in_database: dict[Definition, str]

    def __bool__(self) -> bool:
        return bool(self.only_in_models or self.only_in_database)

    def __str__(self) -> str:
        """One line for each difference."""
        sides = ("models", self.only_in_models), ("database", self.only_in_database)
        lines = [f"only in the {s}: {each} ({n})" for s, own in sides for each, n in own.items()]
        return "\n".join(lines) or "models and database have the same indexes"


def drift(engine: Engine, metadata: MetaData) -> Drift:
    """How the indexes of the models' tables differ from the database's; nothing is left there.

    Indexes behind primary keys and unique constraints count. Tables without a model do not.
    """
    with engine.connect() as connection, connection.begin() as transaction:
        try:
            actual = dict(_existing(connection, metadata))
            declared = dict(_declared(connection, metadata))
        finally:
            transaction.rollback()
    return Drift(
        {each: name for each, name in sorted(declared.items()) if each not in actual},
        {each: name for each, name in sorted(actual.items()) if each not in declared},
    )


def _existing(connection: Connection, metadata: MetaData) -> Iterator[tuple[Definition, str]]:
    """The indexes that the models' tables have in the database."""
    for schema, tables in _by_schema(metadata).items():
        own = schema or connection.dialect.default_schema_name or "public"
        yield from _read(connection, own, schema, tables)


def _declared(connection: Connection, metadata: MetaData) -> Iterator[tuple[Definition, str]]:
    """The indexes that the models declare, created in schemas of their own to be read."""
    places = {schema: f"{SCHEMA}_{n}" for n, schema in enumerate(_by_schema(metadata))}
    for place in places.values():
        connection.execute(text(f"CREATE SCHEMA {place}"))
    translated = connection.execution_options(schema_translate_map=places)
    metadata.create_all(translated, checkfirst=False)
    for schema, tables in _by_schema(metadata).items():
        yield from _read(connection, places[schema], schema, tables)


def _by_schema(metadata: MetaData) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for table in metadata.tables.values():
        found.setdefault(table.schema, []).append(table.name)
    return found


def _read(
    connection: Connection, place: str, schema: str | None, tables: Iterable[str]
) -> Iterator[tuple[Definition, str]]:
    rows = connection.execute(_INDEXES, {"schema": place, "tables": [*tables]})
    for table, name, unique, printed in rows:
        full = f"{schema}.{table}" if schema else table
        yield Definition(full, unique, "USING " + printed.partition(" USING ")[2]), name
