"""The advisor's pipeline: read, draft, search, prove, write the receipt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

from workbench.db import Connection
from workbench.errors import UnknownName
from workbench.indexes import budget as budgets
from workbench.indexes import existing, hypothetical, receipt, write_price
from workbench.indexes.advice import Advice, Effort
from workbench.indexes.bilevel import ByTime
from workbench.indexes.candidates import KINDS, Candidate, generate
from workbench.indexes.costs import Planned, Problem
from workbench.indexes.hypothetical import Hypothetical
from workbench.indexes.index import Index
from workbench.indexes.reading import Reading, read
from workbench.indexes.receipt import Outcome
from workbench.indexes.search import Refiner, Refused, Search
from workbench.indexes.stopwatch import Stopwatch
from workbench.indexes.verify import Measuring, prove
from workbench.indexes.whatif import Progress, Trial, trial
from workbench.indexes.write_price import WritePrice
from workbench.measurement import environment
from workbench.measurement.abtest import Limits
from workbench.workload.query import Failure, Query

SECONDS_PER_QUERY = 20.0
AskedBy: TypeAlias = Mapping[Index, tuple[str, ...]]


@dataclass(frozen=True)
class Options:
    """What the user asked for: limits, kinds of index, whether to measure, seconds a statement."""

    budget: budgets.Budget = field(default_factory=budgets.Budget)
    max_indexes: int | None = None
    kinds: tuple[str, ...] = KINDS
    measure: bool = True
    seed: int = 0
    timeout_s: float = 60.0
    price_writes: bool = False

    @classmethod
    def parse(
        cls,
        budget: str | None,
        max_indexes: int | None,
        kinds: Iterable[str] | None,
        measure: bool,
        seed: int,
        timeout_s: float,
        price_writes: bool = False,
    ) -> "Options":
        """The options as a user writes them; raises InputError for what they cannot be."""
        limit = budgets.parse(budget) if budget else budgets.Budget()
        return cls(
            limit,
            max_indexes,
            check_kinds(kinds or KINDS),
            measure,
            seed,
            timeout_s,
            price_writes,
        )


@dataclass(frozen=True)
class Target:
    """The database the advice is for; where ``changeable``, indexes may be built and dropped."""

    connection: Connection
    changeable: bool
    backend_cpu: Path | None
    server: Mapping[str, Any]
    dataset: Mapping[str, Any] | None = None


def check_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """The kinds without repetitions; raises UnknownName for one that is not known."""
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of index", kind, KINDS)
    return tuple(dict.fromkeys(kinds))


def advise(
    target: Target, statements: Iterable[Query | Failure], options: Options, progress: Progress
) -> Advice:
    """Indexes for a workload, proven where the database may be changed, else estimated."""
    started = perf_counter()
    reading = read(target.connection, statements, progress)
    uses = [(q.name, use) for q in reading.queries for use in reading.uses[q.name]]
    drafted = generate(uses, reading.table_of, options.kinds)
    wanted, refused = _new(target.connection, drafted)
    asked_by = {candidate.index: candidate.queries for candidate in wanted}
    if target.changeable:
        outcome = _tried(target, reading, asked_by, options, progress)
    else:
        outcome = _estimated(target, reading, asked_by, options, progress)
    seconds = perf_counter() - started
    asked = outcome.plans_asked + len(reading.queries)
    effort = Effort(len(drafted), asked, round(seconds, 3), outcome.bound)
    where = asdict(environment.record(target.connection, "server"))
    return receipt.write(
        reading, drafted, refused, outcome, effort, target.server, target.dataset, where
    )


def _new(
    connection: Connection, drafted: Sequence[Candidate]
) -> tuple[list[Candidate], list[Refused]]:
    """The candidates that the database does not have yet, and the others with the reason."""
    present = existing.read(connection)
    wanted: list[Candidate] = []
    refused: list[Refused] = []
    for candidate in drafted:
        reason = existing.served_by(candidate.index, present)
        if reason is None:
            wanted.append(candidate)
        else:
            refused.append(Refused(candidate.index, reason, None))
    return wanted, refused


def _tried(
    target: Target,
    reading: Reading,
    asked_by: AskedBy,
    options: Options,
    progress: Progress,
) -> Outcome:
    """Build the candidates, search with exact costs, measure what was chosen."""
    with trial(target.connection, asked_by, progress) as candidates:
        built = dict(candidates.built)
        if not options.measure:
            searching = _search(reading, candidates, asked_by, options, progress)
            found = searching.found(searching.run())
            return Outcome.of_search(found, built, candidates.failed)
        queries = {query.name: query for query in reading.queries}
        clock = Stopwatch(candidates, queries, target.backend_cpu, options.timeout_s, progress)
        searching = _search(reading, candidates, asked_by, options, progress, ByTime(clock))
        limits = Limits(seconds=SECONDS_PER_QUERY, timeout_s=options.timeout_s)
        measuring = Measuring(
            candidates, reading.tables, target.backend_cpu, options.seed, limits, progress
        )
        proof = prove(measuring, candidates, reading, searching)
        prices = _prices(target, reading, proof.kept, options, progress)
        return Outcome.of_proof(proof, built, candidates.failed, prices)


def _prices(
    target: Target,
    reading: Reading,
    kept: Sequence[Index],
    options: Options,
    progress: Progress,
) -> dict[Index, WritePrice]:
    """What each kept index adds to the writes of its table, where that was asked for."""
    if not (options.price_writes and kept):
        return {}
    priced = write_price.measure_tables(
        target.connection,
        kept,
        backend_cpu=target.backend_cpu,
        seed=options.seed,
        seconds=write_price.SECONDS,
        progress=progress,
        changes=reading.changes(),
    )
    return {index: price for table in priced for index, price in table.indexes.items()}


def _estimated(
    target: Target,
    reading: Reading,
    asked_by: AskedBy,
    options: Options,
    progress: Progress,
) -> Outcome:
    """Search with hypothetical indexes, or say why nothing can be estimated."""
    if not hypothetical.available(target.connection):
        return Outcome.unestimated(
            asked_by, {q.name: reading.plans[q.name] for q in reading.queries}
        )
    with hypothetical.hypothetical(target.connection, asked_by) as candidates:
        searching = _search(reading, candidates, asked_by, options, progress)
        return Outcome.of_search(
            searching.found(searching.run()), candidates.built, candidates.failed
        )


def _search(
    reading: Reading,
    candidates: Trial | Hypothetical,
    asked_by: AskedBy,
    options: Options,
    progress: Progress,
    refiner: Refiner | None = None,
) -> Search:
    """The search for the best set under the limits, by the planner's costs and the refiner."""
    queries = {query.name: query for query in reading.queries}
    asked = 0

    def ask(name: str, visible: frozenset[Index]) -> Planned:
        nonlocal asked
        plan = candidates.plan(queries[name], visible)
        asked += 1
        progress("asking the planner", asked, 0)
        return plan.cost or 0.0, candidates.used(plan)

    heap_bytes = reading.catalog.heap_bytes(reading.all_tables())
    problem = Problem(
        weights={name: query.weight for name, query in queries.items()},
        tables={name: reading.tables(name) for name in queries},
        sizes_bytes={index: built.size_bytes for index, built in candidates.built.items()},
        asked_by=asked_by,
        heap_bytes=heap_bytes,
        budget_bytes=options.budget.limit_bytes(heap_bytes),
        max_indexes=options.max_indexes,
    )
    return Search(problem, ask, refiner)
