"""One run of a statement under one arm, and rounds of such runs in random order.

A run is EXPLAIN (ANALYZE, TIMING OFF) in a transaction that is rolled back: the server's own clock
times it and no result travels to the client. The same EXPLAIN without ANALYZE comes before it
twice: once so that the catalog caches, which ``Arm.enter`` may have emptied, are warm under every
arm alike, and once with the CPU clock read on both sides, so that what parsing, planning and
printing cost can be taken off. What is left is the CPU time of the execution. A statement that
writes is run once before it all and undone: Postgres keeps the plans by which it checks foreign
keys, and ``Arm.enter`` may have cost it these as well.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from workbench import db
from workbench.errors import TimedOut
from workbench.measurement import clock
from workbench.measurement.statistics import median
from workbench.plans.explain import explain
from workbench.plans.node import Plan

Basis: TypeAlias = Literal["cpu", "wall"]

PLAN_ONLY = "/*workbench*/ EXPLAIN (FORMAT JSON) "
SAMPLE_MS = 2.0
LONG_MS = 1000.0
MAX_LOOPS = 10
LEAST_MS = 0.001
WAITING_SHARE = 0.5
SERIALIZES = 170000
ONCE_ONLY = frozenset({"ModifyTable", "LockRows"})


@dataclass(frozen=True)
class Arm:
    """One side of a comparison; ``enter`` prepares it inside a transaction that is rolled back.

    It hides or shows indexes, or sets something with SET LOCAL. A hidden index is still maintained
    by writes: only DROP INDEX in ``enter`` shows what a statement would cost without it.
    """

    name: str
    enter: Callable[[db.Connection], None]


@dataclass(frozen=True)
class Run:
    """One measured run, or the mean of ``loops`` runs in a row; times are of the execution alone.

    ``cpu_ms`` is that of the backend, without parallel ``workers``; ``waiting_ms`` is neither on a
    processor nor in the queue for one: disk, locks, sleep. Both are None without a CPU clock.
    ``explained`` is what EXPLAIN printed of a run of a second or more; no step in it is timed.
    """

    arm: str
    wall_ms: float
    cpu_ms: float | None
    waiting_ms: float | None
    buffers: int
    workers: int
    loops: int = 1
    writes: bool = False
    explained: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


class ArmTimedOut(TimedOut):
    """A statement that ran longer than its time limit, with the arm under which it did."""

    def __init__(self, arm: Arm, message: str) -> None:
        """Keep the arm beside the server's message."""
        super().__init__(message)
        self.arm = arm


@dataclass(frozen=True)
class Subject:
    """A statement with its values, ready to be run on a connection under any arm.

    ``backend_cpu`` is the schedstat file of this connection's backend, None for no CPU clock.
    """

    connection: db.Connection
    statement: str
    values: Sequence[str | None] = ()
    backend_cpu: Path | None = None

    def run(self, arm: Arm, loops: int = 1) -> Run:
        """One run under ``arm``; raises StatementError, or ArmTimedOut after statement_timeout."""
        try:
            with db.rolled_back(self.connection):
                arm.enter(self.connection)
                if _writes(self._explain(1)[0]["Plan"]):
                    self._rehearse()
                readings = [self._read()]
                if self.backend_cpu:
                    self._explain(loops)
                readings.append(self._read())
                plans = self._explain(loops, self._analyze())
                readings.append(self._read())
        except TimedOut as error:
            raise ArmTimedOut(arm, str(error)) from error
        wall_ms = max(sum(plan["Execution Time"] for plan in plans) / loops, LEAST_MS)
        cpu_ms, waiting_ms = _cpu_and_waiting(readings, loops, wall_ms)
        return Run(
            arm=arm.name,
            wall_ms=wall_ms,
            cpu_ms=cpu_ms,
            waiting_ms=waiting_ms,
            buffers=_buffers(plans[-1]["Plan"]),
            workers=max(_count(plan["Plan"], "Workers Launched") for plan in plans),
            loops=loops,
            writes=_writes(plans[-1]["Plan"]),
            explained=plans[-1] if wall_ms >= LONG_MS else None,
        )

    def picture(self, arm: Arm, *, analyze: bool = True) -> Plan:
        """The plan under ``arm``; ``analyze`` runs it once more and times every step.

        Timing may carry a slow statement over the time limit: then the plan comes without times.
        """
        try:
            with db.rolled_back(self.connection):
                arm.enter(self.connection)
                return explain(self.connection, self.statement, self.values, analyze=analyze)
        except TimedOut:
            if not analyze:
                raise
        return self.picture(arm, analyze=False)

    def _rehearse(self) -> None:
        """Run the statement once and undo it."""
        self.connection.execute("SAVEPOINT rehearsal")
        self._explain(1, self._analyze())
        self.connection.execute("ROLLBACK TO SAVEPOINT rehearsal")

    def _explain(self, times: int, prefix: str = PLAN_ONLY) -> list[dict[str, Any]]:
        answers = db.run_repeated(self.connection, self.statement, self.values, prefix, times=times)
        return [rows[0][0][0] for rows in answers]

    def _analyze(self) -> str:
        """The prefix of a measured run; from 17 on the result is turned into text as well."""
        new = db.server_version(self.connection) >= SERIALIZES
        options = f"ANALYZE, TIMING OFF, BUFFERS, FORMAT JSON{', SERIALIZE TEXT' if new else ''}"
        return f"/*workbench*/ EXPLAIN ({options}) "

    def _read(self) -> clock.Reading | None:
        return clock.read(self.backend_cpu) if self.backend_cpu else None


def loops_for(runs: Sequence[Run]) -> int:
    """How often to run within one sample, so that the slowest of ``runs`` fills about 2 ms.

    It is the same for every arm, and 1 for statements that write or lock: the second execution in
    a transaction meets the rows of the first.
    """
    if any(run.writes for run in runs):
        return 1
    slowest = max(run.wall_ms for run in runs)
    return max(1, min(MAX_LOOPS, round(SAMPLE_MS / slowest)))


def sample_interleaved(
    subject: Subject, arms: Sequence[Arm], *, seed: int = 0, loops: int = 1
) -> Iterator[dict[str, Run]]:
    """Endless rounds: one run under each arm, by name in the order in which they ran.

    The order is random in every round, so that neither drift nor what the arm before left in the
    caches favours one of them. Raises what ``Subject.run`` raises.
    """
    order = random.Random(seed)
    while True:
        yield {arm.name: subject.run(arm, loops) for arm in order.sample(list(arms), k=len(arms))}


def choose_basis(samples: Sequence[Sequence[Run]]) -> tuple[Basis, str]:
    """Which clock a comparison of these arms' runs may stand on, and why."""
    for runs in samples:
        if any(run.cpu_ms is None for run in runs):
            return "wall", "the CPU time of the server process cannot be read from here"
        if any(run.workers for run in runs):
            return "wall", "parallel workers ran, whose CPU time is not counted"
        share = median([(run.waiting_ms or 0.0) / run.wall_ms for run in runs])
        if share > WAITING_SHARE:
            return "wall", f"the server spent {share:.0%} of the time waiting for disk or locks"
    return "cpu", "CPU time of the server process, which other load disturbs least"


def time_ms(run: Run, basis: Basis) -> float:
    """The run's time on the chosen clock."""
    return run.wall_ms if basis == "wall" or run.cpu_ms is None else run.cpu_ms


def _cpu_and_waiting(
    readings: Sequence[clock.Reading | None], loops: int, wall_ms: float
) -> tuple[float | None, float | None]:
    """CPU and waiting time of one execution, from readings before, between and after."""
    before, planned, done = readings
    if before is None or planned is None or done is None:
        return None, None
    planning_ns = planned.cpu_ns - before.cpu_ns
    cpu_ms = (done.cpu_ns - planned.cpu_ns - planning_ns) / 1e6 / loops
    queued_ms = (done.queued_ns - planned.queued_ns) / 1e6 / loops
    return max(cpu_ms, LEAST_MS), max(wall_ms - cpu_ms - queued_ms, 0.0)


def _writes(root: dict[str, Any]) -> bool:
    """Whether a plan writes or locks rows, so that running it again is not the same."""
    return any(node["Node Type"] in ONCE_ONLY for node in _walk(root))


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _walk(child)


def _count(node: dict[str, Any], key: str) -> int:
    return sum(each.get(key, 0) for each in _walk(node))


def _buffers(root: dict[str, Any]) -> int:
    """Pages touched, in memory or not; the root's figures include those below it."""
    kinds = ("Shared Hit Blocks", "Shared Read Blocks", "Local Hit Blocks", "Local Read Blocks")
    return sum(root.get(kind, 0) for kind in kinds)
