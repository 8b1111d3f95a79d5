"""Results that expire after a day: kept for ever, deleted in batches, or dropped by partition.

Days are simulated: each brings its results, and at its end what is older than 24 hours goes. A
deleted row is free room only after VACUUM, which production leaves to autovacuum and a scratch
server does not have; so it is a way of its own, to be seen.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from workbench.db import Connection, fetch_value
from workbench.patterns.scratch import SCHEMA, Scratch

Expire: TypeAlias = Callable[[Connection, str, int], None]

BATCH = 1_000
COLUMNS = "id bigint GENERATED ALWAYS AS IDENTITY, created_at timestamptz NOT NULL, result jsonb"
_PLAIN = (
    f"CREATE TABLE {{table}} ({COLUMNS}, PRIMARY KEY (id))",
    "CREATE INDEX ON {table} (created_at)",
)
_PARTITIONED = (
    f"CREATE TABLE {{table}} ({COLUMNS}, PRIMARY KEY (created_at, id)) "
    "PARTITION BY RANGE (created_at)",
)
DAY = "timestamptz '2026-01-01 00:00 UTC' + {} * interval '24 hours'"


def keep(connection: Connection, table: str, day: int) -> None:
    """Nothing expires."""


def delete_only(connection: Connection, table: str, day: int) -> None:
    """Delete in batches, so that no transaction is long; nobody vacuums."""
    query = f"""DELETE FROM {table} WHERE id IN (
    SELECT id FROM {table} WHERE created_at < {DAY.format(day)} LIMIT {BATCH})"""  # noqa: S608
    while connection.execute(query).rowcount:
        pass


def delete_and_vacuum(connection: Connection, table: str, day: int) -> None:
    """Delete in batches, then make the room free for the next day."""
    delete_only(connection, table, day)
    connection.execute(f"VACUUM {table}")


def drop_partition(connection: Connection, table: str, day: int) -> None:
    """Drop the partition of the day before: no row is touched."""
    connection.execute(f"DROP TABLE IF EXISTS {table}_{day - 1}")


WAYS: Mapping[str, Expire] = {
    each.__name__: each for each in (keep, delete_only, delete_and_vacuum, drop_partition)
}


@dataclass(frozen=True)
class Day:
    """The result table at the end of one simulated day, after what expired has gone."""

    way: str
    day: int
    rows: int
    size_bytes: int
    expire_ms: float
    expire_wal_bytes: int


@dataclass(frozen=True)
class Expiry:
    """Every day of every way."""

    days: tuple[Day, ...]

    def of(self, way: str) -> list[Day]:
        """The days of one way, in order."""
        return [day for day in self.days if day.way == way]

    def growth(self, way: str, day: int) -> float:
        """How many times as many rows there are at twice the days as on this day."""
        days = {each.day: each.rows for each in self.of(way)}
        return days[2 * day] / days[day]

    def records(self) -> list[dict[str, Any]]:
        """One row per way and day."""
        return [asdict(day) for day in self.days]


def measure(private: Scratch, *, days: int = 8, rows: int = 2_000) -> Expiry:
    """``rows`` results a day for so many days, by every way; needs the dataset ``prmetrics``."""
    return Expiry(tuple(day for way in WAYS for day in _days(private, way, days, rows)))


def _days(private: Scratch, way: str, days: int, rows: int) -> list[Day]:
    connection, table = private.connection, f"{SCHEMA}.results_{way}"
    partitioned = way == drop_partition.__name__
    for statement in _PARTITIONED if partitioned else _PLAIN:
        connection.execute(statement.format(table=table))
    return [_day(private, way, table, day, rows) for day in range(1, days + 1)]


def _day(private: Scratch, way: str, table: str, day: int, rows: int) -> Day:
    """A day's results come, then the older ones expire."""
    connection = private.connection
    if way == drop_partition.__name__:
        connection.execute(
            f"CREATE TABLE {table}_{day} PARTITION OF {table} "
            f"FOR VALUES FROM ({DAY.format(day)}) TO ({DAY.format(day + 1)})"
        )
    connection.execute(
        f"""INSERT INTO {table} (created_at, result)
        SELECT {DAY.format(day)} + n * interval '24 hours' / {rows},
        jsonb_build_object('pull_request', id, 'title', title, 'files', files)
        FROM generate_series(0, {rows - 1}) AS n
        JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, * FROM public.pull_requests)
        AS p ON place = n % (SELECT count(*) FROM public.pull_requests)"""  # noqa: S608
    )
    before, started = private.wal_position(), time.perf_counter()
    WAYS[way](connection, table, day)
    ms, wal = (time.perf_counter() - started) * 1000, private.wal_position() - before
    held = fetch_value(connection, f"SELECT count(*) FROM {table}")  # noqa: S608
    size = fetch_value(
        connection,
        """SELECT pg_total_relation_size($1::regclass)
        + coalesce(sum(pg_total_relation_size(relid)), 0)
        FROM pg_partition_tree($1::regclass) WHERE isleaf AND relid <> $1::regclass""",
        [table],
    )
    return Day(way, day, int(held), int(size), ms, wal)
