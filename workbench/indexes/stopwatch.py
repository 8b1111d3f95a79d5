"""Quick times of statements under sets of candidates, for the search; the proof comes later.

The search may take so many seconds: half of them in equal parts for all statements, the other half
for those that ask for more. Without any candidate every statement is timed, whatever it takes. What
the search makes of what it may not time is seen in the proof.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from workbench.db import Connection
from workbench.errors import StatementError, TimedOut
from workbench.indexes.costs import Set
from workbench.indexes.whatif import Trial
from workbench.measurement.runs import Arm, Run, Subject, loops_for, time_ms
from workbench.measurement.statistics import median
from workbench.workload.query import Query

SECONDS = 180.0
RUNS, SHORT_RUNS = 3, 9
SHARE = 4  # of a statement's part of the seconds, for the runs of one plan
LONGEST_S = 15.0  # a search need not know how much longer
SLOW_MS, SHORT_MS = 500.0, 20.0
ONCE_MS = 5000.0
LEAST_CAP_MS = 50.0
REMEMBERED = 20


@dataclass
class Stopwatch:
    """Milliseconds of a statement with some candidates visible; infinite beyond a cap.

    None when the statement has had its part and no more is left; ``untimed`` has what was asked
    for then.
    """

    trial: Trial
    queries: Mapping[str, Query]
    backend_cpu: Path | None
    timeout_s: float
    progress: Callable[[str, int, int], None]
    seconds: float = SECONDS
    untimed: set[tuple[str, Set]] = field(default_factory=set)
    _spent_s: dict[str, float] = field(default_factory=dict)
    _granted: set[str] = field(default_factory=set)
    _stretches: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    @property
    def _longest_ms(self) -> float:
        """The longest that any statement is run."""
        return 1000 * min(self.timeout_s, LONGEST_S)

    def __call__(self, name: str, visible: Set, cap_ms: float) -> float | None:
        """Median of a few runs after a warm-up, by CPU time where it can be read."""
        self.progress("timing plans", 0, 0)
        if visible and self._over(name):
            if name not in self._granted:
                self.untimed.add((name, visible))
                return None
            self._granted.remove(name)
        started = perf_counter()
        found_ms = self._timed(name, visible, cap_ms)
        if visible:
            self._spent_s[name] = self._spent_s.get(name, 0.0) + perf_counter() - started
        return found_ms

    def once_more(self, name: str) -> None:
        """Let a statement be timed once more, whatever it had: a guess was not good enough."""
        self._granted.add(name)

    @property
    def _part_s(self) -> float:
        """What every statement may take."""
        return self.seconds / 2 / len(self.queries)

    def _over(self, name: str) -> bool:
        """Whether there is no more time for this statement."""
        more_s = sum(max(0.0, spent_s - self._part_s) for spent_s in self._spent_s.values())
        return self._spent_s.get(name, 0.0) >= self._part_s and more_s >= self.seconds / 2

    def _timed(self, name: str, visible: Set, cap_ms: float) -> float:
        query, connection = self.queries[name], self.trial.connection
        subject = Subject(connection, query.text, query.values, self.backend_cpu)
        limit_ms = max(LEAST_CAP_MS, min(cap_ms * self._stretch(), self._longest_ms))
        limit = f"SET LOCAL statement_timeout = {round(limit_ms)}"

        def enter(_: Connection) -> None:
            self.trial.show(visible)
            connection.execute(limit)  # only now, or it could cancel the hiding itself

        try:
            found_ms = self._time(subject, Arm("visible", enter))
        except TimedOut:
            found_ms = limit_ms
        except StatementError:
            return 1.0  # it fails with any index alike
        return math.inf if found_ms > cap_ms else found_ms

    def _time(self, subject: Subject, arm: Arm) -> float:
        started = perf_counter()
        first = self._run(subject, arm)
        if first.wall_ms > ONCE_MS:
            return time_ms(first, "cpu")
        runs = 1 if first.wall_ms > SLOW_MS else RUNS if first.wall_ms > SHORT_MS else SHORT_RUNS
        runs = min(runs, int(self._part_s / SHARE / (perf_counter() - started)))
        if not runs:
            return time_ms(first, "cpu")
        loops = loops_for([first])
        return median([time_ms(self._run(subject, arm, loops), "cpu") for _ in range(runs)])

    def _run(self, subject: Subject, arm: Arm, loops: int = 1) -> Run:
        run = subject.run(arm, loops)
        if run.wall_ms > LEAST_CAP_MS:
            self._stretches.append(run.wall_ms / time_ms(run, "cpu"))
        return run

    def _stretch(self) -> float:
        """How much longer than its CPU time a statement may take: the machine may have more to do.

        A time limit can only be set on the wall clock.
        """
        return 2 * max(self._stretches, default=2.0)
