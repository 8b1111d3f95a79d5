"""Moving generated rows into tables: one producer and one COPY per table, a few tables at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import TypeAlias, TypeVar

from psycopg import sql

from workbench.datasets import generate
from workbench.datasets.block import Population
from workbench.db import Connection

Job: TypeAlias = Callable[[Connection], None]
T = TypeVar("T")

_WAIT_S = 0.1
_AHEAD = 3


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
    """Fills an existing table.

    It is emptied in the same transaction: so the rows can be frozen, and need not go into the WAL
    where wal_level is minimal.
    """
    name = identifier(table)
    columns = sql.SQL(", ").join(map(sql.Identifier, population.stored(table)))
    copy = sql.SQL("/*workbench*/ COPY {} ({}) FROM STDIN (FORMAT csv, FREEZE)")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("/*workbench*/ SET LOCAL TimeZone = 'UTC'")
        cursor.execute(sql.SQL("/*workbench*/ TRUNCATE {}").format(name))
        with (
            cursor.copy(copy.format(name, columns)) as target,
            _ahead(generate.blocks(population, table), stop) as ready,
        ):
            for rows, text in ready:
                target.write(text)
                tally.add(rows)


def identifier(table: str) -> sql.Identifier:
    """A table's quoted name, from ``table`` or ``schema.table``."""
    return sql.Identifier(*table.split(".", 1))


@contextmanager
def _ahead(items: Iterator[T], stop: Event) -> Iterator[Iterator[T]]:
    """``items``, made by a thread that is a few of them ahead; Stopped when ``stop`` is set."""
    queue: Queue[T | BaseException | None] = Queue(_AHEAD)
    closed = Event()

    def put(item: T | BaseException | None) -> bool:
        while not (stop.is_set() or closed.is_set()):
            try:
                queue.put(item, timeout=_WAIT_S)
            except Full:
                continue
            return True
        return False

    def produce() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again by the consumer
            put(error)

    thread = Thread(target=produce, daemon=True)
    thread.start()
    try:
        yield _taken(queue, stop)
    finally:
        closed.set()
        thread.join()


def _taken(queue: Queue[T | BaseException | None], stop: Event) -> Iterator[T]:
    while not stop.is_set():
        try:
            item = queue.get(timeout=_WAIT_S)
        except Empty:
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield item
    raise Stopped


def side_by_side(
    connect: Callable[[], Connection], width: int, jobs: Sequence[Job], stop: Event
) -> None:
    """Does the jobs in order on up to ``width`` connections at once.

    The first failure, or an interrupt, sets ``stop`` and is raised when all have ended.
    """
    waiting: Queue[Job] = Queue()
    for job in jobs:
        waiting.put(job)

    def work() -> None:
        with connect() as connection:
            while not stop.is_set():
                try:
                    job = waiting.get_nowait()
                except Empty:
                    return
                job(connection)

    width = min(width, len(jobs))
    with ThreadPoolExecutor(max(width, 1)) as pool:
        workers = [pool.submit(work) for _ in range(width)]
        try:
            done, _ = wait(workers, return_when=FIRST_EXCEPTION)
            failures = [error for worker in done if (error := worker.exception())]
            real = [error for error in failures if not isinstance(error, Stopped)]
            for error in [*real, *failures]:
                raise error
        except BaseException:
            stop.set()
            raise
