"""Workers on a queue in a table: kinds of jobs, what they take, and how they are claimed.

A worker claims the oldest job that is due and that nobody else has locked (SKIP LOCKED), so claims
do not wait for one another. Claiming and finishing are transactions of their own; between them no
connection is held.
"""

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sqlalchemy import Engine, text

from workbench.patterns.scratch import SCHEMA

Load: TypeAlias = Literal["waiting", "computing", "limited"]

IDLE_S = 0.05
"""How long a worker sleeps that finds no job."""

TABLE = f"""CREATE TABLE {SCHEMA}.jobs (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text NOT NULL,
    due      timestamptz NOT NULL,
    claimed  timestamptz,
    started  timestamptz,
    finished timestamptz
);
CREATE INDEX ON {SCHEMA}.jobs (due) WHERE claimed IS NULL"""

CLAIM = text(
    """UPDATE jobs SET claimed = clock_timestamp() WHERE id = (
        SELECT id FROM jobs
        WHERE claimed IS NULL AND due <= clock_timestamp() AND kind = ANY (:kinds)
        ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, kind"""
)
FINISH = text("UPDATE jobs SET started = :started, finished = clock_timestamp() WHERE id = :id")


@dataclass(frozen=True)
class Kind:
    """A kind of job: how many are due at once and how many a second, and what one takes.

    ``waiting`` sleeps, ``computing`` takes a processor, ``limited`` waits until the limit of
    ``per_second`` lets it go. ``workers`` is its share of the workers.
    """

    load: Load
    workers: int
    at_once: int = 0
    every_ms: float = 0.0
    takes_ms: float = 0.0
    per_second: float = 0.0

    def offsets_ms(self, seconds: float) -> list[float]:
        """When each job is due, in milliseconds from the start."""
        steady = int(seconds * 1000 / self.every_ms) if self.every_ms else 0
        return [0.0] * self.at_once + [n * self.every_ms for n in range(steady)]


class Limiter:
    """Turns at a fixed rate, first come first served."""

    def __init__(self, per_second: float) -> None:
        self._gap, self._lock, self._next = 1 / per_second, threading.Lock(), 0.0

    def wait(self) -> None:
        """Sleep until it is this caller's turn."""
        with self._lock:
            turn = self._next = max(self._next + self._gap, time.perf_counter())
        time.sleep(max(turn - time.perf_counter(), 0.0))


def compute(ms: float) -> None:
    """Keep a processor busy, without Python's lock, so that other threads go on."""
    until = time.perf_counter() + ms / 1000
    while time.perf_counter() < until:
        hashlib.pbkdf2_hmac("sha256", b"job", b"salt", 2_000)


@dataclass
class Crew:
    """The workers of one run and what they share."""

    engine: Engine
    kinds: Mapping[Load, Kind]
    stop: threading.Event = field(default_factory=threading.Event)
    places: dict[Load, threading.Semaphore] = field(init=False)
    limiters: dict[Load, Limiter] = field(init=False)

    def __post_init__(self) -> None:
        """Places by kind, and one limiter for each limited kind, whoever works for it."""
        self.places = {name: threading.Semaphore(kind.workers) for name, kind in self.kinds.items()}
        self.limiters = {
            name: Limiter(kind.per_second) for name, kind in self.kinds.items() if kind.per_second
        }

    def work(self, kinds: list[Load]) -> None:
        """Claim and do jobs of these kinds until told to stop."""
        while not self.stop.is_set():
            if not self._did(kinds):
                self.stop.wait(IDLE_S)

    def work_below_cap(self) -> None:
        """The same with any kind that fewer workers than its share are busy with."""
        while not self.stop.is_set():
            if not any(self._did_below_cap(kind) for kind in self.kinds):
                self.stop.wait(IDLE_S)

    def _did_below_cap(self, kind: Load) -> bool:
        if not self.places[kind].acquire(blocking=False):
            return False
        try:
            return self._did([kind])
        finally:
            self.places[kind].release()

    def _did(self, kinds: list[Load]) -> bool:
        """Do one job of these kinds if there is one."""
        with self.engine.begin() as connection:
            row = connection.execute(CLAIM, {"kinds": kinds}).one_or_none()
        if row is not None:
            self._do(row.id, self.kinds[row.kind])
        return row is not None

    def _do(self, key: int, kind: Kind) -> None:
        if kind.load == "limited":
            self.limiters[kind.load].wait()
        with self.engine.begin() as connection:
            started = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        if kind.load == "computing":
            compute(kind.takes_ms)
        else:
            time.sleep(kind.takes_ms / 1000)
        with self.engine.begin() as connection:
            connection.execute(FINISH, {"id": key, "started": started})
