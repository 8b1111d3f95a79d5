"""Statements under several sets of indexes, measured in turn on the server's own clock.

All indexes of an experiment are built once and hidden or shown within each measured run; they are
dropped when the experiment ends, and swept at the next start where it could not.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.claims.lab import Lab, Site
from workbench.db import Connection
from workbench.indexes.index import Index
from workbench.indexes.whatif import Built, Trial, sweep, trial
from workbench.measurement.calls import LEAST_ROUNDS, Race
from workbench.measurement.runs import (
    Arm,
    Run,
    Subject,
    choose_basis,
    loops_for,
    sample_interleaved,
    time_ms,
)
from workbench.plans.node import Plan
from workbench.workload.query import Query

WARMUPS = 2
Sets = Mapping[str, Iterable[str]]


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Bench:
    """A database on which named indexes are built, each hidden unless an arm shows it."""

    connection: Connection
    candidates: Trial
    indexes: dict[str, Index]
    backend_cpu: Path | None
    rounds: int
    seconds: float
    seed: int

    def add(self, indexes: Iterable[Index]) -> tuple[str, ...]:
        """Build these too, hidden like the others; the names by which arms show them.

        One that is there already under another name is not built again.
        """
        known, found = {index: name for name, index in self.indexes.items()}, []
        for index in indexes:
            if index not in known:
                self.candidates.build_all([index], silent)
                self.indexes[index.name] = index
            found.append(known.get(index, index.name))
        return tuple(found)

    def race(self, statement: str, arms: Sets) -> Race:
        """The statement's execution times with only the indexes that each arm names.

        CPU time of the backend where it can be read for every arm, else wall clock.
        """
        subject = Subject(self.connection, statement, (), self.backend_cpu)
        entered = [Arm(name, self.candidates.arm(self._own(own))) for name, own in arms.items()]
        rounds = self._rounds(subject, entered)
        samples = {name: [ran[name] for ran in rounds] for name in arms}
        basis, _ = choose_basis(list(samples.values()))
        return Race(
            {name: tuple(time_ms(run, basis) for run in runs) for name, runs in samples.items()}
        )

    def _rounds(self, subject: Subject, arms: Sequence[Arm]) -> list[dict[str, Run]]:
        """Rounds after the warm-ups: at least six, then until either limit is reached."""
        started = time.perf_counter()
        warm = sample_interleaved(subject, arms, seed=self.seed)
        last = [next(warm) for _ in range(WARMUPS)][-1]
        measured = sample_interleaved(
            subject, arms, seed=self.seed, loops=loops_for([*last.values()])
        )
        rounds: list[dict[str, Run]] = []
        while len(rounds) < self.rounds:
            if len(rounds) >= LEAST_ROUNDS and time.perf_counter() - started > self.seconds:
                break
            rounds.append(next(measured))
        return rounds

    def plan(self, statement: str, shown: Iterable[str]) -> Plan:
        """The plan with these indexes; nothing is run."""
        query = Query("statement", statement, statement)
        return self.candidates.plan(query, self._own(shown))

    def used(self, statement: str, shown: Iterable[str]) -> set[str]:
        """Which of these indexes the plan scans when they are all there."""
        names = [*shown]
        used = self.candidates.used(self.plan(statement, names))
        return {name for name in names if self.indexes[name] in used}

    def uses(self, statement: str, shown: Iterable[str]) -> bool:
        """Whether the plan scans any of these indexes."""
        return bool(self.used(statement, shown))

    def built(self, name: str) -> Built:
        """The index as it stands on the server, with its size."""
        return self.candidates.built[self.indexes[name]]

    def _own(self, names: Iterable[str]) -> list[Index]:
        return [self.indexes[name] for name in names]


@contextmanager
def bench(
    lab: Lab, site: Site, ddl: Mapping[str, str], *, rounds: int, seconds: float = 3.0
) -> Iterator[Bench]:
    """The indexes of these CREATE INDEX statements built; races of ``rounds`` or ``seconds``.

    Raises StatementError for one that cannot be built.
    """
    with site.connect() as connection:
        sweep(connection)
        with trial(connection, (), silent) as candidates:
            indexes = {name: candidates.build_statement(text) for name, text in ddl.items()}
            candidates.build_all((), silent)  # gathers statistics
            cpu = site.server.backend_cpu(connection)
            yield Bench(connection, candidates, indexes, cpu, rounds, seconds, lab.seed)
