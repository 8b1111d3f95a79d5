"""How fast datasets are loaded, against COPY FROM of the same bytes ready on disk.

    python benchmarks/loading.py [NAME ...] [--scale medium] [--rounds 3] [--memory large]
    python benchmarks/loading.py --together

Four ways to fill the same empty tables take turns in one run, so that they meet the same load:
drawing the rows and copying them (what the workbench does), copying blocks that are ready, the
server's own COPY FROM file on as many connections as there are cores, and the same on one, table
after table: this is the base. Keys, VACUUM and ANALYZE are the same for all and timed once, with
everything else, as "all with keys". ``--memory`` loads one more time at that scale in a
process of its own and prints its peak memory. ``--together`` only times the command that loads a
dataset, for all of them one after the other at scale small, from an empty scratch area. The exit
status is 1 when a target is missed.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from psycopg import sql

from workbench import datasets, servers
from workbench.datasets import cache, generate
from workbench.datasets.copying import Job, Tally, copy_blocks, copy_table, identifier
from workbench.datasets.filling import Crew, make_tables
from workbench.datasets.load import ensure_loaded, silent
from workbench.db import Connection
from workbench.servers import Server

LEAST_DRAWN, LEAST_READY, MOST_MB, MOST_SECOND_START_S = 0.7, 0.95, 600, 0.5
MOST_TOGETHER_S = 20
CHUNK_BYTES = 4_000_000
BASE = "COPY FROM file"


@dataclass(frozen=True)
class Bench:
    """One dataset at one scale, its bytes ready in ``folder``."""

    server: Server
    spec: datasets.Spec
    scale: str
    folder: Path

    def arms(self) -> dict[str, tuple[int, Callable[[Crew, str], Job]]]:
        """The ways to fill a table, and on how many connections at once."""
        population = self.spec.population(self.scale)
        tally = Tally(silent, "", 0)

        def drawn(crew: Crew, table: str) -> Job:
            return partial(copy_table, population, table, tally, crew.stop)

        def ready(crew: Crew, table: str) -> Job:
            def job(connection: Connection) -> None:
                columns = population.stored(table)
                copy_blocks(connection, table, columns, chunks(self.file(table)), tally)

            return job

        def server_side(crew: Crew, table: str) -> Job:
            return partial(copy_file, table, population.stored(table), self.file(table))

        cores = os.cpu_count() or 1
        return {
            "drawn and copied": (cores, drawn),
            "ready blocks": (cores, ready),
            f"COPY FROM file, {cores}": (cores, server_side),
            BASE: (1, server_side),
        }

    def file(self, table: str) -> Path:
        return self.folder / f"{table}.csv"

    def write(self) -> int:
        """Writes all rows to files the server can read; returns their bytes."""
        population = self.spec.population(self.scale)
        for table in population.rows:
            with self.file(table).open("wb") as file:
                for _, text in generate.blocks(population, table):
                    file.write(text)
            self.file(table).chmod(0o644)
        return sum(self.file(table).stat().st_size for table in population.rows)

    def seconds(self, width: int, arm: Callable[[Crew, str], Job]) -> float:
        """How long one arm takes to fill all tables of an empty database."""
        with self.server.connect() as admin:
            admin.execute("DROP DATABASE IF EXISTS loading WITH (FORCE)")
            admin.execute("CREATE DATABASE loading TEMPLATE template0 ENCODING 'UTF8'")
        with self.server.connect("loading") as connection:
            make_tables(connection, self.spec)
        crew = Crew(partial(self.server.connect, "loading"), self.spec, width)
        rows = self.spec.rows(self.scale)
        jobs = [arm(crew, table) for table in sorted(rows, key=rows.__getitem__, reverse=True)]
        start = perf_counter()
        crew.run(jobs)
        return perf_counter() - start


def chunks(file: Path) -> Iterator[tuple[int, bytes]]:
    with file.open("rb") as text:
        while chunk := text.read(CHUNK_BYTES):
            yield 0, chunk


def copy_file(table: str, columns: list[str], file: Path, connection: Connection) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    copy = sql.SQL("COPY {} ({}) FROM {} (FORMAT csv, FREEZE)")
    with connection.transaction():
        connection.execute("SET LOCAL TimeZone = 'UTC'")
        connection.execute(sql.SQL("TRUNCATE {}").format(identifier(table)))
        connection.execute(copy.format(identifier(table), listed, sql.Literal(str(file))))


@contextmanager
def scratch(spec: datasets.Spec, scale: str) -> Iterator[Server]:
    key = f"loading-{cache.key(spec, scale)}"
    with servers.start("embedded", key, lambda line: print(line, file=sys.stderr)) as server:
        yield server


def measure(spec: datasets.Spec, scale: str, rounds: int) -> bool:
    """Prints the rates of one dataset; whether the targets are met."""
    total = sum(spec.rows(scale).values())
    with scratch(spec, scale) as server, tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        bench = Bench(server, spec, scale, Path(place))
        size = bench.write()
        arms = bench.arms()
        taken: dict[str, list[float]] = {name: [] for name in arms}
        for _ in range(rounds):
            for name, arm in arms.items():
                taken[name].append(bench.seconds(*arm))
        with server.connect() as admin:
            admin.execute("DROP DATABASE loading WITH (FORCE)")
        start = perf_counter()
        ensure_loaded(server.connect, spec, scale)
        whole = perf_counter() - start
    print(f"{spec.name} {scale}: {total:,} rows, {size / 1e6:,.0f} MB")
    base = median(taken[BASE])
    ratios = {name: base / median(seconds) for name, seconds in taken.items()}
    for name, seconds in taken.items():
        rate = total / median(seconds) / 1000
        print(f"  {name:20} {rate:7.0f} k rows/s   {ratios[name]:5.2f} of {BASE}")
    print(f"  {'all with keys':20} {total / whole / 1000:7.0f} k rows/s   in {whole:.1f} s")
    return ratios["drawn and copied"] >= LEAST_DRAWN and ratios["ready blocks"] >= LEAST_READY


def second_start(spec: datasets.Spec, scale: str) -> bool:
    """Prints how long a loaded dataset takes from nothing running to a connection."""
    start = perf_counter()
    with scratch(spec, scale) as server, server.connect(ensure_loaded(server.connect, spec, scale)):
        seconds = perf_counter() - start
    print(f"  second start         {seconds:7.2f} s")
    return seconds <= MOST_SECOND_START_S


def peak(name: str, scale: str) -> bool:
    """Prints the peak memory of a process that loads the dataset."""
    code = f"import loading; loading.load_alone({name!r}, {scale!r})"
    here = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", code], cwd=here, check=True, capture_output=True)
    megabytes = float(done.stdout)
    print(f"{name} {scale}: peak memory {megabytes:,.0f} MB")
    return megabytes <= MOST_MB


def load_alone(name: str, scale: str) -> None:
    spec = datasets.open(name)
    with scratch(spec, scale) as server:
        ensure_loaded(server.connect, spec, scale)
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def together(names: list[str]) -> bool:
    """Prints how long the command takes to load each dataset at scale small, cold; and all."""
    command = [sys.executable, "-m", "workbench", "datasets", "load"]
    total = 0.0
    for name in names:
        start = perf_counter()
        subprocess.run([*command, name], check=True, stdout=subprocess.DEVNULL)
        seconds = perf_counter() - start
        print(f"{name:20} {seconds:7.2f} s")
        total += seconds
    load = os.getloadavg()[0]
    print(f"{'together':20} {total:7.2f} s, target {MOST_TOGETHER_S} s, load average {load:.1f}")
    return total <= MOST_TOGETHER_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=[spec.name for spec in datasets.available()])
    parser.add_argument("--scale", default="medium")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", metavar="SCALE")
    parser.add_argument("--together", action="store_true")
    asked = parser.parse_args()
    met = []
    with tempfile.TemporaryDirectory(prefix="workbench-loading-") as home:
        Path(home).chmod(0o755)
        os.environ["WORKBENCH_HOME"] = home
        if asked.together:
            return 0 if together(asked.names) else 1
        for name in asked.names:
            spec = datasets.open(name)
            met += [measure(spec, asked.scale, asked.rounds), second_start(spec, asked.scale)]
            if asked.memory:
                met.append(peak(name, asked.memory))
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
