"""CPU time of statements under sets of indexes, all sets in turn within one run."""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from scoring.sets import Built
from workbench import db
from workbench.errors import StatementError, TimedOut
from workbench.measurement import clock
from workbench.measurement.runs import Arm, ArmTimedOut, Run, Subject, loops_for
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.workload.query import Query

LEAST_ROUNDS, MOST_ROUNDS = 5, 15
STATEMENT_S, MOST_STATEMENT_S = 2.0, 30.0
SLOW_MS = 1000.0
WRITE_TURNS = 4
SLOW_WRITE_MS = 100.0


class OutOfTime(Exception):
    """The seconds for the whole run are used up."""


@dataclass
class Clock:
    """The whole run's deadline and one run's cap; tells stderr what takes the time."""

    ends_s: float
    cap_s: float
    _phase: str = ""
    _since_s: float = field(default_factory=perf_counter)

    def check(self) -> None:
        if perf_counter() > self.ends_s:
            raise OutOfTime("the seconds for the whole run are used up")

    def progress(self, what: str, done: int, total: int) -> None:
        """A progress callback that ends what it watches at the deadline."""
        self.check()
        if what != self._phase:
            self.phase(what)

    def phase(self, what: str) -> None:
        """Say how long the phase before took; an empty ``what`` ends the last one."""
        now_s = perf_counter()
        if self._phase:
            print(f"  {now_s - self._since_s:7.1f} s {self._phase}", file=sys.stderr)
        self._phase, self._since_s = what, now_s


@dataclass
class Timed:
    """One statement: a sample of times for each set, None standing for no index at all.

    ``ms`` are CPU milliseconds, of the wall clock where there is no CPU clock; a run that reached
    the cap counts as the cap and its set is in ``capped``. ``costs`` are the planner's, ``used``
    holds the set's indexes in its plan.
    """

    query: Query
    writes: bool = False
    costs: dict[int | None, float] = field(default_factory=dict)
    plans: dict[int | None, str] = field(default_factory=dict)
    used: dict[int | None, tuple[str, ...]] = field(default_factory=dict)
    ms: dict[int | None, list[float]] = field(default_factory=dict)
    capped: set[int | None] = field(default_factory=set)


def planned(built: Built, queries: Sequence[Query]) -> list[Timed]:
    """The plan of each statement under each set; statements that fail are left out."""
    found = []
    for query in queries:
        timed = Timed(query)
        with suppress(StatementError, TimedOut):
            for number in (None, *built.indexes):
                with db.rolled_back(built.connection):
                    built.showing(number)(built.connection)
                    plan = explain(built.connection, query.text, query.values)
                timed.costs[number] = plan.cost or 0.0
                timed.plans[number] = f"{plan.cost}\n{plan}"
                timed.used[number] = tuple(built.definitions(plan.index_names))
                timed.writes = timed.writes or _writes(plan)
            found.append(timed)
    return found


def _writes(plan: Plan) -> bool:
    return any(node.node_type == "ModifyTable" for node in plan.walk())


def measure_reads(built: Built, timed: Timed, cpu: Path | None, limit: Clock) -> None:
    """Run a statement under each set in turn; sets that give the same plan share its runs."""
    query, connection = timed.query, built.connection
    subject = Subject(connection, query.text, query.values, cpu)
    leads: dict[str, int | None] = {}
    for number, plan in timed.plans.items():
        leads.setdefault(plan, number)
    arms = {lead: Arm(f"set {lead}", built.showing(lead)) for lead in leads.values()}
    with db.settings(connection, statement_timeout=round(limit.cap_s * 1000)):
        for lead, ms in _rounds(subject, arms, limit):
            if ms is None:
                timed.capped.add(lead)
            timed.ms.setdefault(lead, []).append(limit.cap_s * 1000 if ms is None else ms)
    for number, plan in timed.plans.items():
        lead = leads[plan]
        timed.ms[number] = timed.ms[lead]
        if lead in timed.capped:
            timed.capped.add(number)


def _rounds(
    subject: Subject, arms: dict[int | None, Arm], limit: Clock
) -> Iterator[tuple[int | None, float | None]]:
    """The set and the time of each run; a set whose run reached the cap is not run again."""
    order, started = random.Random(0), perf_counter()
    running = dict.fromkeys(arms, 1)
    for turn in range(MOST_ROUNDS + 1):
        spent = perf_counter() - started
        if turn > 1 and spent > (STATEMENT_S if turn > LEAST_ROUNDS else MOST_STATEMENT_S):
            return
        for lead in order.sample(list(running), k=len(running)):
            limit.check()
            try:
                run = subject.run(arms[lead], running[lead])
            except ArmTimedOut:
                del running[lead]
                started += limit.cap_s  # that the others still get their share
                yield lead, None
                continue
            if turn == 0:  # it fills the caches and tells how often to run
                running[lead] = loops_for([run])
            if turn or run.wall_ms > SLOW_MS:
                yield lead, _ms(run)


def _ms(run: Run) -> float:
    return run.wall_ms if run.cpu_ms is None else run.cpu_ms


def measure_writes(built: Built, timed: Timed, cpu: Path | None, limit: Clock) -> None:
    """Run a statement that writes with only one set there at a time; the others are dropped.

    Hiding is no use here, because a hidden index is maintained. Everything is rolled back, and what
    that leaves behind is vacuumed after each round.
    """
    order, started = random.Random(0), perf_counter()
    numbers = list(timed.plans)
    with db.settings(built.connection, statement_timeout=round(limit.cap_s * 1000)):
        for turn in range(MOST_ROUNDS + 1):
            if turn > LEAST_ROUNDS and perf_counter() - started > 2 * STATEMENT_S:
                break
            for number in order.sample(numbers, k=len(numbers)):
                limit.check()
                try:
                    ms = _write(built, timed.query, built.leaving(number), cpu)
                except TimedOut:
                    timed.capped.add(number)
                    ms = limit.cap_s * 1000
                if turn:
                    timed.ms.setdefault(number, []).append(ms)
            _vacuum(built.connection)


def _write(
    built: Built, query: Query, enter: Callable[[db.Connection], None], cpu: Path | None
) -> float:
    """The fastest of a few runs in one transaction; the first fills the caches DROP emptied."""
    connection, times = built.connection, []
    with db.rolled_back(connection):
        enter(connection)
        for _ in range(WRITE_TURNS):
            connection.execute("SAVEPOINT run")
            before = _now_ms(cpu)
            db.run_statement(connection, query.text, query.values)
            times.append(_now_ms(cpu) - before)
            connection.execute("ROLLBACK TO run")
            if times[0] > SLOW_WRITE_MS:
                break
    return min(times)


def _now_ms(cpu: Path | None) -> float:
    return clock.read(cpu).cpu_ns / 1e6 if cpu else perf_counter() * 1000


def _vacuum(connection: db.Connection) -> None:
    with db.settings(connection, statement_timeout=0):
        connection.execute("VACUUM")
