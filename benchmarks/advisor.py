"""What the advisor's index sets are worth beside an expert's, the published one and any other.

    python benchmarks/advisor.py [--workload todos|…|tpch|tpcds|FOLDER|all] [--scale small]
        [--budgets none,25%,10%,expert] [--indexes FILE.sql …] [--no-measure|--measured]

One row for each workload and set: planner cost and CPU time after/before, weighted; the geometric
mean of the speed-ups; how many statements are slower; bytes beside those of the tables; the time of
the workload's own writes after/before; what the search took. First by the planner alone, which is
quick, then with everything measured. The score does not use the advisor's own figures: every set is
really built, and all sets take turns in one run. The exit status is 1 when a set makes a statement
slower or a statement of ours fails.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter

from scoring import sets as index_sets
from scoring import workloads
from scoring.score import Case, Sample, Score, cost_ratio, score
from scoring.sets import Built, IndexSet
from scoring.times import Clock, OutOfTime, Timed, measure_reads, measure_writes, planned
from scoring.workloads import Workload

from workbench.errors import WorkbenchError
from workbench.indexes.advise import Options
from workbench.indexes.reading import read
from workbench.session import silent

HEAD = (
    f"{'set':<22} {'n':>3} {'bytes':>7} {'cost':>7} {'time':>7} {'tame':>7} {'faster':>8} "
    f"{'slower':>6} {'writes':>7} {'plans':>6} {'s':>6}"
)


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    set: IndexSet
    indexes: int
    bytes_share: float
    cost_ratio: float | None
    score: Score | None

    @property
    def name(self) -> str:
        return f"{self.set.name} {self.set.budget}".strip()

    def __str__(self) -> str:
        given, measured = self.set, self.score
        figures = [None] * 5
        if measured:
            figures = [
                measured.time_ratio,
                measured.time_ratio_without_runaways if measured.runaways else None,
                measured.speedup,
                len(measured.slower),
                measured.write_ratio,
            ]
        time, tame, speedup, slower, writes = figures
        return (
            f"{self.name:<22} {self.indexes:>3} {self.bytes_share:>7.1%} "
            f"{_number(self.cost_ratio, '.4f'):>7} {_number(time, '.4f'):>7} "
            f"{_number(tame, '.4f'):>7} {_number(speedup, '.2f', 'x'):>8} {_number(slower):>6} "
            f"{_number(writes, '.2f'):>7} {_number(given.planner_calls):>6} "
            f"{_number(given.seconds, '.1f'):>6}"
        )


def main() -> int:
    """Print the tables; 1 when a statement became slower or failed."""
    options = _options()
    started = perf_counter()
    benchmark = Benchmark(options, Clock(started + options.seconds, options.cap))
    names = workloads.NAMES if options.workload == "all" else (options.workload,)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    try:
        for measure in _passes(options):
            for name in names:
                with workloads.opened(name, options.scale, options.server) as workload:
                    benchmark.compare(workload, measure)
    except OutOfTime as error:
        print(f"{name}: {error}")
        benchmark.met = False
    if options.output:
        text = json.dumps(benchmark.report, indent=1, ensure_ascii=False)
        options.output.write_text(text, encoding="utf-8")
    print(f"{perf_counter() - started:.0f} s in all")
    return 0 if benchmark.met else 1


def _passes(options: argparse.Namespace) -> list[bool]:
    """Whether to measure, for each pass over the workloads."""
    return [False] * (not options.measured) + [True] * (not options.no_measure)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    which = f"{', '.join(workloads.NAMES)}, a folder with schema.sql and queries, or all"
    parser.add_argument("--workload", default="all", type=_workload, help=which)
    parser.add_argument(
        "--scale", default="small", help="of the datasets; TPC-H and TPC-DS have theirs"
    )
    budgets = "for the advisor, by commas: none, a share, a size, expert (the bytes of expert.sql)"
    parser.add_argument("--budgets", default="none,25%,10%", help=budgets.replace("%", "%%"))
    more = "another set of CREATE INDEX statements, scored the same way"
    parser.add_argument(
        "--indexes", nargs="+", type=Path, default=[], metavar="FILE.sql", help=more
    )
    passes = parser.add_mutually_exclusive_group()
    passes.add_argument("--no-measure", action="store_true", help="only by the planner's costs")
    passes.add_argument("--measured", action="store_true", help="not by the planner's costs first")
    also = "measure the sets found by cost as well"
    parser.add_argument("--estimated", action="store_true", help=also)
    parser.add_argument("--seconds", type=float, default=3600, help="for the whole run")
    parser.add_argument("--cap", type=float, default=60, help="seconds for one run of a statement")
    parser.add_argument("--server", default="embedded", choices=["embedded", "container"])
    parser.add_argument("--output", type=Path, help="a file for every figure as JSON")
    return parser.parse_args()


def _workload(name: str) -> str:
    return name if name == "all" else workloads.known(name)


@dataclass
class Benchmark:
    """One run of this script; ``met`` says whether nothing failed or became slower so far."""

    options: argparse.Namespace
    limit: Clock
    met: bool = True
    report: list[dict[str, object]] = field(default_factory=list)
    estimated: dict[str, list[IndexSet]] = field(default_factory=dict)

    def compare(self, workload: Workload, measure: bool) -> None:
        """Find all sets, build them, print a row for each and what a reader should look at."""
        connection = workload.database.connection
        index_sets.sweep(connection)
        how = "measured" if measure else "by planner cost"
        print(f"\n{workload.name}, {how}\n{HEAD}", flush=True)
        given = list(self._sets(workload, measure))
        self.limit.phase(f"building {len(given)} sets and scoring them")
        reading = read(connection, workload.statements, silent)
        heap = index_sets.heap_bytes(connection)
        with index_sets.built(connection, given) as built:
            timed = planned(built, reading.queries)
            failed = run(workload, built, timed, self.limit) if measure else []
            rows = [_row(built, number, each, timed, heap) for number, each in enumerate(given)]
        self.limit.phase("")
        failed += [str(failure) for failure in reading.failures] + built.failed
        print(*rows, *(f"  {line}" for line in (*failed, *remarks(rows, timed))), sep="\n")
        self.report.append(_report(workload, measure, rows, built, timed))
        self.met &= not failed and not any(row.score and row.score.slower for row in rows)

    def _sets(self, workload: Workload, measure: bool) -> Iterator[IndexSet]:
        """Ours, those beside the dataset, those of the command line."""
        ours = list(self._ours(workload, measure))
        yield from ours
        if not measure:
            self.estimated[workload.name] = [replace(each, name="estimated") for each in ours]
        elif self.options.estimated:
            yield from self.estimated.get(workload.name, ())
        files = workload.sets | {path.stem: path for path in self.options.indexes}
        for name, path in files.items():
            yield IndexSet(name, "", path.read_text(encoding="utf-8"))

    def _ours(self, workload: Workload, measure: bool) -> Iterator[IndexSet]:
        """The advisor's own set for each budget."""
        for budget in filter(None, self.options.budgets.split(",")):
            size: str | None = None if budget == "none" else budget
            if budget == "expert":
                if "expert" not in workload.sets:
                    continue
                text = workload.sets["expert"].read_text(encoding="utf-8")
                size = f"{index_sets.size_bytes(workload.database.connection, text)}B"
            asked = Options.parse(size, None, None, measure, 0, self.limit.cap_s)
            started = perf_counter()
            advice = workload.database.advise(
                workload.statements, asked, progress=self.limit.progress
            )
            seconds = perf_counter() - started
            yield IndexSet(
                "workbench",
                budget,
                advice.to_sql(),
                advice.search.plans_asked,
                seconds,
                tuple((each.ddl, each.reason) for each in advice.rejected),
            )


def run(workload: Workload, built: Built, timed: Sequence[Timed], limit: Clock) -> list[str]:
    """Measure every statement, reads first, because writes leave dead rows; what failed."""
    cpu = workload.database.server.backend_cpu(built.connection)
    failed: dict[str, list[str]] = {}
    for each in sorted(timed, key=lambda each: each.writes):
        try:
            (measure_writes if each.writes else measure_reads)(built, each, cpu, limit)
        except (WorkbenchError, OutOfTime) as error:
            each.ms.clear()
            failed.setdefault(str(error), []).append(each.query.name)
    return [f"not measured, {why}: {', '.join(names)}" for why, names in failed.items()]


def _row(built: Built, number: int, given: IndexSet, timed: Sequence[Timed], heap: int) -> Row:
    reads = [each for each in timed if not each.writes]
    costs = cost_ratio(
        {each.query.name: each.query.weight for each in reads},
        {each.query.name: each.costs[None] for each in reads},
        {each.query.name: each.costs[number] for each in reads},
    )
    measured = [each for each in timed if number in each.ms]
    figures = score(
        [_case(each, number) for each in measured if not each.writes],
        [_case(each, number) for each in measured if each.writes],
    )
    share = built.size_bytes(number) / heap
    return Row(given, len(built.indexes[number]), share, costs, figures if measured else None)


def _case(timed: Timed, number: int) -> Case:
    before, after = (Sample(timed.ms[each], each in timed.capped) for each in (None, number))
    return Case(timed.query.name, timed.query.weight, before, after)


def remarks(rows: Sequence[Row], timed: Sequence[Timed]) -> Iterator[str]:
    """What became slower, and where another set is faster than our first one."""
    if rows and rows[0].score and rows[0].score.runaways:
        yield f"runaways: {', '.join(rows[0].score.runaways)}"
    for row in rows:
        if row.score and row.score.slower:
            yield f"slower with {row.name}: {', '.join(row.score.slower)}"
    if rows and rows[0].score:
        yield from losses(timed, [row.name for row in rows])


def losses(timed: Sequence[Timed], names: Sequence[str]) -> Iterator[str]:
    """Statements that another set makes faster than the first one, the dearest first, and how."""
    found = []
    for each in timed:
        if each.writes or 0 not in each.ms:
            continue
        times = [_case(each, number).after.median_ms for number in range(len(names))]
        best = min(range(len(names)), key=lambda number: times[number])
        if times[0] > 1.2 * times[best] + 0.02:
            found.append((each.query.weight * (times[0] - times[best]), each, best, times))
    for lost_ms, each, best, times in sorted(found, key=lambda loss: -loss[0]):
        before_ms = _case(each, 0).before.median_ms
        yield (
            f"{each.query.name}: {before_ms:.3f} ms, with {names[0]} {times[0]:.3f}, with "
            f"{names[best]} {times[best]:.3f} (x {each.query.weight:g} = {lost_ms:.0f} ms)"
        )
        yield f"    it uses {'; '.join(each.used[best]) or 'none'}"
        yield f"    not     {'; '.join(each.used[0]) or 'none'}"


def _report(
    workload: Workload, measure: bool, rows: Sequence[Row], built: Built, timed: Sequence[Timed]
) -> dict[str, object]:
    """Everything that is known, for a program."""
    return {
        "workload": workload.name,
        "measured": measure,
        "sets": [
            asdict(row) | {"built": [asdict(made) for made in built.indexes[number]]}
            for number, row in enumerate(rows)
        ],
        "statements": [
            {
                "name": each.query.name,
                "sql": each.query.text,
                "weight": each.query.weight,
                "writes": each.writes,
                "costs": [each.costs[number] for number in (None, *built.indexes)],
                "ms": [each.ms.get(number) for number in (None, *built.indexes)],
                "plans": [each.plans[number] for number in (None, *built.indexes)],
                "capped": [number in each.capped for number in (None, *built.indexes)],
            }
            for each in timed
        ],
    }


def _number(value: float | None, form: str = "d", unit: str = "") -> str:
    return "-" if value is None else f"{value:{form}}{unit}"


if __name__ == "__main__":
    sys.exit(main())
