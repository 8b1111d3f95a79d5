"""Turns what search and measuring found into the Advice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.indexes import untried
from workbench.indexes.advice import (
    Advice,
    Alternative,
    Effort,
    IndexAdvice,
    QueryAdvice,
    Rejected,
    Status,
    SweepPoint,
    Timing,
    Totals,
)
from workbench.indexes.candidates import Candidate
from workbench.indexes.index import Index
from workbench.indexes.reading import Reading
from workbench.indexes.search import Found, Point, Refused
from workbench.indexes.tournament import Rival, kind
from workbench.indexes.verify import Proof
from workbench.indexes.whatif import Built
from workbench.indexes.write_price import WritePrice, pays_from
from workbench.measurement.comparison import Comparison, Sample
from workbench.plans.node import Plan
from workbench.workload.query import Failure, Query

STATUS: Mapping[str, Status] = {"faster": "improved", "slower": "regressed"}
NOT_ESTIMATED = (
    "not estimated: this database is only read and has no hypopg extension; "
    "install hypopg there, or let the workbench build indexes with --disposable"
)


@dataclass(frozen=True)
class Outcome:
    """What came of the candidates, proven or estimated."""

    chosen: tuple[Index, ...]
    before: Mapping[str, float]
    after: Mapping[str, float | None]
    used: Mapping[str, frozenset[Index]]
    built: Mapping[Index, Built]
    refused: tuple[Refused, ...]
    plans_asked: int
    bound: float | None = None
    proof: Proof | None = None
    prices: Mapping[Index, WritePrice] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=())
    merged: tuple[Candidate, ...] = ()
    sweep: tuple[Point, ...] = ()
    shares: Mapping[Index, float] = field(default_factory=dict)
    rivals: Mapping[Index, tuple[Rival, ...]] = field(default_factory=dict)
    interrupted: bool = False

    @classmethod
    def of_search(
        cls, found: Found, built: Mapping[Index, Built], failed: Mapping[Index, str]
    ) -> "Outcome":
        """The searched set, estimated only."""
        refused = (*found.refused, *_failed(failed))
        return cls(
            chosen=found.chosen,
            before=found.before,
            after=found.after,
            used=found.used,
            built=built,
            refused=refused,
            plans_asked=found.plans_asked,
            bound=found.bound,
            shares=found.shares,
            rivals=found.rivals,
        )

    @classmethod
    def of_proof(
        cls,
        proof: Proof,
        built: Mapping[Index, Built],
        failed: Mapping[Index, str],
        prices: Mapping[Index, WritePrice],
    ) -> "Outcome":
        """The searched set as far as measuring confirmed it."""
        dropped = {each.index for each in proof.dropped}
        searched = (each for each in proof.found.refused if each.index not in dropped)
        return cls(
            chosen=proof.kept,
            before=proof.found.before,
            after=proof.costs,
            used=proof.used,
            built=built,
            refused=(*searched, *_failed(failed), *proof.dropped),
            plans_asked=proof.found.plans_asked,
            bound=proof.found.bound,
            proof=proof,
            prices=prices,
            shares=proof.found.shares,
            rivals=proof.found.rivals,
        )

    @classmethod
    def unestimated(
        cls, drafted: Iterable[Candidate], plans: Mapping[str, Plan], lacking: Mapping[Index, str]
    ) -> "Outcome":
        """Candidates about which nothing is known but that they could help.

        ``lacking`` says of some what else would have to be there.
        """
        before = {name: plan.cost or 0.0 for name, plan in plans.items()}
        after = dict[str, float | None](before)
        refused = []
        for each in drafted:
            after |= dict.fromkeys(each.queries)
            words = "; ".join(filter(None, [NOT_ESTIMATED, lacking.get(each.index)]))
            refused.append(Refused(each.index, words, None))
        return cls((), before, after, dict.fromkeys(before, frozenset()), {}, tuple(refused), 0)


def _failed(failed: Mapping[Index, str]) -> Iterator[Refused]:
    for index, message in failed.items():
        yield Refused(index, message, None)


def write(
    reading: Reading,
    drafted: Sequence[Candidate],
    refused: Sequence[Refused],
    outcome: Outcome,
    effort: Effort,
    server: Mapping[str, Any],
    dataset: Mapping[str, Any] | None,
    environment: Mapping[str, Any],
) -> Advice:
    """The receipt of one run."""
    asked = {candidate.index: candidate for candidate in drafted}
    every = sorted((*refused, *outcome.refused), key=lambda r: -(r.cost_saving or 0.0))
    queries = [_query(query, reading, outcome) for query in reading.queries]
    queries = untried.told(queries, asked, every)
    every_query = {query.name: query for query in queries} | {
        failure.name: _failure(failure) for failure in reading.failures
    }
    lacking = untried.lacking(queries, asked, every)
    totals = _totals(queries, reading, outcome)
    return Advice(
        workload=totals,
        queries=tuple(every_query[name] for name in reading.order),
        indexes=tuple(
            _index(index, asked[index], outcome, _reads_saved_ms(index, queries, totals, outcome))
            for index in outcome.chosen
        ),
        rejected=tuple(Rejected(r.index.ddl(), r.reason, r.cost_saving) for r in every),
        search=effort,
        server=server,
        dataset=dataset,
        environment=environment,
        notes=(*reading.notes, *lacking, *outcome.notes),
        sweep=tuple(map(_swept, outcome.sweep)),
        interrupted=outcome.interrupted,
    )


def _query(query: Query, reading: Reading, outcome: Outcome) -> QueryAdvice:
    name = query.name
    costs = outcome.before[name], outcome.after[name]
    status, reason = _estimate(costs[1] is not None, bool(outcome.used[name]))
    advice = QueryAdvice(
        name=name,
        sql=query.sql,
        weight=query.weight,
        status=status,
        reason=reason,
        parameters=dict(query.parameters),
        before=Timing(cost=costs[0]),
        after=Timing(cost=costs[1]),
    )
    proof = outcome.proof
    if proof is not None and name in proof.unmeasured:
        return replace(advice, status="failed", reason=proof.unmeasured[name])
    if proof is not None and name in proof.compared:
        return _measured(advice, costs, proof.compared[name], writes=name in proof.writes)
    return advice


def _estimate(known: bool, helped: bool) -> tuple[Status, str]:
    """Status and reason of a statement that was not measured."""
    if not known:
        return "skipped", "not estimated: nothing here can say what its candidates are worth"
    if helped:
        return "improved", "estimated only: nothing was run"
    return "unchanged", "no index would be used"


def _measured(
    advice: QueryAdvice, costs: tuple[float, float | None], comparison: Comparison, *, writes: bool
) -> QueryAdvice:
    price = "; it writes, and the new indexes are written with it" if writes else ""
    return replace(
        advice,
        status=STATUS.get(comparison.verdict, "unchanged"),
        reason=f"{comparison.verdict}: {comparison.reason}{price}",
        before=_timing(costs[0], comparison.before),
        after=_timing(costs[1], comparison.after),
        speedup=comparison.speedup,
        speedup_ci=comparison.speedup_ci,
        basis=comparison.basis,
    )


def _timing(cost: float | None, sample: Sample) -> Timing:
    return Timing(
        cost=cost,
        median_ms=sample.median_ms,
        ci_ms=sample.ci_ms,
        cpu_ms=sample.cpu_ms,
        buffers=sample.buffers,
        runs=sample.runs,
        plan=sample.plan.to_json()[0],
        timed_out_ms=sample.timed_out_ms,
    )


def _failure(failure: Failure) -> QueryAdvice:
    return QueryAdvice(failure.name, failure.sql, failure.weight, "failed", failure.reason)


def _reads_saved_ms(
    index: Index, queries: Iterable[QueryAdvice], totals: Totals, outcome: Outcome
) -> float | None:
    """What a call of the statements that use an index would take longer without it, on average."""
    share = outcome.shares.get(index)
    calls = sum(query.weight for query in queries if index in outcome.used[query.name])
    if share is None or totals.before_ms is None or totals.after_ms is None or not calls:
        return None
    return share * (totals.before_ms - totals.after_ms) / calls


def _index(
    index: Index, candidate: Candidate, outcome: Outcome, saved_ms: float | None
) -> IndexAdvice:
    built, price = outcome.built.get(index), outcome.prices.get(index)
    return IndexAdvice(
        index=index,
        columns=(built.columns if built else ()) or tuple(map(str, index.keys)),
        size_bytes=built.size_bytes if built else None,
        build_ms=built.build_ms if built and outcome.proof else None,
        used_by=tuple(name for name, used in outcome.used.items() if index in used),
        why=candidate.because,
        verdict="proven" if _proven(index, outcome) else "estimated",
        write_price=price,
        gain_share=outcome.shares.get(index),
        pays_from_reads=pays_from(price, saved_ms) if price and saved_ms is not None else None,
        alternatives=tuple(map(_alternative, outcome.rivals.get(index, ()))),
    )


def _alternative(rival: Rival) -> Alternative:
    return Alternative(rival.index.ddl(), kind(rival.index), rival.size_bytes, rival.gain_share)


def _proven(index: Index, outcome: Outcome) -> bool:
    """Whether every statement that uses it was compared, or cannot be."""
    if outcome.proof is None:
        return False
    known = {*outcome.proof.compared, *outcome.proof.unmeasured}
    return all(name in known for name, used in outcome.used.items() if index in used)


def _swept(point: Point) -> SweepPoint:
    return SweepPoint(
        budget_bytes=point.budget_bytes,
        index_bytes=point.index_bytes,
        cost_ratio=point.cost_ratio,
        time_ratio=point.time_ratio,
        indexes=tuple(index.ddl() for index in point.indexes),
    )


def _totals(queries: Sequence[QueryAdvice], reading: Reading, outcome: Outcome) -> Totals:
    weights = {query.name: query.weight for query in reading.queries}
    before = _sum(queries, [query.before.median_ms if query.before else None for query in queries])
    after = _sum(queries, [query.after.median_ms if query.after else None for query in queries])
    sizes = (outcome.built[index].size_bytes for index in outcome.chosen if index in outcome.built)
    return Totals(
        before_cost=sum(weights[name] * cost for name, cost in outcome.before.items()),
        after_cost=_weighted(weights, outcome.after),
        before_ms=before,
        after_ms=after,
        speedup=before / after if before and after else None,
        index_bytes=sum(sizes),
        heap_bytes=reading.catalog.heap_bytes(reading.all_tables()),
    )


def _weighted(weights: Mapping[str, float], costs: Mapping[str, float | None]) -> float | None:
    """The weighted sum, None when a cost is not known."""
    known = [weights[name] * cost for name, cost in costs.items() if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _sum(queries: Sequence[QueryAdvice], values: Sequence[float | None]) -> float | None:
    """The weighted sum, None when a value is missing or there is none."""
    if not values or any(value is None for value in values):
        return None
    return sum(q.weight * value for q, value in zip(queries, values, strict=True) if value)
