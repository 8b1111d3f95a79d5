"""Ways to write the same rows, raced: what a row takes, logs and sends with each of them."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Engine

from workbench.db import fetch_all, fetch_value
from workbench.errors import MeasurementError
from workbench.measurement.calls import race
from workbench.measurement.estimate import Estimate, median_of, speedup
from workbench.patterns.scratch import Scratch
from workbench.patterns.wire import Wire, traced

Row: TypeAlias = Mapping[str, Any]
Variant: TypeAlias = Callable[[Engine, Sequence[Row]], None]

COUNTED_ROWS = 1_000
"""On how many rows at most messages and log are counted, in a run that is not timed."""


@dataclass(frozen=True)
class Table:
    """The table that is written to: how to make it ready, and what it holds afterwards.

    ``answer`` reads the table; ``expected`` says what that must be after so many rows.
    """

    name: str
    prepare: Callable[[], object]
    answer: Callable[[], object]
    expected: Callable[[int], object]

    def check(self, variant: str, rows: int) -> None:
        """Raise MeasurementError when the table is not what ``rows`` rows must leave."""
        if self.answer() != self.expected(rows):
            raise MeasurementError(f"{variant} left other rows in the table than it was given")


@dataclass(frozen=True)
class Way:
    """One way with one number of rows.

    ``ran_rows`` is smaller than ``rows`` where the way is capped; ``us_per_row`` has one figure a
    round. Log, messages and the share of updates that were heap-only (None for inserts) are those
    of ``counted_rows`` rows.
    """

    name: str
    rows: int
    ran_rows: int
    us_per_row: tuple[float, ...]
    counted_rows: int
    wal_bytes: int
    wire: Wire
    hot_share: float | None

    def record(self) -> dict[str, Any]:
        """The figures as one row of a table; ``ms`` is for all ``rows``, also if fewer ran."""
        us = median_of(self.us_per_row, "µs")
        return {
            "variant": self.name,
            "rows": self.rows,
            "ran_rows": self.ran_rows,
            "ms": us.value * self.rows / 1000,
            "us_per_row": us.value,
            "low_us": us.low,
            "high_us": us.high,
            "rounds": us.samples,
            "wal_bytes_per_row": self.wal_bytes / self.counted_rows,
            "statements_per_row": self.wire.statements / self.counted_rows,
            "round_trips_per_row": self.wire.round_trips / self.counted_rows,
            "sent_bytes_per_row": self.wire.sent_bytes / self.counted_rows,
            "hot_share": self.hot_share,
        }


@dataclass(frozen=True)
class Ways:
    """All ways with one number of rows, in the order given, measured in the same rounds."""

    rows: int
    ways: tuple[Way, ...]

    def __getitem__(self, name: str) -> Way:
        """The way of that name."""
        return next(way for way in self.ways if way.name == name)

    def speedup(self, slow: str, fast: str, *, seed: int = 0) -> Estimate:
        """How many times less a row takes with ``fast`` than with ``slow``."""
        return speedup(self[slow].us_per_row, self[fast].us_per_row, seed=seed)

    def records(self) -> list[dict[str, Any]]:
        """One row per way."""
        return [way.record() for way in self.ways]


def race_ways(
    engine: Engine,
    private: Scratch,
    table: Table,
    variants: Mapping[str, Variant],
    rows: Sequence[Row],
    *,
    caps: Mapping[str, int],
    rounds: int = 7,
    seconds: float = 10.0,
    seed: int = 0,
) -> Ways:
    """Every variant with the same rows, capped ones with the first of them, each checked.

    Raises MeasurementError when a variant leaves other rows than it was given.
    """
    ran = {name: rows[: caps.get(name, len(rows))] for name in variants}
    raced = race(
        {name: partial(variants[name], engine, given) for name, given in ran.items()},
        rounds=rounds,
        seconds=seconds,
        seed=seed,
        before_each=table.prepare,
        after_each=lambda name: table.check(name, len(ran[name])),
        same_answer=False,
    )
    ways: list[Way] = []
    for name, given in ran.items():
        us = tuple(ms * 1000 / len(given) for ms in raced.times_ms[name])
        counted = given[:COUNTED_ROWS]
        counts = _counted(engine, private, table, partial(variants[name], engine, counted))
        ways.append(Way(name, len(rows), len(given), us, len(counted), *counts))
    return Ways(len(rows), tuple(ways))


def _counted(
    engine: Engine, private: Scratch, table: Table, call: Callable[[], None]
) -> tuple[int, Wire, float | None]:
    """Bytes of log, messages and share of heap-only updates of one run."""
    table.prepare()
    updated, hot = _updates(private, table.name)
    before = private.wal_position()
    wire = traced(engine, call)
    wal = private.wal_position() - before
    engine.dispose()  # a session that ends hands in its counts
    after = _settled(private, table.name)
    return wal, wire, (after[1] - hot) / (after[0] - updated) if after[0] > updated else None


def _settled(private: Scratch, table: str) -> tuple[int, int]:
    """The counts of updates once no session of the code under test is left."""
    sessions = """/*workbench*/ SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'"""
    for _ in range(200):
        if fetch_value(private.connection, sessions) == 0:
            break
        time.sleep(0.005)
    return _updates(private, table)


def _updates(private: Scratch, table: str) -> tuple[int, int]:
    """How many rows of the table were updated so far, and how many of them heap-only."""
    query = """/*workbench*/ SELECT pg_stat_get_tuples_updated($1::regclass),
    pg_stat_get_tuples_hot_updated($1::regclass)"""
    ((updated, hot),) = fetch_all(private.connection, query, [table])
    return updated, hot


def chosen(variants: Mapping[str, Variant], names: Iterable[str] | None) -> Mapping[str, Variant]:
    """The variants of these names, all of them with None."""
    return variants if names is None else {name: variants[name] for name in names}
