"""Is the verdict right? False alarms of equal arms, and how often a true 10 % is found.

    python benchmarks/measuring.py            200 comparisons of equal arms, 100 of unequal ones
    python benchmarks/measuring.py --quick    a tenth of it

The statement sums over a range of rows through an index; the slower arm sums over so many more rows
that it needs 10 % more CPU time. The start of the executor does not grow with the rows, so what one
row needs is measured first. The exit status is 1 when a target is missed.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from workbench import servers
from workbench.db import Connection
from workbench.measurement.abtest import Arm, Comparison, Limits, compare
from workbench.measurement.runs import Subject, sample_interleaved, time_ms
from workbench.measurement.statistics import median
from workbench.session import on_stderr

STATEMENT = "SELECT sum(length(pad)) FROM measured WHERE id <= current_setting('bench.rows')::int"
MOST_FALSE_ALARMS, LEAST_FOUND = 0.01, 0.95
WITHIN_PAIRS = 40


@dataclass(frozen=True)
class Size:
    """A statement of about ``about_ms`` that reads ``rows``."""

    name: str
    about_ms: float
    rows: int


SIZES = (Size("fast", 0.2, 1_100), Size("medium", 5, 30_000))


def main() -> int:
    """Print a line for each size and kind of comparison; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the comparisons")
    parser.add_argument("--server", default="embedded", choices=["embedded", "container"])
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with (
        servers.start(options.server, "benchmark-measuring", on_stderr) as server,
        server.connect() as connection,
    ):
        cpu = server.backend_cpu(connection)
        print(f"{server.version} ({server.kind}), {os.cpu_count()} cores")
        print(f"load before {os.getloadavg()[0]:.1f}")
        prepare(connection)
        try:
            met = [check(connection, cpu, size, share) for size in SIZES]
        finally:
            connection.execute("DROP TABLE measured")
    print(f"load afterwards {os.getloadavg()[0]:.1f}")
    return 0 if all(met) else 1


def check(connection: Connection, cpu: Path | None, size: Size, share: int) -> bool:
    """Both kinds of comparison for one size; whether both targets are met."""
    equal = repeat(connection, cpu, (size.rows, size.rows), Limits(), 200 // share)
    alarms = sum(each.verdict in ("faster", "slower") for each in equal)
    quiet = alarms <= MOST_FALSE_ALARMS * len(equal)
    report(size, "equal arms", equal, f"false alarms {alarms} of {len(equal)}", "≤ 1 %", quiet)
    limits = Limits(pairs=WITHIN_PAIRS)
    more = rows_for_ten_percent(connection, cpu, size.rows)
    unequal = repeat(connection, cpu, (more, size.rows), limits, 100 // share)
    found = sum(each.verdict == "faster" for each in unequal)
    seen = found >= LEAST_FOUND * len(unequal)
    report(size, "10 % more", unequal, f"found {found} of {len(unequal)}", "≥ 95 %", seen)
    return quiet and seen


def repeat(
    connection: Connection, cpu: Path | None, rows: tuple[int, int], limits: Limits, times: int
) -> list[Comparison]:
    """So many comparisons of two arms that read ``rows``, each with a seed of its own."""
    before, after = arm("before", rows[0]), arm("after", rows[1])
    return [
        compare(
            connection,
            STATEMENT,
            before=before,
            after=after,
            backend_cpu=cpu,
            seed=seed,
            limits=limits,
        )
        for seed in range(times)
    ]


def rows_for_ten_percent(connection: Connection, cpu: Path | None, rows: int) -> int:
    """How many rows need 1.1 times the CPU time of ``rows``, by the slope of 1 to ``rows`` rows."""
    rounds = sample_interleaved(
        Subject(connection, STATEMENT, (), cpu), (arm("one", 1), arm("all", rows)), loops=5
    )
    runs = list(islice(rounds, 100))
    start_ms, all_ms = (
        median([time_ms(each[name], "cpu") for each in runs]) for name in ("one", "all")
    )
    return rows + round(0.1 * all_ms / (all_ms - start_ms) * rows)


def report(
    size: Size, kind: str, compared: Sequence[Comparison], score: str, target: str, met: bool
) -> None:
    """One line with the score, one with what the comparisons looked like."""
    ratios = sorted(each.speedup for each in compared if each.speedup)
    pairs = Counter(len(each.pairs) for each in compared)
    runs = [run for each in compared for pair in each.pairs for run in pair]
    print(f"{size.name:<7} {kind:<11} {score:<24} target {target:<7} {'met' if met else 'MISSED'}")
    print(
        f"        verdicts {dict(Counter(each.verdict for each in compared))}, pairs "
        f"{dict(sorted(pairs.items()))}, ratio {median(ratios):.3f} "
        f"({ratios[0]:.3f} to {ratios[-1]:.3f}), wall {median([r.wall_ms for r in runs]):.3g} ms, "
        f"basis {'/'.join(sorted({each.basis for each in compared}))}",
        flush=True,
    )


def prepare(connection: Connection) -> None:
    """The table that is summed over."""
    connection.execute("DROP TABLE IF EXISTS measured")
    connection.execute(
        "CREATE TABLE measured AS SELECT id, repeat('x', 50) AS pad "
        "FROM generate_series(1, 40000) AS id"
    )
    connection.execute("CREATE INDEX measured_id ON measured (id)")
    connection.execute("VACUUM ANALYZE measured")


def arm(name: str, rows: int) -> Arm:
    """An arm under which the statement reads so many rows."""

    def enter(connection: Connection) -> None:
        connection.execute("SELECT set_config('bench.rows', $1, true)", [str(rows)])

    return Arm(name, enter)


if __name__ == "__main__":
    started = time.perf_counter()
    status = main()
    print(f"{time.perf_counter() - started:.0f} s")
    sys.exit(status)
