"""Quick times of statements under sets of candidates, for the search; the proof comes later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.db import Connection
from workbench.errors import StatementError, TimedOut
from workbench.indexes.costs import Set
from workbench.indexes.whatif import Trial
from workbench.measurement.runs import Arm, Subject, loops_for, time_ms
from workbench.measurement.statistics import median
from workbench.workload.query import Query

RUNS = 3
LONGEST_S = 15.0  # a search need not know how much longer
SLOW_MS = 500.0
LEAST_CAP_MS = 50


@dataclass(frozen=True)
class Stopwatch:
    """Milliseconds of a statement with some candidates visible; infinite beyond a cap."""

    trial: Trial
    queries: Mapping[str, Query]
    backend_cpu: Path | None
    timeout_s: float
    progress: Callable[[str, int, int], None]

    @property
    def _longest_ms(self) -> float:
        """The longest that any statement is run."""
        return 1000 * min(self.timeout_s, LONGEST_S)

    def __call__(self, name: str, visible: Set, cap_ms: float) -> float:
        """Median of a few runs after a warm-up, by CPU time where it can be read."""
        self.progress("timing plans", 0, 0)
        query, connection = self.queries[name], self.trial.connection
        subject = Subject(connection, query.text, query.values, self.backend_cpu)
        limit_ms = max(LEAST_CAP_MS, round(min(cap_ms, self._longest_ms)))
        limit = f"SET LOCAL statement_timeout = {limit_ms}"

        def enter(_: Connection) -> None:
            self.trial.show(visible)
            connection.execute(limit)  # only now, or it could cancel the hiding itself

        arm = Arm("visible", enter)
        try:
            first = subject.run(arm)
            if first.wall_ms > SLOW_MS:
                return time_ms(first, "cpu")
            loops = loops_for([first])
            return median([time_ms(subject.run(arm, loops), "cpu") for _ in range(RUNS)])
        except TimedOut:
            return limit_ms if cap_ms >= self._longest_ms else float("inf")
        except StatementError:
            return 1.0  # it fails with any index alike
