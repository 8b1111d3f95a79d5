"""Does the chosen set really help? Every statement is run without and with it, interleaved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter

from psycopg import sql as compose

from workbench.db import Connection
from workbench.errors import MeasurementError, StatementError, TimedOut
from workbench.indexes.costs import Set
from workbench.indexes.index import Index
from workbench.indexes.reading import Reading
from workbench.indexes.search import Found, Refused, Search
from workbench.indexes.stability import other_plans
from workbench.indexes.whatif import Progress, Trial
from workbench.measurement.abtest import Limits, compare
from workbench.measurement.comparison import Comparison, Sample
from workbench.measurement.runs import Arm
from workbench.measurement.statistics import LOOKS
from workbench.plans.node import Plan
from workbench.workload.query import Query
from workbench.workload.schema import TableName

ROUNDS = 5  # the last of them only measures
LARGE = 1.3
WORTH = 1.2  # what a set may cost more to be stable


@dataclass(frozen=True)
class Proof:
    """The indexes that stood the test, the comparison of each statement, what was dropped.

    ``found`` is what the search has to say about the kept set.
    """

    found: Found
    kept: tuple[Index, ...]
    compared: Mapping[str, Comparison]
    unmeasured: Mapping[str, str]
    used: Mapping[str, Set]
    costs: Mapping[str, float]
    dropped: tuple[Refused, ...]
    writes: frozenset[str]


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
        self._took_s: dict[str, float] = {}
        self._timed_out: set[str] = set()  # without indexes, twice
        self.compared: dict[str, Comparison] = {}
        self.unmeasured: dict[str, str] = {}

    @property
    def known(self) -> set[str]:
        """The statements that have a result."""
        return self.compared.keys() | self.unmeasured.keys()

    def portions(self, queries: Sequence[Query]) -> list[list[Query]]:
        """The statements, those apart and last that took longer than they should the last time."""
        slow = {name for name, took_s in self._took_s.items() if took_s > self._limits.seconds}
        both = [[q for q in queries if (q.name in slow) is late] for late in (False, True)]
        return [each for each in both if each] or [[]]

    def measure(
        self, queries: Sequence[Query], chosen: Set, *, share: float = 1.0, for_real: bool = False
    ) -> None:
        """Compare each statement and keep the result under its name.

        ``share`` of the seconds for one may be taken, all of them where fewer runs look like a
        harm. ``for_real`` drops the indexes on the side without them, as a hidden one is still
        written.
        """
        seconds, cheap_s = share * self._limits.seconds, share * self._limits.cheap_s
        limits = replace(self._limits, seconds=seconds, cheap_s=cheap_s)
        show = self._trial.arm_without if for_real else self._trial.arm
        for done, query in enumerate(queries):
            self._progress("measuring", done, len(queries))
            arms = Arm("without", show(())), Arm("with", show(chosen))
            alike = not for_real and self._alike(query, chosen)
            self._one(query, *arms, self._seed, limits, alike=alike)
            found = self.compared.get(query.name)
            if _undecided(found):
                self._one(query, *arms, self._seed + 1, limits)
            elif share < 1 and _unsure(found) < 1 / (1 + limits.min_effect):
                self._one(query, *arms, self._seed + 1, self._limits)
        self._progress("measuring", len(queries), len(queries))

    def forget(self, names: Iterable[str]) -> None:
        """Drop results that are about another set."""
        for name in names:
            self.compared.pop(name, None)
            self.unmeasured.pop(name, None)

    def _alike(self, query: Query, chosen: Set) -> bool:
        """Whether the planner does the same without and with the indexes, at the same cost."""
        plan = self._trial.plan
        return plan(query, ()).root == plan(query, chosen).root

    def _one(
        self,
        query: Query,
        before: Arm,
        after: Arm,
        seed: int,
        limits: Limits,
        *,
        alike: bool = False,
    ) -> None:
        started = perf_counter()
        try:
            found = compare(
                self._trial.connection,
                query.text,
                query.values,
                before=before,
                after=after,
                backend_cpu=self._backend_cpu,
                seed=seed,
                limits=limits,
                tidy=partial(_vacuum, self._tables(query.name)),
                alike=alike,
                before_timed_out=query.name in self._timed_out,
            )
            self.compared[query.name] = found
            self.unmeasured.pop(query.name, None)
            if found.before.timed_out_ms is not None and found.before.runs > 1:
                self._timed_out.add(query.name)
        except (StatementError, TimedOut, MeasurementError) as error:
            self.compared.pop(query.name, None)
            self.unmeasured[query.name] = str(error)
        self._took_s[query.name] = perf_counter() - started


def _unsure(comparison: Comparison | None) -> float:
    """How many times as fast it seems, by runs that prove nothing; 1 where there are none such."""
    if comparison is None or comparison.verdict != "inconclusive":
        return 1.0
    return comparison.speedup or 1.0


def _undecided(comparison: Comparison | None) -> bool:
    """Whether a large difference was seen, but runs that were enough disagree with themselves."""
    enough = comparison is not None and len(comparison.pairs) >= LOOKS[0]
    return enough and not 1 / LARGE <= _unsure(comparison) <= LARGE


def _seems_slower(comparison: Comparison | None) -> bool:
    """Whether the few runs there was time for are much slower."""
    return _unsure(comparison) < 1 / LARGE


def _vacuum(tables: Iterable[TableName], connection: Connection) -> None:
    """Remove the dead rows that rolled back writes left."""
    names = compose.SQL(", ").join(compose.Identifier(*table) for table in sorted(tables))
    connection.execute(compose.SQL("/*workbench*/ VACUUM {}").format(names))


class Proving:
    """Chooses a set and measures it, until no statement is slower and every index helps one.

    What the comparisons find is told to the search, which then looks for a set without the plans
    that make a statement slower; it keeps one only where the workload is better off with it.
    """

    def __init__(
        self, measuring: Measuring, trial: Trial, reading: Reading, searching: Search
    ) -> None:
        self.kept: Set = frozenset()
        self._measuring = measuring
        self._trial = trial
        self._reading = reading
        self._searching = searching
        self._writes = {q.name for q in reading.queries if _writes(reading.plans[q.name])}
        self._dropped: dict[Index, Refused] = {}

    def run(self) -> Proof:
        """The proven set; statements that write are compared last.

        By then no other candidate is left for them to maintain.
        """
        self._settle()
        found, queries = self._searching.found(self.kept), self._reading.queries
        self._trial.drop(set(self._trial.built) - self.kept)
        writing = [query for query in queries if query.name in self._writes]
        self._measuring.measure(writing, self.kept, for_real=True)
        return self._proof(found)

    def so_far(self) -> Proof:
        """What is known of the last set, when the run was broken off."""
        return self._proof(self._searching.known(self.kept))

    def _settle(self) -> None:
        """Measure, mend, measure again.

        Where a harmless set loses what seems not to be needed, and a statement becomes slower by
        it, the harmless set is kept with what was measured of it.
        """
        queries, banned = self._reading.queries, frozenset[Index]()
        self.kept = self._searching.run()
        used: dict[str, Set] = {}
        harmless: tuple[Set, dict[str, Comparison], dict[str, str]] | None = None
        for turn in range(ROUNDS):
            before, used = used, _used(self._trial, queries, self.kept)
            self._measuring.forget(q.name for q in queries if before.get(q.name) != used[q.name])
            known = self._writes | self._measuring.known
            reads = [query for query in queries if query.name not in known]
            last = turn == ROUNDS - 1
            for part in [reads] if last else self._measuring.portions(reads):
                self._measuring.measure(part, self.kept, share=1 / (1 + turn))
                if harmless and _harmed(self._measuring, used):
                    self.kept, self._measuring.compared, self._measuring.unmeasured = harmless
                    return
                if last:
                    return
                refused, better = _without_harm(
                    self._measuring, self._searching, self.kept, used, banned
                )
                if better != self.kept:
                    break
            if better == self.kept and not _harmed(self._measuring, used):
                measured = self._measuring.compared, self._measuring.unmeasured
                harmless = self.kept, dict(measured[0]), dict(measured[1])
            if better == self.kept:
                refused = _idle(self._measuring, used, self.kept, self._writes)
                better = self.kept - {each.index for each in refused}
                banned |= {each.index for each in refused}
            if better == self.kept:
                refused, better = self._unstable(used, banned)
                banned |= {each.index for each in refused}
            if better == self.kept:
                return
            self.kept = better
            self._dropped |= {each.index: each for each in refused}

    def _unstable(self, used: Mapping[str, Set], banned: Set) -> tuple[list[Refused], Set]:
        """What new statistics would let the planner misuse, and the best set without it."""
        refused: dict[Index, Refused] = {}
        for name, other in other_plans(self._trial, self._reading, self.kept):
            if name in self._writes or other == used[name]:
                continue
            if self._searching.harms(name, other):
                words = f"after another ANALYZE it would make {name} slower"
                refused |= {i: Refused(i, words, 0.0) for i in other - used[name] or other}
        if not refused:
            return [], self.kept
        better = self._searching.run(banned | refused.keys(), near=self.kept)
        costlier = self._searching.total(better) > WORTH * self._searching.total(self.kept)
        return ([], self.kept) if costlier else (list(refused.values()), better)

    def _proof(self, found: Found) -> Proof:
        plans = {q.name: self._trial.plan(q, self.kept) for q in self._reading.queries}
        return Proof(
            found=found,
            kept=tuple(sorted(self.kept)),
            compared=self._measuring.compared,
            unmeasured=self._measuring.unmeasured,
            used={name: self._trial.used(plan) for name, plan in plans.items()},
            costs={name: plan.cost or 0.0 for name, plan in plans.items()},
            dropped=tuple(r for index, r in self._dropped.items() if index not in self.kept),
            writes=frozenset(self._writes),
        )


def _writes(plan: Plan) -> bool:
    return any(node.node_type == "ModifyTable" for node in plan.walk())


def _used(trial: Trial, queries: Iterable[Query], chosen: Set) -> dict[str, Set]:
    return {query.name: trial.used(trial.plan(query, chosen)) for query in queries}


def _harmed(measuring: Measuring, used: Mapping[str, Set]) -> dict[str, Comparison]:
    """The comparisons of the statements that the indexes they use make slower."""
    return {
        name: found
        for name, found in measuring.compared.items()
        if used[name] and (found.verdict == "slower" or _seems_slower(found))
    }


def _without_harm(
    measuring: Measuring, searching: Search, kept: Set, used: Mapping[str, Set], banned: Set
) -> tuple[list[Refused], Set]:
    """What to give up because it makes statements slower, and the best set without it."""
    harmed = _harmed(measuring, used)
    for name, comparison in measuring.compared.items():
        base_ms, time_ms = _ms(comparison.before), _ms(comparison.after)
        if base_ms is not None and time_ms is not None:
            searching.learn(name, used[name], time_ms, base_ms, name in harmed)
    if not harmed:
        return [], kept
    better = searching.run(banned, near=kept)
    refused = {
        index: Refused(index, f"makes {name} slower: {_ratio(comparison)} times as fast", 0.0)
        for name, comparison in harmed.items()
        for index in sorted(used[name] - better)
    }
    return list(refused.values()), better


def _ms(sample: Sample) -> float | None:
    """Milliseconds of one arm, the limit it ran into where that is all that is known."""
    return sample.cpu_ms or sample.median_ms or sample.timed_out_ms


def _ratio(comparison: Comparison) -> str:
    return "far fewer" if comparison.speedup is None else f"{comparison.speedup:.2f}"


def _idle(
    measuring: Measuring, used: Mapping[str, Set], kept: Set, writes: set[str]
) -> list[Refused]:
    """The indexes that no faster statement uses, nor one of which we cannot know."""
    helping: set[Index] = set()
    for name, indexes in used.items():
        comparison = measuring.compared.get(name)
        if name in writes or comparison is None or _faster(comparison):
            helping |= indexes
    words = "no statement became measurably faster with it"
    return [Refused(index, words, 0.0) for index in sorted(kept - helping)]


def _faster(comparison: Comparison) -> bool:
    """Whether it is faster, or so much faster that runs which disagree are no counter-evidence."""
    return comparison.verdict == "faster" or _unsure(comparison) > LARGE
