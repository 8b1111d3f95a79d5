"""A queue in a table: claimed with SKIP LOCKED, by one pool of workers or by one for each kind.

A worker claims the oldest job that is due and that nobody else has locked, so claims do not wait
for one another, and a job whose worker dies is free again when its transaction ends.

A kind that waits for something else than a processor, such as the rate limit of a service, keeps
its workers while it waits. In one shared pool it takes them all, and the other kinds starve.
"""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from sqlalchemy import Engine, text

from workbench.db import Connection, fetch_all, fetch_value
from workbench.errors import MeasurementError
from workbench.measurement.estimate import Estimate, median_of, speedup
from workbench.patterns.scratch import SCHEMA, Scratch

Load: TypeAlias = Literal["waiting", "computing", "limited"]
Arm: TypeAlias = Literal["shared", "separate", "capped"]

IDLE_S = 0.05
"""How long a worker sleeps that finds no job."""
GRACE_S = 30.0
"""How much longer than ten times their time jobs may take all together."""

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


@dataclass(frozen=True)
class Run:
    """How long jobs waited until their work began, in milliseconds, by kind."""

    arm: Arm
    waits_ms: Mapping[Load, Sequence[float]]
    seconds: float

    def p95_ms(self, kind: Load) -> float:
        """The wait that 95 of 100 jobs of this kind stayed below."""
        return float(np.quantile(self.waits_ms[kind], 0.95))


@dataclass
class Crew:
    """The workers of one run and what they share."""

    engine: Engine
    kinds: Mapping[Load, Kind]
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    claiming: threading.Lock = field(default_factory=threading.Lock)
    running: Counter[Load] = field(default_factory=Counter)
    limiters: dict[Load, Limiter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """One limiter for each limited kind, whoever works for it."""
        self.limiters = {
            name: Limiter(kind.per_second) for name, kind in self.kinds.items() if kind.per_second
        }

    def work(self, kinds: list[Load]) -> None:
        """Claim and do jobs of these kinds until told to stop."""
        while not self.stop.is_set():
            self._do_or_rest(self._claim(kinds))

    def work_below_cap(self) -> None:
        """The same with any kind that fewer workers than its share are busy with."""
        while not self.stop.is_set():
            with self.claiming:
                claimed = self._claim(self._below_cap())
            self._do_or_rest(claimed)

    def _below_cap(self) -> list[Load]:
        with self.lock:
            return [name for name, kind in self.kinds.items() if self.running[name] < kind.workers]

    def _claim(self, kinds: list[Load]) -> tuple[int, Load] | None:
        if not kinds:
            return None
        with self.engine.begin() as connection:
            row = connection.execute(CLAIM, {"kinds": kinds}).one_or_none()
        if row is None:
            return None
        with self.lock:
            self.running[row.kind] += 1
        return row.id, row.kind

    def _do_or_rest(self, claimed: tuple[int, Load] | None) -> None:
        if claimed is None:
            self.stop.wait(IDLE_S)
            return
        key, kind = claimed
        try:
            self._do(key, self.kinds[kind])
        finally:
            with self.lock:
                self.running[kind] -= 1

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


def run(
    engine: Engine, private: Scratch, kinds: Sequence[Kind], arm: Arm, *, seconds: float
) -> Run:
    """All jobs of ``seconds`` done once by one arrangement of the same number of workers.

    ``shared``: every worker takes any job. ``separate``: each kind has its own. ``capped``: every
    worker takes any job of a kind that is below its share. Raises MeasurementError when the jobs
    are not done in ten times the time and GRACE_S.
    """
    _fill(private.connection, kinds, seconds)
    crew = Crew(engine, {kind.load: kind for kind in kinds})
    names = [kind.load for kind in kinds]
    work: dict[Arm, Callable[[Kind], None]] = {
        "shared": lambda kind: crew.work(names),
        "separate": lambda kind: crew.work([kind.load]),
        "capped": lambda kind: crew.work_below_cap(),
    }
    workers = [
        threading.Thread(target=work[arm], args=[kind], daemon=True)
        for kind in kinds
        for _ in range(kind.workers)
    ]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    try:
        _await_done(private.connection, started + 10 * seconds + GRACE_S)
    finally:
        crew.stop.set()
        for worker in workers:
            worker.join()
    return Run(arm, _waits(private.connection, names), time.perf_counter() - started)


def _fill(connection: Connection, kinds: Sequence[Kind], seconds: float) -> None:
    """A new table with the jobs of all kinds, the first due a moment from now."""
    connection.execute(f"DROP TABLE IF EXISTS {SCHEMA}.jobs")
    for statement in TABLE.split(";"):
        connection.execute(statement)
    for kind in kinds:
        connection.execute(
            f"INSERT INTO {SCHEMA}.jobs (kind, due) "  # noqa: S608
            "SELECT $1, now() + offset_ms * interval '1 ms' FROM unnest($2::float8[]) AS offset_ms",
            [kind.load, [float(100 + offset) for offset in kind.offsets_ms(seconds)]],
        )
    connection.execute(f"VACUUM ANALYZE {SCHEMA}.jobs")


def _await_done(connection: Connection, until: float) -> None:
    query = f"SELECT count(*) FROM {SCHEMA}.jobs WHERE finished IS NULL"  # noqa: S608
    while left := fetch_value(connection, query):
        if time.perf_counter() > until:
            raise MeasurementError(f"{left} jobs of the queue are not done in time; take fewer")
        time.sleep(0.02)


def _waits(connection: Connection, names: Iterable[Load]) -> dict[Load, list[float]]:
    query = f"""SELECT extract(epoch FROM started - due)::float8 * 1000
    FROM {SCHEMA}.jobs WHERE kind = $1"""  # noqa: S608
    return {name: [ms for (ms,) in fetch_all(connection, query, [name])] for name in names}


@dataclass(frozen=True)
class Arrangements:
    """Runs of each arrangement, taken in turn."""

    runs: Mapping[Arm, Sequence[Run]]

    def p95_ms(self, arm: Arm, kind: Load) -> Estimate:
        """The p95 wait of one kind."""
        return median_of([each.p95_ms(kind) for each in self.runs[arm]], "ms")

    def shorter(self, kind: Load, arm: Arm = "separate") -> Estimate:
        """How many times shorter the p95 wait of a kind is than in the shared pool."""
        return speedup(
            [each.p95_ms(kind) for each in self.runs["shared"]],
            [each.p95_ms(kind) for each in self.runs[arm]],
        )

    def records(self) -> list[dict[str, Any]]:
        """One row per arrangement and kind: p50 and p95 of the wait in milliseconds."""
        return [
            {
                "workers": arm,
                "kind": kind,
                "jobs": len(runs[0].waits_ms[kind]),
                "p50_ms": float(np.median([np.median(each.waits_ms[kind]) for each in runs])),
                "p95_ms": self.p95_ms(arm, kind).value,
            }
            for arm, runs in self.runs.items()
            for kind in runs[0].waits_ms
        ]


def measure(
    engine: Engine,
    private: Scratch,
    kinds: Sequence[Kind],
    *,
    arms: Sequence[Arm] = ("shared", "separate", "capped"),
    seconds: float = 2.0,
    rounds: int = 6,
    seed: int = 0,
) -> Arrangements:
    """Every arrangement once per round, in random order."""
    order = np.random.default_rng(seed)
    runs: dict[Arm, list[Run]] = {arm: [] for arm in arms}
    for _ in range(rounds):
        for place in order.permutation(len(arms)):
            runs[arms[place]].append(run(engine, private, kinds, arms[place], seconds=seconds))
    return Arrangements(runs)
