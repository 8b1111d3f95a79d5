"""How long the advisor takes for a set of indexes, and where the seconds go.

    python benchmarks/seconds.py [--workload todos|…] [--quick]

25 statements on more than a million rows by estimates only, 25 statements at scale small with the
proof, and the 99 of TPC-DS with the proof, which ``--quick`` leaves out. Databases are made before
the clock starts. The exit status is 1 when a target is missed.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from scoring import tpcds, workloads

from workbench import datasets
from workbench.indexes.advise import Options
from workbench.indexes.reading import read
from workbench.session import silent
from workbench.workload.query import Query

STATEMENTS = 25
ESTIMATED_S, PROVEN_S, LARGE_S = 60.0, 180.0, 900.0
PHASES = {
    "planning": "read",
    "building small models": "weigh",
    "weighing candidates": "weigh",
    "building candidates": "build",
    "asking the planner": "search",
    "timing plans": "time",
    "measuring": "prove",
}


@dataclass
class Phases:
    """Seconds by phase; what is not named belongs to the phase under way."""

    seconds: dict[str, float] = field(default_factory=lambda: {"read": 0.0})
    _phase: str = "read"
    _since_s: float = field(default_factory=perf_counter)

    def progress(self, what: str, done: int, total: int) -> None:
        now_s = perf_counter()
        self.seconds[self._phase] = self.seconds.get(self._phase, 0.0) + now_s - self._since_s
        self._phase, self._since_s = PHASES.get(what, self._phase), now_s


@dataclass(frozen=True)
class Task:
    """A workload, how many of its statements, whether with the proof, and the most seconds."""

    workload: str
    scale: str
    statements: int
    measure: bool
    most_s: float


def main() -> int:
    """Print a line for each task; 1 when one took too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [spec.name for spec in datasets.available()]
    parser.add_argument("--workload", default="learning", choices=names)
    parser.add_argument("--quick", action="store_true", help="without TPC-DS")
    parser.add_argument("--server", default="embedded", choices=["embedded", "container"])
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    met = [_run(task, options.server) for task in _tasks(options.workload, options.quick)]
    return 0 if all(met) else 1


def _tasks(workload: str, quick: bool) -> Iterator[Task]:
    yield Task(workload, "medium", STATEMENTS, False, ESTIMATED_S)
    yield Task(workload, "small", STATEMENTS, True, PROVEN_S)
    if not quick:
        yield Task(tpcds.NAME, tpcds.SCALE, 99, True, LARGE_S)


def _run(task: Task, server: str) -> bool:
    """Advise once; whether it was quick enough."""
    with workloads.opened(task.workload, task.scale, server) as workload:
        queries = [each for each in workload.statements if isinstance(each, Query)]
        asked, database = queries[: task.statements], workload.database
        rows = sum(
            table.rows for table in read(database.connection, asked, silent).catalog.tables.values()
        )
        phases, started_s = Phases(), perf_counter()
        advice = database.advise(asked, Options(measure=task.measure), phases.progress)
        phases.progress("", 0, 0)
        seconds = perf_counter() - started_s
    parts = ", ".join(f"{name} {part:.0f}" for name, part in phases.seconds.items())
    how = "proven" if task.measure else "estimated"
    print(
        f"{workload.name}, {len(asked)} statements, {rows:,.0f} rows, "
        f"{how}: {seconds:.0f} s of {task.most_s:g} ({parts}); "
        f"{len(advice.indexes)} indexes, {advice.search.plans_asked} plans",
        flush=True,
    )
    return seconds <= task.most_s


if __name__ == "__main__":
    sys.exit(main())
