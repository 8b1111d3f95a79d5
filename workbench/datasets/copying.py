"""Moving generated rows into tables: one producer and one COPY per table, a few tables at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TypeAlias, TypeVar

import psycopg
from psycopg import sql

from workbench.datasets import generate
from workbench.datasets.block import Population
from workbench.db import Connection

Job: TypeAlias = Callable[[Connection], None]
T = TypeVar("T")

_CANCEL_S, _AGAIN_S = 5.0, 0.2


class Stopped(Exception):
    """Another part of the load failed or was interrupted."""


@dataclass
class Tally:
    """What is done so far, told to ``progress`` as (what, done, total)."""

    progress: Callable[[str, int, int], None]
    what: str
    total: int
    done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, count: int) -> None:
        """So much more is done."""
        with self._lock:
            self.done += count
            self.progress(self.what, self.done, self.total)


def copy_table(
    population: Population, table: str, tally: Tally, stop: Event, connection: Connection
) -> None:
    """Fills an existing table with its rows."""
    with closing(_ahead(generate.jobs(population, table), stop)) as ready:
        copy_blocks(connection, table, population.stored(table), ready, tally)


def copy_blocks(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    blocks: Iterable[tuple[int, bytes]],
    tally: Tally,
) -> None:
    """Fills an existing table with blocks of CSV.

    It is emptied in the same transaction: so the rows can be frozen, and need not go into the WAL
    where wal_level is minimal.
    """
    name = identifier(table)
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    copy = sql.SQL("/*workbench*/ COPY {} ({}) FROM STDIN (FORMAT csv, FREEZE)")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("/*workbench*/ SET LOCAL TimeZone = 'UTC'")
        cursor.execute(sql.SQL("/*workbench*/ TRUNCATE {}").format(name))
        with cursor.copy(copy.format(name, listed)) as target:
            for rows, text in blocks:
                target.write(text)
                tally.add(rows)


def identifier(table: str) -> sql.Identifier:
    """A table's quoted name, from ``table`` or ``schema.table``."""
    return sql.Identifier(*table.split(".", 1))


def _ahead(jobs: Iterable[Callable[[], T]], stop: Event) -> Generator[T]:
    """What the jobs give, in their order; some threads are a few jobs ahead.

    Raises Stopped when ``stop`` is set.
    """
    threads = os.cpu_count() or 1
    pending: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for job in jobs:
                pending.append(pool.submit(job))
                if len(pending) > threads:
                    yield _result(pending.popleft(), stop)
            while pending:
                yield _result(pending.popleft(), stop)
        finally:
            for future in pending:
                future.cancel()


def _result(future: Future[T], stop: Event) -> T:
    if stop.is_set():
        raise Stopped
    return future.result()


def side_by_side(
    connect: Callable[[], Connection], width: int, jobs: Sequence[Job], stop: Event
) -> None:
    """Does the jobs in order on up to ``width`` connections at once.

    The first failure, or an interrupt, sets ``stop``, cancels what the server is doing for the
    others, and is raised when all have ended.
    """
    waiting = deque(jobs)
    opened: list[Connection] = []

    def work() -> None:
        with connect() as connection:
            opened.append(connection)
            while not stop.is_set():
                try:
                    job = waiting.popleft()
                except IndexError:
                    return
                job(connection)

    width = min(width, len(jobs))
    with ThreadPoolExecutor(max(width, 1)) as pool:
        workers = [pool.submit(work) for _ in range(width)]
        try:
            wait(workers, return_when=FIRST_EXCEPTION)
            _raise_first(workers)
        except BaseException:
            stop.set()
            _cancel(opened, workers)
            raise


def _cancel(opened: Sequence[Connection], workers: Sequence[Future[None]]) -> None:
    """Cancel what the server does for the workers, over and over, as one may only be beginning."""
    while True:
        for connection in tuple(opened):
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=_CANCEL_S)
        if not wait(workers, timeout=_AGAIN_S).not_done:
            return


def _raise_first(workers: Sequence[Future[None]]) -> None:
    """The failure of a worker; rather the cause than the stop of another one that follows it."""
    failures = [error for worker in workers if worker.done() and (error := worker.exception())]
    for error in sorted(failures, key=lambda failure: isinstance(failure, Stopped)):
        raise error
