"""Many changed rows: one commit each, one commit, batches by key, a join with the new values.

A variant takes an engine and rows of ``id``, ``health_status`` and ``last_health_check``; all
leave the same table. Slow first: what is saved is the flush of the log at each commit, then the
round trip of each statement, then the planning and look-up of each row by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from workbench.db import Connection, fetch_all
from workbench.patterns.engines import driver
from workbench.patterns.models import Repository
from workbench.patterns.scratch import SCHEMA, Scratch
from workbench.patterns.ways import Row, Table, Variant, Ways, chosen, race_ways

PAGE = 1000
"""Rows of one VALUES list: 65,535 parameters is the most that the protocol carries."""
STATES = ("unhealthy", *["healthy"] * 30, "degraded", *["healthy"] * 18)
"""What checks find, over and over: most repositories are as healthy as they were."""


def commit_per_row(engine: Engine, rows: Sequence[Row]) -> None:
    """The loop that claims complain of: change, add, commit, next."""
    with Session(engine) as session:
        for repository, row in _loaded(session, rows):
            repository.health_status = row["health_status"]
            repository.last_health_check = row["last_health_check"]
            session.add(repository)
            session.commit()


def statement_per_row(engine: Engine, rows: Sequence[Row]) -> None:
    """One transaction, but each UPDATE is waited for."""
    with engine.begin() as connection:
        for row in rows:
            connection.execute(
                update(Repository)
                .where(Repository.id == row["id"])
                .values(
                    health_status=row["health_status"], last_health_check=row["last_health_check"]
                )
            )


def one_commit(engine: Engine, rows: Sequence[Row]) -> None:
    """The same loop with one commit after it: the ORM flushes all changes at once.

    It sends an executemany for each run of objects with the same changed columns, so a column
    that keeps its value in most objects cuts the batch into pieces where it does not.
    """
    with Session(engine) as session:
        for repository, row in _loaded(session, rows):
            repository.health_status = row["health_status"]
            repository.last_health_check = row["last_health_check"]
        session.commit()


def orm_by_key(engine: Engine, rows: Sequence[Row]) -> None:
    """The ORM's bulk UPDATE by primary key: nothing is loaded, no object is made."""
    with Session(engine) as session, session.begin():
        session.execute(update(Repository), rows)


def executemany(engine: Engine, rows: Sequence[Row]) -> None:
    """Core: one UPDATE with many sets of values, which psycopg sends as a pipeline."""
    statement = text(
        """UPDATE repositories SET health_status = :health_status,
        last_health_check = :last_health_check WHERE id = :id"""
    )
    with engine.begin() as connection:
        connection.execute(statement, rows)


def from_values(engine: Engine, rows: Sequence[Row]) -> None:
    """UPDATE … FROM (VALUES (…), (…), …): one statement a page, one parameter a value."""
    with engine.begin() as connection, driver(connection).cursor() as cursor:
        for start in range(0, len(rows), PAGE):
            page = rows[start : start + PAGE]
            cursor.execute(
                f"""UPDATE repositories AS r SET health_status = v.health_status,
                last_health_check = v.last_health_check
                FROM (VALUES {", ".join(["(%s::bigint, %s, %s::timestamptz)"] * len(page))})
                AS v (id, health_status, last_health_check) WHERE r.id = v.id""",  # noqa: S608
                [value for row in page for value in _values(row)],
            )


def from_unnest(engine: Engine, rows: Sequence[Row]) -> None:
    """UPDATE … FROM unnest(arrays): three parameters, however many rows."""
    statement = text(
        """UPDATE repositories AS r SET health_status = v.health_status,
        last_health_check = v.last_health_check
        FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]),
        CAST(:checks AS timestamptz[])) AS v (id, health_status, last_health_check)
        WHERE r.id = v.id"""
    )
    ids, states, checks = (list(column) for column in zip(*map(_values, rows), strict=True))
    with engine.begin() as connection:
        connection.execute(statement, {"ids": ids, "states": states, "checks": checks})


def copy_and_join(engine: Engine, rows: Sequence[Row]) -> None:
    """COPY into a temporary table, then one UPDATE that joins it."""
    with engine.begin() as connection, driver(connection).cursor() as cursor:
        cursor.execute(
            """CREATE TEMPORARY TABLE changed (id bigint, health_status text,
            last_health_check timestamptz) ON COMMIT DROP"""
        )
        with cursor.copy("COPY changed FROM STDIN") as stream:
            for row in rows:
                stream.write_row(_values(row))
        cursor.execute(
            """ANALYZE changed;
            UPDATE repositories AS r SET health_status = c.health_status,
            last_health_check = c.last_health_check FROM changed AS c WHERE r.id = c.id"""
        )


VARIANTS: Mapping[str, Variant] = {
    each.__name__: each
    for each in (
        commit_per_row,
        statement_per_row,
        one_commit,
        orm_by_key,
        executemany,
        from_values,
        from_unnest,
        copy_and_join,
    )
}
CAPS: Mapping[str, int] = {"commit_per_row": 100, "statement_per_row": 2_000}
"""Most rows of the variants whose time is a flush or a round trip a row: it grows in step with the
rows, so that the price of one is the same."""

INDEXES = ("(health_status)", "(last_health_check)")
"""Indexes on what is updated: an update that changes such a column is not heap-only."""


def measure(
    engine: Engine,
    private: Scratch,
    rows: Sequence[Row],
    *,
    indexes: int = 0,
    fillfactor: int = 100,
    variants: Iterable[str] | None = None,
    caps: Mapping[str, int] = CAPS,
    rounds: int = 7,
    seconds: float = 10.0,
    seed: int = 0,
) -> Ways:
    """Each variant updates ``rows`` in a fresh copy of the first repositories, twice as many.

    The engine comes from ``private.conninfo``. Raises MeasurementError when a variant leaves
    other rows than it was given.
    """
    owner, name, size = private.connection, f"{SCHEMA}.repositories", 2 * len(rows)
    owner.execute(f"DROP TABLE IF EXISTS {name}")
    private.copy("public.repositories")
    owner.execute(f"ALTER TABLE {name} SET (fillfactor = {fillfactor})")
    for index in INDEXES[:indexes]:
        owner.execute(f"CREATE INDEX ON {name} {index}")
    table = Table(
        name=name,
        prepare=lambda: private.fill(name, "public.repositories", size),
        answer=lambda: _sum(owner, name, []),
        expected=lambda n: _sum(
            owner, f"(TABLE public.repositories ORDER BY id LIMIT {size})", rows[:n]
        ),
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
    """New health for every second of the first repositories, the result of ``rows`` checks."""
    query = """SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM public.repositories) AS r WHERE place % 2 = 0 ORDER BY place LIMIT $1"""
    checked = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {
            "id": key,
            "health_status": STATES[n % len(STATES)],
            "last_health_check": checked + timedelta(seconds=n),
        }
        for n, (key,) in enumerate(fetch_all(connection, query, [rows]))
    ]


def _loaded(session: Session, rows: Sequence[Row]) -> Iterable[tuple[Repository, Row]]:
    """The repositories of these rows, loaded by one statement, each with its row."""
    by_key = {row["id"]: row for row in rows}
    found = session.scalars(select(Repository).where(Repository.id.in_(by_key)))
    return [(repository, by_key[repository.id]) for repository in found.all()]


def _values(row: Row) -> tuple[object, object, object]:
    return row["id"], row["health_status"], row["last_health_check"]


def _sum(connection: Connection, source: str, changed: Sequence[Row]) -> object:
    """Count and checksum of repositories in which ``changed`` is put into effect."""
    columns = [list(column) for column in zip(*map(_values, changed), strict=True)] or [[]] * 3
    query = f"""SELECT count(*), sum(hashtextextended(row(r.id, r.url,
    coalesce(v.state, r.health_status), coalesce(v.at, r.last_health_check))::text, 0))
    FROM {source} AS r LEFT JOIN unnest($1::bigint[], $2::text[], $3::timestamptz[])
    AS v (id, state, at) USING (id)"""  # noqa: S608
    return fetch_all(connection, query, columns)
