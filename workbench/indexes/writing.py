"""Batches written to a twin with all its indexes and with some dropped, in random order."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Literal, TypeAlias

import psycopg
from psycopg import sql as compose

from workbench.db import Connection, fetch_all, fetch_value, one_line, rolled_back, settings
from workbench.errors import MeasurementError
from workbench.indexes import batches
from workbench.indexes.batches import Batch
from workbench.indexes.twin import Twin, TwinIndex
from workbench.measurement import clock

Changes: TypeAlias = Mapping[tuple[str, ...], float]
Arm: TypeAlias = frozenset[TwinIndex]
Round: TypeAlias = Mapping[Arm, "Written"]

LEAST_ROUNDS, LEAST_WHOLE_ROUNDS, MOST_ROUNDS = 5, 3, 30
_COUNTS = """/*workbench*/ SELECT (pg_current_wal_insert_lsn() - '0/0')::int8,
    pg_stat_get_xact_tuples_updated($1), pg_stat_get_xact_tuples_hot_updated($1)"""
_FLUSH = "/*workbench*/ SELECT gin_clean_pending_list($1::regclass)"


@dataclass(frozen=True)
class Job:
    """A batch and the indexes that it prices; ``arms`` are the sets of indexes dropped for it.

    ``whole`` writes all of the batch at once, else one slice of it.
    """

    batch: Batch
    priced: tuple[TwinIndex, ...]
    every: Arm
    whole: bool = False

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Nothing dropped, each index alone, all of them."""
        one_by_one = (frozenset([each]) for each in self.priced)
        return tuple(dict.fromkeys([Arm(), *one_by_one, self.every]))


@dataclass(frozen=True)
class Written:
    """``rows`` under one arm: time and log for each of them, share of updates that were HOT."""

    rows: int
    us: float
    wal_bytes: float
    hot_share: float | None


def jobs_for(twin: Twin, changes: Changes | None) -> tuple[list[Job], list[str]]:
    """Inserts, updates and deletes to price the twin's new indexes with, and what cannot be done.

    Without ``changes`` an index is priced with rows of which every second has a value of the index
    changed and every other a value of a column without index.
    """
    priced, sample = twin.priced(), batches.sampled(twin)
    groups: dict[frozenset[tuple[str, ...]], list[TwinIndex]] = {}
    weights: dict[frozenset[tuple[str, ...]], Changes] = {}
    for index in priced:
        own = _known(twin, changes) if changes else _usual(twin, index)
        groups.setdefault(frozenset(own), []).append(index)
        weights[frozenset(own)] = own
    makers: list[tuple[Callable[[], Batch], Sequence[TwinIndex]]] = [
        (partial(batches.inserts, twin), priced),
        (partial(batches.deletes, twin), priced),
        *((partial(batches.updates, twin, sample, weights[k]), own) for k, own in groups.items()),
    ]
    jobs: list[Job] = []
    notes: list[str] = []
    for make, members in makers:
        try:
            jobs += _split(make(), members)
        except MeasurementError as error:
            notes.append(str(error))
    return jobs, notes


def _split(batch: Batch, priced: Sequence[TwinIndex]) -> Iterator[Job]:
    """Slices for most indexes, the whole batch for those that put work off until it is worth it."""
    late = tuple(each for each in priced if each.lists and batch.kind != "delete")
    prompt = tuple(each for each in priced if each not in late)
    if prompt:
        yield Job(batch, prompt, frozenset(priced))
    if late:
        yield Job(batch, late, frozenset(priced), whole=True)


def _known(twin: Twin, changes: Changes) -> Changes:
    """The workload's sets of columns, as far as the table lets them be written."""
    writable = {column.name for column in twin.columns}
    kept = {tuple(c for c in columns if c in writable): w for columns, w in changes.items()}
    return {columns: weight for columns, weight in kept.items() if columns}


def _usual(twin: Twin, index: TwinIndex) -> Changes:
    """One column of the index and one of no index, in equal parts; unique ones only in need."""
    indexed = {name for each in twin.indexes for name in each.columns}
    writable = [column.name for column in twin.columns]
    free = [(name,) for name in writable if name not in indexed]
    own = [name for name in (*index.keys, *sorted(index.columns)) if name in writable]
    own.sort(key=lambda name: name in twin.unique_columns)
    return dict.fromkeys([*free[:1], *((name,) for name in own[:1])], 1.0)


class Bench:
    """Writes batches to a twin and reads the clock; ``basis`` says which."""

    def __init__(self, twin: Twin, backend_cpu: Path | None) -> None:
        self.twin = twin
        self.connection = twin.connection
        self._cpu = backend_cpu if clock.usable(backend_cpu) else None
        self.basis: Literal["cpu", "wall"] = "cpu" if self._cpu else "wall"
        self._dead = 0
        self._deck: list[int] = []
        place = [twin.place.as_string()]
        self._oid = fetch_value(self.connection, "SELECT $1::regclass::oid::int8", place)

    def measure(
        self, job: Job, order: random.Random, until: float
    ) -> Mapping[Arm, Sequence[Written]]:
        """What each round wrote under each arm, after a first batch to warm up.

        Rounds are made until ``until`` (on perf_counter's clock), but some at least. Raises
        MeasurementError.
        """
        least = LEAST_WHOLE_ROUNDS if job.whole else LEAST_ROUNDS
        found: dict[Arm, list[Written]] = {arm: [] for arm in job.arms}
        try:
            self._clean()
            self._deck.clear()
            with _plans_by_place(self.connection):
                self.write(job, Arm(), 0)
                while len(found[Arm()]) < MOST_ROUNDS:
                    if len(found[Arm()]) >= least and perf_counter() > until:
                        break
                    for arm in order.sample(job.arms, k=len(job.arms)):
                        found[arm].append(self.write(job, arm, self._next(job.batch, order)))
        except psycopg.Error as error:
            message = f"the {job.batch.kind}s of {self.twin.table} failed: {one_line(error)}"
            raise MeasurementError(message) from error
        return found

    def write(self, job: Job, dropped: Arm, number: int) -> Written:
        """Slice ``number`` without the dropped indexes, undone again.

        What is undone stays in table and indexes: pages fill up and split as they do in life.
        """
        batch = job.batch
        statement = batch.whole() if job.whole else batch.sliced(number)
        present = [each for each in job.every - dropped if each.lists]
        with rolled_back(self.connection):
            self.twin.drop(sorted(dropped, key=lambda each: each.name))
            self.connection.execute(batch.warming())
            written = self._timed(statement, present if job.whole else [])
        self._flush(present)
        self._dead += 0 if batch.kind == "delete" else written.rows
        if self._dead > self.twin.rows or (job.whole and batch.kind == "update"):
            self._clean()
        return written

    def _next(self, batch: Batch, order: random.Random) -> int:
        """The number of a slice: all have their turn, then they are dealt anew.

        Rows that are updated a second time would meet the dead version of the first.
        """
        if not self._deck:
            self._deck = order.sample(range(batch.slices), k=batch.slices)
            if batch.kind == "update":
                self._clean()
        return self._deck.pop()

    def _clean(self) -> None:
        self.twin.vacuum()
        self._dead = 0

    def _flush(self, listing: Sequence[TwinIndex]) -> None:
        for index in listing:
            self.connection.execute(_FLUSH, [self.twin.index_place(index).as_string()])

    def _timed(self, statement: compose.Composed, listing: Sequence[TwinIndex]) -> Written:
        """The statement, and sorting in what it has left to be sorted in."""
        before, started = self._counts(), self._now_us()
        rows = self.connection.execute(statement).rowcount
        self._flush(listing)
        us, after = self._now_us() - started, self._counts()
        wal, updated, hot = (b - a for a, b in zip(before, after, strict=True))
        return Written(rows, us / rows, wal / rows, hot / updated if updated else None)

    def _counts(self) -> tuple[int, int, int]:
        ((wal, updated, hot),) = fetch_all(self.connection, _COUNTS, [self._oid])
        return wal, updated, hot

    def _now_us(self) -> float:
        if self._cpu is None:
            return perf_counter_ns() / 1000
        return clock.read(self._cpu).cpu_ns / 1000


@contextmanager
def _plans_by_place(connection: Connection) -> Iterator[None]:
    """Rows of a batch are found by their place; reading the whole twin would drown the writes."""
    off = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")
    with settings(connection, **dict.fromkeys(off, "off")):
        yield
