"""Many new rows: one commit each, one transaction, batches of several kinds, COPY.

A variant takes an engine and the rows, each a mapping by column; all leave the same table. Slow
first: what is saved is first the flush of the log at each commit, then the round trip of each
statement, then the work of building and parsing statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Engine, Identity, Text, func, insert, text
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from workbench.db import Connection, fetch_all
from workbench.patterns.engines import driver
from workbench.patterns.scratch import SCHEMA, Scratch
from workbench.patterns.ways import Row, Table, Variant, Ways, chosen, race_ways

COLUMNS = (
    "title",
    "description",
    "completed",
    "priority",
    "due_date",
    "created_at",
    "completed_at",
)
PAGE = 1000
"""Rows of one multi-row statement: 65,535 parameters is the most that the protocol carries."""


class Todos(DeclarativeBase):
    """The tables of ``todos``."""

    type_annotation_map = {str: Text(), datetime: TIMESTAMP(timezone=True)}  # noqa: RUF012


class Todo(Todos):
    """Something to be done."""

    __tablename__ = "todos"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    title: Mapped[str]
    description: Mapped[str | None]
    completed: Mapped[bool] = mapped_column(server_default=text("false"))
    priority: Mapped[str] = mapped_column(server_default=text("'medium'"))
    due_date: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]


def commit_per_row(engine: Engine, rows: Sequence[Row]) -> None:
    """The loop that claims complain of: add, commit, next."""
    with Session(engine) as session:
        for row in rows:
            session.add(Todo(**row))
            session.commit()


def statement_per_row(engine: Engine, rows: Sequence[Row]) -> None:
    """One transaction, but each row is sent by itself and waited for."""
    with Session(engine) as session, session.begin():
        for row in rows:
            session.add(Todo(**row))
            session.flush()


def add_all(engine: Engine, rows: Sequence[Row]) -> None:
    """One commit: the ORM sends INSERT … VALUES of many rows and reads the new keys back."""
    with Session(engine) as session, session.begin():
        session.add_all([Todo(**row) for row in rows])


def multi_row_values(engine: Engine, rows: Sequence[Row]) -> None:
    """INSERT … VALUES (…), (…), …, put together in Python, a page of rows at a time."""
    with engine.begin() as connection:
        for start in range(0, len(rows), PAGE):
            connection.execute(insert(Todo).values(rows[start : start + PAGE]))


def executemany(engine: Engine, rows: Sequence[Row]) -> None:
    """Core: one statement with many sets of values, which psycopg sends as a pipeline."""
    with engine.begin() as connection:
        connection.execute(insert(Todo), rows)


def pipeline(engine: Engine, rows: Sequence[Row]) -> None:
    """The driver alone: one INSERT a row, sent without waiting for the answers."""
    values = ", ".join(f"%({name})s" for name in COLUMNS)
    statement = f"INSERT INTO todos ({', '.join(COLUMNS)}) VALUES ({values})"  # noqa: S608
    with engine.begin() as connection:
        own = driver(connection)
        with own.pipeline(), own.cursor() as cursor:
            for row in rows:
                cursor.execute(statement, row)


def unnest(engine: Engine, rows: Sequence[Row]) -> None:
    """One INSERT … SELECT from one array a column: few parameters, however many rows."""
    statement = text(
        f"""INSERT INTO todos ({", ".join(COLUMNS)}) SELECT * FROM unnest(
        CAST(:title AS text[]), CAST(:description AS text[]), CAST(:completed AS boolean[]),
        CAST(:priority AS text[]), CAST(:due_date AS timestamptz[]),
        CAST(:created_at AS timestamptz[]), CAST(:completed_at AS timestamptz[]))"""  # noqa: S608
    )
    with engine.begin() as connection:
        connection.execute(statement, {name: [row[name] for row in rows] for name in COLUMNS})


def copy(engine: Engine, rows: Sequence[Row]) -> None:
    """COPY … FROM STDIN: no statement to parse, rows written as a stream."""
    command = f"COPY todos ({', '.join(COLUMNS)}) FROM STDIN"
    with engine.begin() as connection, driver(connection).cursor().copy(command) as stream:
        for row in rows:
            stream.write_row([row[name] for name in COLUMNS])


def create(connection: SqlConnection, rows: Sequence[Row]) -> None:
    """What an endpoint for many rows does with its connection: ``executemany`` and a commit."""
    connection.execute(insert(Todo), rows)
    connection.commit()


VARIANTS: Mapping[str, Variant] = {
    each.__name__: each
    for each in (
        commit_per_row,
        statement_per_row,
        add_all,
        multi_row_values,
        executemany,
        pipeline,
        unnest,
        copy,
    )
}
CAPS: Mapping[str, int] = {
    "commit_per_row": 100,
    "statement_per_row": 2_000,
    "add_all": 10_000,
    "multi_row_values": 10_000,
}
"""Most rows of the slow variants: their time is a flush, a round trip or a piece of Python a row,
so that it grows in step with the rows and the price of one stays the same."""

INDEXES = (
    "(completed)",
    "(priority)",
    "(created_at)",
    "(completed, priority)",
    "(due_date)",
    "(priority, created_at DESC)",
    "(completed_at)",
    "(lower(title))",
)
"""Secondary indexes, in the order in which they are added."""


def measure(
    engine: Engine,
    private: Scratch,
    rows: Sequence[Row],
    *,
    indexes: int = 0,
    variants: Iterable[str] | None = None,
    caps: Mapping[str, int] = CAPS,
    rounds: int = 7,
    seconds: float = 10.0,
    seed: int = 0,
) -> Ways:
    """Each variant puts ``rows`` into an empty table with the first ``indexes`` of INDEXES.

    The engine comes from ``private.conninfo``; a copy of ``todos`` is made there. Raises
    MeasurementError when a variant leaves other rows than it was given.
    """
    owner, name = private.connection, f"{SCHEMA}.todos"
    owner.execute(f"DROP TABLE IF EXISTS {name}")
    private.copy("public.todos")
    for index in INDEXES[:indexes]:
        owner.execute(f"CREATE INDEX ON {name} {index}")
    table = Table(
        name=name,
        prepare=lambda: owner.execute(f"TRUNCATE {name} RESTART IDENTITY"),
        answer=lambda: _sum(owner, name),
        expected=lambda n: _sum(owner, "(SELECT * FROM public.todos ORDER BY id LIMIT $1)", n),
    )
    return race_ways(
        engine,
        private,
        table,
        chosen(VARIANTS, variants),
        rows,
        caps=caps,
        rounds=rounds,
        seconds=seconds,
        seed=seed,
    )


def rows_of(connection: Connection, rows: int) -> list[Row]:
    """The first ``rows`` todos of the dataset without their keys, as rows to insert."""
    query = f"SELECT {', '.join(COLUMNS)} FROM public.todos ORDER BY id LIMIT $1"  # noqa: S608
    found = fetch_all(connection, query, [rows])
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def _sum(connection: Connection, source: str, *values: int) -> list[tuple[int, int]]:
    """How many rows there are and a checksum of them that knows no order."""
    row = f"row({', '.join(COLUMNS)})::text"
    query = f"SELECT count(*), sum(hashtextextended({row}, 0)) FROM {source} AS t"  # noqa: S608
    return fetch_all(connection, query, values)
