"""A long result read row by row: what it takes in memory, and when its first row is there.

A generator over an ordinary cursor streams nothing: the driver has the whole result before the
first row is handed out. What keeps memory constant is to ask for a part at a time, by a cursor on
the server or by pages.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Session

from workbench.patterns.counting import count_statements
from workbench.patterns.latency import connected
from workbench.patterns.models import PullRequest

BATCH = 1000
WARM_UP_ROWS = 10
LOOK_S = 0.002

Row: TypeAlias = Any
Reader: TypeAlias = Callable[[Connection, int], Iterator[Row]]


def _columns() -> Select[Any]:
    wanted = (PullRequest.id, PullRequest.title, PullRequest.additions, PullRequest.labels)
    return select(*wanted, PullRequest.files, PullRequest.updated_at).order_by(PullRequest.id)


def objects(connection: Connection, rows: int) -> Iterator[Row]:
    """A list of ORM objects."""
    with Session(connection) as session:
        yield from session.scalars(_objects(rows)).all()


def fetchall(connection: Connection, rows: int) -> Iterator[Row]:
    """A list of rows."""
    yield from connection.execute(_columns().limit(rows)).fetchall()


def generator(connection: Connection, rows: int) -> Iterator[Row]:
    """One row after the other, of a result that the driver already holds."""
    yield from connection.execute(_columns().limit(rows))


def offset_pages(connection: Connection, rows: int) -> Iterator[Row]:
    """Pages by OFFSET; each page reads all pages before it again."""
    for start in range(0, rows, BATCH):
        size = min(BATCH, rows - start)
        yield from connection.execute(_columns().limit(size).offset(start)).fetchall()


def keyset_pages(connection: Connection, rows: int) -> Iterator[Row]:
    """Pages that begin after the last row of the page before."""
    last = 0
    for start in range(0, rows, BATCH):
        page = _columns().where(PullRequest.id > last).limit(min(BATCH, rows - start))
        found = connection.execute(page).fetchall()
        yield from found
        if not found:
            return
        last = found[-1].id


def server_cursor(connection: Connection, rows: int) -> Iterator[Row]:
    """A cursor on the server, fetched a thousand rows at a time."""
    options = {"yield_per": BATCH}
    yield from connection.execute(_columns().limit(rows), execution_options=options)


def yield_per(connection: Connection, rows: int) -> Iterator[Row]:
    """The same with ORM objects, which are forgotten a thousand at a time."""
    with Session(connection) as session:
        yield from session.scalars(_objects(rows).execution_options(yield_per=BATCH))


VARIANTS: Mapping[str, Reader] = {
    "objects": objects,
    "fetchall": fetchall,
    "generator": generator,
    "offset pages": offset_pages,
    "keyset pages": keyset_pages,
    "yield_per": yield_per,
    "server cursor": server_cursor,
}


def _objects(rows: int) -> Select[PullRequest]:
    return select(PullRequest).order_by(PullRequest.id).limit(rows)


@dataclass(frozen=True)
class Flow:
    """One reading of ``rows`` rows in a process of its own.

    ``peak_bytes`` is the most memory that the process had beyond what it had at the start;
    ``total_additions`` is the answer. ``held`` are seconds and the bytes held then, if watched.
    """

    variant: str
    rows: int
    first_row_ms: float
    total_ms: float
    peak_bytes: int
    statements: int
    total_additions: int
    held: Sequence[tuple[float, int]] = ()

    def moments(self) -> list[dict[str, Any]]:
        """One row for each look at the memory: series, second, bytes."""
        return [{"series": self.variant, "second": at, "bytes": size} for at, size in self.held]


class Memory(Protocol):
    """Bytes of this process beyond those at the time when the peak was last asked."""

    def __call__(self) -> int:
        """The peak since it was last asked."""

    def now(self) -> int:
        """What it holds at this moment."""


def read(variant: str, address: str, rows: int, memory: Memory, *, watched: bool = False) -> Flow:
    """Read and add up; ``watched`` looks at the memory all the while, which takes a little time.

    A few rows are read before, so that what is imported and cached at first use does not count.
    """
    reader = VARIANTS[variant]
    with connected(address) as app, app.connect() as connection:
        for _ in reader(connection, WARM_UP_ROWS):
            pass
        memory()
        total, seen, first_s, started = 0, 0, 0.0, time.perf_counter()
        watch = _watching(memory) if watched else nullcontext(())
        with count_statements(app) as sent, watch as held:
            for row in reader(connection, rows):
                if seen == 0:
                    first_s = time.perf_counter() - started
                seen += 1
                total += row.additions
        took_s = time.perf_counter() - started
        return Flow(variant, seen, first_s * 1000, took_s * 1000, memory(), len(sent), total, held)


@contextmanager
def _watching(memory: Memory) -> Iterator[Sequence[tuple[float, int]]]:
    """Seconds since the beginning of the block with the bytes held, every other millisecond."""
    over, held, started = threading.Event(), [(0.0, memory.now())], time.perf_counter()

    def watch() -> None:
        while not over.wait(LOOK_S):
            held.append((time.perf_counter() - started, memory.now()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield held
    finally:
        over.set()
        watcher.join()


Measured: TypeAlias = Callable[[str, str, int], Flow]
"""Variant, address, rows → what it took in a fresh process, as ``footprint`` says."""


def compare(
    measured: Measured,
    address: str,
    rows: Sequence[int],
    names: Sequence[str] = tuple(VARIANTS),
    *,
    rounds: int = 6,
) -> tuple[Flow, ...]:
    """Every variant for every number of rows, in turn, ``rounds`` times."""
    return tuple(
        measured(name, address, number) for _ in range(rounds) for number in rows for name in names
    )
