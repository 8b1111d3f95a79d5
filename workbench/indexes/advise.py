"""The advisor's pipeline: read, draft, search, prove, write the receipt."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from time import perf_counter

from workbench.db import Connection
from workbench.indexes import existing, extensions, hypothetical, receipt
from workbench.indexes.advice import Advice, Effort
from workbench.indexes.candidates import KINDS, Candidate, generate
from workbench.indexes.options import Options, Target, check_kinds
from workbench.indexes.reading import read
from workbench.indexes.receipt import Outcome
from workbench.indexes.search import Refused, Search
from workbench.indexes.trying import Attempt, tried
from workbench.indexes.whatif import Progress
from workbench.measurement import environment
from workbench.workload.query import Failure, Query
from workbench.workload.schema import TableName

__all__ = ["KINDS", "Options", "Target", "advise", "check_kinds"]


def advise(
    target: Target, statements: Iterable[Query | Failure], options: Options, progress: Progress
) -> Advice:
    """Indexes for a workload, proven where the database may be changed, else estimated."""
    started = perf_counter()
    reading = read(target.connection, statements, progress)
    uses = [(q.name, use) for q in reading.queries for use in reading.uses[q.name]]
    drafted = generate(uses, reading.table_of, options.kinds)
    wanted, refused = _new(target.connection, drafted)
    attempt = Attempt(target, reading, options, progress)
    outcome = (tried if target.changeable else estimated)(attempt, wanted)
    seconds = perf_counter() - started
    every = (*drafted, *outcome.merged)
    asked = outcome.plans_asked + len(reading.queries)
    effort = Effort(len(every), asked, round(seconds, 3), outcome.bound)
    where = asdict(environment.record(target.connection, "server"))
    return receipt.write(
        reading, every, refused, outcome, effort, target.server, target.dataset, where
    )


def _new(
    connection: Connection, drafted: Sequence[Candidate]
) -> tuple[list[Candidate], list[Refused]]:
    """The candidates that the database does not have yet, and the others with the reason."""
    present, names = existing.read(connection), existing.relations(connection)
    wanted: list[Candidate] = []
    refused: list[Refused] = []
    for candidate in drafted:
        reason = existing.served_by(candidate.index, present)
        if reason is None:
            wanted.append(_named(candidate, names))
        else:
            refused.append(Refused(candidate.index, reason, None))
    return wanted, refused


def _named(candidate: Candidate, names: Collection[TableName]) -> Candidate:
    """The candidate, told apart from a relation that has its name already."""
    index = candidate.index
    taken = TableName(index.table.schema, index.name) in names
    return replace(candidate, index=replace(index, taken=True)) if taken else candidate


def estimated(attempt: Attempt, wanted: Sequence[Candidate]) -> Outcome:
    """Search with hypothetical indexes, or say why nothing can be estimated."""
    connection, indexes = attempt.target.connection, [each.index for each in wanted]
    if not hypothetical.available(connection):
        plans = {query.name: attempt.reading.plans[query.name] for query in attempt.reading.queries}
        asked = {index: extensions.lacking(connection, index) for index in indexes}
        lacking = {index: words for index, words in asked.items() if words}
        return Outcome.unestimated(wanted, plans, lacking)
    with hypothetical.hypothetical(connection, indexes) as candidates:
        sizes = {index: built.size_bytes for index, built in candidates.built.items()}
        searching = Search(attempt.problem(wanted, sizes), attempt.asking(candidates))
        sweep = searching.sweep() if attempt.options.sweep else ()
        found = searching.found(searching.run())
        outcome = Outcome.of_search(found, candidates.built, candidates.failed)
        return replace(outcome, sweep=sweep)
