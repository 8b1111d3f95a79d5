"""How long the main job takes, cold and warm, and where the time goes; what ``--help`` costs.

    python benchmarks/main_job.py [--runs 5] [--server embedded|container]

Cold is a scratch area with nothing in it: the server is made and the dataset is drawn and loaded.
Warm is the next run. Each run is a process of its own; the phases are timed inside it and the whole
from outside. ``workbench --help`` is timed in turn with an import of pandas, plotly and sqlalchemy,
so that both meet the same load. The exit status is 1 when a target is missed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
QUERIES = ROOT / "datasets/todos/queries/open_todos.sql"
IMPORTS = "import pandas, plotly, sqlalchemy"
PHASES = {
    "planning": "plan",
    "building candidates": "build",
    "asking the planner": "search",
    "timing plans": "measure",
    "measuring": "measure",
    "pricing writes": "price",
}
MOST_COLD_S, MOST_WARM_S, LEAST_PAIRS, MOST_HELP_SHARE = 15.0, 4.0, 20, 0.25


class Stopwatch:
    """Seconds spent in each phase; a phase lasts until the next one is entered."""

    def __init__(self, phase: str) -> None:
        self.seconds: dict[str, float] = {}
        self._phase, self._since = phase, perf_counter()

    def enter(self, phase: str) -> None:
        now = perf_counter()
        self.seconds[self._phase] = self.seconds.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = phase, now

    def progress(self, what: str, done: int, total: int) -> None:
        """The callback of the advisor; what is not named here belongs to the phase under way."""
        self.enter(PHASES.get(what, self._phase))

    def loading(self, what: str, done: int, total: int) -> None:
        """The callback of the loader: the server has started by then; a warm run never calls."""
        self.enter("load")


def main() -> int:
    """Print the figures; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="warm runs; twice as many of --help")
    parser.add_argument("--server", default="embedded", choices=["embedded", "container"])
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(job(options.server)))
        return 0
    print(f"{options.server}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    home = tempfile.mkdtemp(prefix="workbench-benchmark-")
    Path(home).chmod(0o755)
    environment = os.environ | {"WORKBENCH_HOME": home}
    try:
        met = report_job(options.server, options.runs, environment)
    finally:
        clean = [sys.executable, "-m", "workbench", "server", "clean", "--yes"]
        subprocess.run(clean, env=environment, stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(home)
    met += [report_help(options.runs * 2)]
    return 0 if all(met) else 1


def job(server: str) -> dict[str, object]:
    """The main job in this process: seconds by phase, and measured pairs by statement."""
    watch = Stopwatch("import")
    from workbench.session import open_server

    watch.enter("start")
    with open_server(server, notify=lambda _: None) as opened:
        database = opened.load("todos", progress=watch.loading)
        watch.enter("plan")
        advice = database.suggest_indexes(QUERIES, progress=watch.progress)
        watch.enter("stop")
    watch.enter("end")
    pairs = {query.name: query.after.runs for query in advice.queries if query.after}
    return {"seconds": watch.seconds, "pairs": pairs}


def report_job(server: str, runs: int, environment: dict[str, str]) -> list[bool]:
    """Print cold and warm; which targets are met."""
    command = [sys.executable, __file__, "--once", "--server", server]
    (cold_s, cold), *warm = [timed_job(command, environment) for _ in range(runs + 1)]
    warm_s = median(seconds for seconds, _ in warm)
    spread = f"{min(s for s, _ in warm):.2f} to {max(s for s, _ in warm):.2f}"
    pairs = warm[0][1]["pairs"]
    met = [
        target("cold", f"{cold_s:.2f} s", cold_s < MOST_COLD_S, f"< {MOST_COLD_S:g} s"),
        target("warm", f"{warm_s:.2f} s ({spread})", warm_s < MOST_WARM_S, f"< {MOST_WARM_S:g} s"),
        target("pairs", str(pairs), min(pairs.values()) >= LEAST_PAIRS, f"≥ {LEAST_PAIRS} each"),
    ]
    print(f"warm/cold {warm_s / cold_s:.2f}")
    print("phase      cold           warm (median)")
    for phase in cold["seconds"]:
        first = cold["seconds"][phase]
        later = median(each["seconds"].get(phase, 0.0) for _, each in warm)
        print(
            f"{phase:<9} {first:6.2f} s {first / cold_s:5.0%}  {later:6.2f} s {later / warm_s:5.0%}"
        )
    return met


def timed_job(command: list[str], environment: dict[str, str]) -> tuple[float, dict[str, dict]]:
    """Seconds from outside, and what the job printed."""
    started = perf_counter()
    printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return perf_counter() - started, json.loads(printed)


def report_help(runs: int) -> bool:
    """Print what ``workbench --help`` takes of the time of the imports; whether that is little."""
    commands = {"--help": ["-m", "workbench", "--help"], "imports": ["-c", IMPORTS]}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, arguments in commands.items():
            started = perf_counter()
            subprocess.run(
                [sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True, cwd=ROOT
            )
            if turn:  # the first of each fills the file cache
                seconds[name].append(perf_counter() - started)
    share = median(seconds["--help"]) / median(seconds["imports"])
    for name, values in seconds.items():
        print(f"{name:<9} {median(values):6.3f} s ({min(values):.3f} to {max(values):.3f})")
    return target("--help", f"{share:.2f} of imports", share < MOST_HELP_SHARE, "< 0.25")


def target(what: str, figure: str, met: bool, wanted: str) -> bool:
    """Print a figure beside its target, and pass on whether it is met."""
    print(f"{what:<9} {figure:<28} target {wanted:<10} {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
