"""Does the chosen set really help? Every statement is run without and with it, interleaved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from psycopg import sql as compose

from workbench.db import Connection
from workbench.errors import MeasurementError, StatementError, TimedOut
from workbench.indexes.index import Index
from workbench.indexes.search import Refused
from workbench.indexes.whatif import Progress, Trial
from workbench.measurement.abtest import Limits, compare
from workbench.measurement.comparison import Comparison
from workbench.measurement.runs import Arm
from workbench.workload.query import Query
from workbench.workload.schema import TableName

ROUNDS = 4


@dataclass(frozen=True)
class Proof:
    """The indexes that stood the test, the comparison of each statement, what was dropped."""

    kept: tuple[Index, ...]
    compared: Mapping[str, Comparison]
    unmeasured: Mapping[str, str]
    used: Mapping[str, frozenset[Index]]
    costs: Mapping[str, float]
    dropped: tuple[Refused, ...]


class Measuring:
    """Comparisons of statements without and with sets of a trial's indexes."""

    def __init__(
        self,
        trial: Trial,
        tables: Callable[[str], Iterable[TableName]],
        backend_cpu: Path | None,
        seed: int,
        limits: Limits,
        progress: Progress,
    ) -> None:
        self._trial = trial
        self._tables = tables
        self._backend_cpu = backend_cpu
        self._seed = seed
        self._limits = limits
        self._progress = progress
        self.compared: dict[str, Comparison] = {}
        self.unmeasured: dict[str, str] = {}

    def measure(self, queries: Sequence[Query], chosen: frozenset[Index]) -> None:
        """Compare each statement and keep the result under its name."""
        for done, query in enumerate(queries):
            self._progress("measuring", done, len(queries))
            self._one(query, chosen)
        self._progress("measuring", len(queries), len(queries))

    def _one(self, query: Query, chosen: frozenset[Index]) -> None:
        try:
            self.compared[query.name] = compare(
                self._trial.connection,
                query.text,
                query.values,
                before=Arm("without", self._trial.arm(())),
                after=Arm("with", self._trial.arm(chosen)),
                backend_cpu=self._backend_cpu,
                seed=self._seed,
                limits=self._limits,
                tidy=partial(_vacuum, self._tables(query.name)),
            )
            self.unmeasured.pop(query.name, None)
        except (StatementError, TimedOut, MeasurementError) as error:
            self.compared.pop(query.name, None)
            self.unmeasured[query.name] = str(error)


def _vacuum(tables: Iterable[TableName], connection: Connection) -> None:
    """Remove the dead rows that rolled back writes left."""
    names = compose.SQL(", ").join(compose.Identifier(*table) for table in sorted(tables))
    connection.execute(compose.SQL("/*workbench*/ VACUUM {}").format(names))


def prove(
    measuring: Measuring, trial: Trial, queries: Sequence[Query], chosen: Sequence[Index]
) -> Proof:
    """Measure the set; drop what makes a statement slower and what makes none faster."""
    kept = frozenset(chosen)
    dropped: list[Refused] = []
    stale = list(queries)
    for _ in range(ROUNDS):
        plans = {query.name: trial.plan(query, kept) for query in queries}
        used = {name: trial.used(plan) for name, plan in plans.items()}
        measuring.measure(stale, kept)
        refused = _harmful(measuring.compared, used) or _idle(measuring, used, kept)
        if not refused:
            break
        dropped += refused
        gone = {each.index for each in refused}
        kept -= gone
        stale = [query for query in queries if used[query.name] & gone]
    plans = {query.name: trial.plan(query, kept) for query in queries}
    return Proof(
        kept=tuple(sorted(kept)),
        compared=measuring.compared,
        unmeasured=measuring.unmeasured,
        used={name: trial.used(plan) for name, plan in plans.items()},
        costs={name: plan.cost or 0.0 for name, plan in plans.items()},
        dropped=tuple(dropped),
    )


def _harmful(
    compared: Mapping[str, Comparison], used: Mapping[str, frozenset[Index]]
) -> list[Refused]:
    """The indexes that a slower statement uses, unless they make another one faster."""
    helping = {i for name, c in compared.items() if c.verdict == "faster" for i in used[name]}
    found: dict[Index, Refused] = {}
    for name, comparison in compared.items():
        if comparison.verdict == "slower":
            for index in sorted(used[name] - helping) or sorted(used[name]):
                words = f"makes {name} slower: {comparison.speedup:.2f} times as fast"
                found[index] = Refused(index, words, 0.0)
    return list(found.values())


def _idle(
    measuring: Measuring, used: Mapping[str, frozenset[Index]], kept: frozenset[Index]
) -> list[Refused]:
    """The indexes that no statement needs to be faster, or that an unmeasured one might need."""
    helping: set[Index] = set()
    for name, indexes in used.items():
        comparison = measuring.compared.get(name)
        if comparison is None or comparison.verdict == "faster":
            helping |= indexes
    words = "no statement became measurably faster with it"
    return [Refused(index, words, 0.0) for index in sorted(kept - helping)]
