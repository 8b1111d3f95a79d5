"""Workers for all kinds of jobs, or for each kind its own: who waits for whom.

A kind that waits for something else than a processor, such as the rate limit of a service, keeps
its workers while it waits. In one shared pool it takes them all, and the other kinds starve.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from sqlalchemy import Engine

from workbench.db import Connection, fetch_all, fetch_value
from workbench.errors import MeasurementError
from workbench.measurement.estimate import Estimate, median_of, speedup
from workbench.patterns.scratch import SCHEMA, Scratch
from workbench.patterns.workers import TABLE, Crew, Kind, Load

Arm: TypeAlias = Literal["shared", "separate", "capped"]
GRACE_S = 30.0
"""How much longer than ten times their time jobs may take all together."""


@dataclass(frozen=True)
class Run:
    """How long jobs waited until their work began, in milliseconds, by kind."""

    arm: Arm
    waits_ms: Mapping[Load, Sequence[float]]
    seconds: float

    def p95_ms(self, kind: Load) -> float:
        """The wait that 95 of 100 jobs of this kind stayed below."""
        return float(np.quantile(self.waits_ms[kind], 0.95))


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
    started = time.perf_counter()
    with ThreadPoolExecutor(sum(kind.workers for kind in kinds)) as threads:
        working = [threads.submit(work[arm], kind) for kind in kinds for _ in range(kind.workers)]
        try:
            _await_done(private.connection, started + 10 * seconds + GRACE_S)
        finally:
            crew.stop.set()
            for each in working:
                each.result()  # what ended a worker is the reason why jobs are not done
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
