"""The advisor on a database that may be changed: build, search, merge, prove, price."""

import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.db import fetch_value, settle
from workbench.indexes import charges, existing, merging, prefilter, write_price
from workbench.indexes.bilevel import ByTime
from workbench.indexes.candidates import Candidate
from workbench.indexes.costs import Ask, Planned, Problem, Set
from workbench.indexes.hypothetical import Hypothetical
from workbench.indexes.index import Index
from workbench.indexes.model import model
from workbench.indexes.options import Options, Target
from workbench.indexes.reading import Reading
from workbench.indexes.receipt import Outcome
from workbench.indexes.room import Room
from workbench.indexes.search import Point, Refused, Search
from workbench.indexes.stopwatch import SECONDS, Stopwatch
from workbench.indexes.verify import Measuring, Proving
from workbench.indexes.whatif import Progress, Trial, trial
from workbench.indexes.write_price import WritePrice
from workbench.measurement.abtest import Limits
from workbench.workload.query import Query

PROOF_SECONDS = 240.0  # for all comparisons the first time; later there are fewer, and shorter
MOST_PER_QUERY, LEAST_PER_QUERY = 20.0, 2.0
MANY = 60  # statements, from which on their plans, not their times, take the search's time
UNLIKELY = "not built: by an estimate on a sample of the rows no good plan uses it"
TOO_LARGE = "not built: it would take about {:,} bytes, more than the budget of {:,}"
GUESSED = "times of plans were guessed by cost: timing in the search had taken {:.0f} s"
INTERRUPTED = "interrupted: this is the best set that was known by then"


@dataclass(frozen=True)
class Attempt:
    """One run of the advisor: what it works on, what it was asked, whom it tells."""

    target: Target
    reading: Reading
    options: Options
    progress: Progress

    @property
    def queries(self) -> dict[str, Query]:
        """The statements by name."""
        return {query.name: query for query in self.reading.queries}

    def problem(self, wanted: Sequence[Candidate], sizes_bytes: Mapping[Index, int]) -> Problem:
        """What is to be searched among the candidates that have a size."""
        reading, names = self.reading, self.queries
        heap_bytes = reading.catalog.heap_bytes(reading.all_tables())
        present = existing.read(self.target.connection)
        by_table = Counter(each.index.table for each in present if not each.ours)
        return Problem(
            weights={name: query.weight for name, query in names.items()},
            tables={name: reading.tables(name) for name in names},
            sizes_bytes=sizes_bytes,
            asked_by={each.index: each.queries for each in wanted},
            heap_bytes=heap_bytes,
            budget_bytes=self.options.budget.limit_bytes(heap_bytes),
            max_indexes=self.options.max_indexes,
            written_ms=charges.written_ms(reading, sizes_bytes, by_table),
        )

    def asking(self, candidates: Trial | Hypothetical) -> Ask:
        """A function that asks the planner about a statement with some candidates visible."""
        queries, asked = self.queries, 0

        def ask(name: str, visible: Set) -> Planned:
            nonlocal asked
            plan = candidates.plan(queries[name], visible)
            asked += 1
            self.progress("asking the planner", asked, 0)
            return plan.cost or 0.0, candidates.used(plan)

        return ask


def tried(attempt: Attempt, wanted: Sequence[Candidate]) -> Outcome:
    """Build the candidates, search with exact costs, measure what was chosen."""
    unbuilt = _unbuilt(attempt, wanted)
    likely = [each for each in wanted if each.index not in unbuilt]
    unlikely = sum(reason == UNLIKELY for reason in unbuilt.values())
    notes = (f"{unlikely} of {len(wanted)} candidates were {UNLIKELY}",) if unlikely else ()
    indexes = [each.index for each in likely]
    connection, tables = attempt.target.connection, attempt.reading.catalog.tables
    room = Room.on(connection, tables, attempt.options.disk_bytes)
    with trial(connection, indexes, attempt.progress, room) as candidates:
        outcome = _searched(attempt, candidates, likely, wanted)
    refused = (Refused(c.index, unbuilt[c.index], None) for c in wanted if c.index in unbuilt)
    return replace(outcome, refused=(*outcome.refused, *refused), notes=(*outcome.notes, *notes))


def _unbuilt(attempt: Attempt, wanted: Sequence[Candidate]) -> dict[Index, str]:
    """Why candidates are not worth building, where all of them are too many or too large."""
    reading, connection = attempt.reading, attempt.target.connection
    heap_bytes = reading.catalog.heap_bytes(reading.all_tables())
    indexes = [each.index for each in wanted]
    superuser = fetch_value(connection, "SHOW is_superuser") == "on"
    if not superuser or not prefilter.needed(indexes, reading.catalog.tables, heap_bytes):
        return {}
    with model(connection, indexes, attempt.progress) as small:
        sizes = {index: made.size_bytes for index, made in small.built.items()}
        queries, problem = attempt.queries, attempt.problem(wanted, sizes)
        place = {name: number for number, name in enumerate(sorted(queries))}

        def ask(name: str, visible: Set) -> Planned:
            attempt.progress("weighing candidates", place[name], len(place))
            return small.plan(queries[name], visible)

        large = prefilter.too_large(problem)
        kept = prefilter.likely(problem.without(frozenset(large)), ask)
    reasons = {index: TOO_LARGE.format(size, problem.budget_bytes) for index, size in large.items()}
    return dict.fromkeys(sizes.keys() - kept, UNLIKELY) | reasons


def _clock(attempt: Attempt, candidates: Trial) -> Stopwatch:
    options, cpu, queries = attempt.options, attempt.target.backend_cpu, attempt.queries
    seconds = SECONDS * min(1.0, MANY / max(1, len(queries)))
    return Stopwatch(candidates, queries, cpu, options.timeout_s, attempt.progress, seconds)


def _search(
    attempt: Attempt, candidates: Trial, clock: Stopwatch, likely: Sequence[Candidate]
) -> Search:
    problem = attempt.problem(likely, _sizes(candidates))
    refiner = ByTime(clock, clock.once_more) if attempt.options.measure else None
    return Search(problem, attempt.asking(candidates), refiner)


def _merge(
    attempt: Attempt,
    candidates: Trial,
    searching: Search,
    likely: Sequence[Candidate],
    wanted: Sequence[Candidate],
) -> tuple[Candidate, ...]:
    """Build unions of the indexes that the best plans use, and let the search know them."""
    drafted = {each.index: each for each in likely}
    unions = merging.merged(
        [drafted[index] for index in searching.favourites()], {each.index for each in wanted}
    )
    kinds, tables = set(attempt.options.kinds), attempt.reading.catalog.tables
    allowed = [each for each in unions if each.index.kinds <= kinds]
    merged = prefilter.affordable(allowed, tables, searching.problem.heap_bytes)
    candidates.build_all([each.index for each in merged], attempt.progress)
    searching.widen(attempt.problem((*likely, *merged), _sizes(candidates)))
    return merged


def _sizes(candidates: Trial) -> dict[Index, int]:
    return {index: built.size_bytes for index, built in candidates.built.items()}


def _searched(
    attempt: Attempt, candidates: Trial, likely: Sequence[Candidate], wanted: Sequence[Candidate]
) -> Outcome:
    """The best set, proven if that was asked for; after an interrupt the best one known so far."""
    clock = _clock(attempt, candidates)
    searching = _search(attempt, candidates, clock, likely)
    merged, sweep, proving = tuple[Candidate, ...](), tuple[Point, ...](), None
    built, failed = candidates.built, candidates.failed
    try:
        merged = _merge(attempt, candidates, searching, likely, wanted)
        built = dict(built)  # the proof drops what it does not need
        sweep = searching.sweep() if attempt.options.sweep else ()
        if attempt.options.measure:
            proving = _proving(attempt, candidates, searching)
            proof = proving.run()
            outcome = Outcome.of_proof(proof, built, failed, _prices(attempt, proof.kept))
        else:
            outcome = Outcome.of_search(searching.found(searching.run()), built, failed)
    except KeyboardInterrupt as stop:
        if signal.SIGTERM in stop.args:
            raise
        settle(candidates.connection)
        if proving is not None and proving.kept:
            outcome = Outcome.of_proof(proving.so_far(), built, failed, {})
        else:
            known = searching.known(searching.best_known())
            outcome = Outcome.of_search(known, dict(built), failed)
        outcome = replace(outcome, notes=(INTERRUPTED,), interrupted=True)
    if clock.untimed:
        words = f"{len(clock.untimed)} {GUESSED.format(clock.seconds)}"
        outcome = replace(outcome, notes=(*outcome.notes, words))
    return replace(outcome, merged=merged, sweep=sweep)


def _proving(attempt: Attempt, candidates: Trial, searching: Search) -> Proving:
    options, cpu = attempt.options, attempt.target.backend_cpu
    part = PROOF_SECONDS / max(1, len(attempt.queries))
    seconds = min(MOST_PER_QUERY, max(LEAST_PER_QUERY, part))
    limits = Limits(seconds=seconds, timeout_s=options.timeout_s, cheap_s=min(1.0, seconds / 4))
    tables = attempt.reading.tables
    measuring = Measuring(candidates, tables, cpu, options.seed, limits, attempt.progress)
    return Proving(measuring, candidates, attempt.reading, searching)


def _prices(attempt: Attempt, kept: Sequence[Index]) -> dict[Index, WritePrice]:
    """What each kept index adds to the writes of its table, where that was asked for."""
    options, target = attempt.options, attempt.target
    if not (options.price_writes and kept):
        return {}
    priced = write_price.measure_tables(
        target.connection,
        kept,
        backend_cpu=target.backend_cpu,
        seed=options.seed,
        seconds=write_price.SECONDS,
        progress=attempt.progress,
        changes=attempt.reading.changes(),
    )
    return {index: price for table in priced for index, price in table.indexes.items()}
