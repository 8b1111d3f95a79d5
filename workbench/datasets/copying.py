"""Moving generated rows into tables: one producer and one COPY per table, a few tables at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import TypeVar

from psycopg import sql

from workbench.datasets import generate
from workbench.datasets.block import Population
from workbench.db import Connection

Progress = Callable[[str, int, int], None]
T = TypeVar("T")

_WAIT_S = 0.1
_AHEAD = 3


class Stopped(Exception):
    """Another part of the load failed or was interrupted."""


@dataclass(frozen=True)
class Tally:
    """Rows done so far, told to ``progress`` as (what, done, total)."""

    progress: Progress
    total: int
    what: str = "loading rows"
    _lock: Lock = field(default_factory=Lock)
    _done: list[int] = field(default_factory=lambda: [0])

    def add(self, rows: int) -> None:
        with self._lock:
            self._done[0] += rows
            self.progress(self.what, self._done[0], self.total)


def copy_table(
    connection: Connection, population: Population, table: str, tally: Tally, stop: Event
) -> None:
    """Fills an existing table; in one transaction, so that Postgres need not log the rows."""
    columns = sql.SQL(", ").join(map(sql.Identifier, population.stored(table)))
    name = identifier(table)
    copy = sql.SQL("/*workbench*/ COPY {} ({}) FROM STDIN (FORMAT csv, FREEZE)").format(
        name, columns
    )
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("/*workbench*/ TRUNCATE {} CASCADE").format(name))
        with cursor.copy(copy) as target, _ahead(generate.blocks(population, table), stop) as ready:
            for rows, text in ready:
                target.write(text)
                tally.add(rows)


def identifier(table: str) -> sql.Identifier:
    """A table's quoted name, from ``table`` or ``schema.table``."""
    return sql.Identifier(*table.split(".", 1))


@contextmanager
def _ahead(items: Iterator[T], stop: Event) -> Iterator[Iterator[T]]:
    """``items``, made by a thread that is a few of them ahead; ends when ``stop`` is set."""
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

    def consume() -> Iterator[T]:
        while True:
            if stop.is_set():
                raise Stopped
            try:
                item = queue.get(timeout=_WAIT_S)
            except Empty:
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    thread = Thread(target=produce, daemon=True)
    thread.start()
    try:
        yield consume()
    finally:
        closed.set()
        thread.join()


def side_by_side(
    open_connection: Callable[[], Connection],
    width: int,
    jobs: Sequence[Callable[[Connection], None]],
    stop: Event,
) -> None:
    """Runs the jobs on ``width`` connections; the first failure stops all and is raised."""
    waiting: Queue[Callable[[Connection], None]] = Queue()
    for job in jobs:
        waiting.put(job)

    def work() -> None:
        with open_connection() as connection:
            while not stop.is_set():
                try:
                    job = waiting.get_nowait()
                except Empty:
                    return
                job(connection)

    with ThreadPoolExecutor(max(1, min(width, len(jobs)))) as pool:
        workers = [pool.submit(work) for _ in range(max(1, min(width, len(jobs))))]
        try:
            wait(workers, return_when=FIRST_EXCEPTION)
            _raise_first(workers)
        finally:
            stop_if_failed(workers, stop)


def _raise_first(workers: Sequence[Future[None]]) -> None:
    for worker in workers:
        if worker.done():
            worker.result()


def stop_if_failed(workers: Sequence[Future[None]], stop: Event) -> None:
    """Tells the other workers to end when one has failed or the wait was interrupted."""
    if not all(worker.done() and worker.exception() is None for worker in workers):
        stop.set()
