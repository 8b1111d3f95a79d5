"""The best set of indexes the planner's costs know of (pure; costs are asked through a function).

Greedy over single indexes and over the sets that the planner combines for one statement, then
one index is put in the place of two and what the others can replace is dropped. The objective is
the workload's cost relative to the start plus a tenth of the mean log ratio, so that a cheap
statement counts too. There, what is a hundred times cheaper is cheap enough: beyond that an index
for many statements is worth more than one that suits the constants of a single one. Each index
costs its upkeep.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from workbench.indexes.index import Index
from workbench.workload.schema import TableName

Set: TypeAlias = frozenset[Index]
Planned: TypeAlias = tuple[float, Set]
Ask: TypeAlias = Callable[[str, Set], Planned]

LOG_WEIGHT = 0.1
NEAR = 0.98
CHEAP_ENOUGH = 0.01
UPKEEP = 3e-3  # of the workload's cost, for a full index that writes must maintain
PEELS = 4


@dataclass(frozen=True)
class Problem:
    """What is searched: statements with weights and tables, indexes with sizes, limits."""

    weights: Mapping[str, float]
    tables: Mapping[str, frozenset[TableName]]
    sizes_bytes: Mapping[Index, int]
    budget_bytes: int | None = None
    max_indexes: int | None = None


@dataclass(frozen=True)
class Refused:
    """A candidate that was not chosen, why, and the share of the workload's cost it saves alone."""

    index: Index
    reason: str
    cost_saving: float | None


@dataclass(frozen=True)
class Found:
    """The chosen set, planner costs and used indexes by statement, and what was refused."""

    chosen: tuple[Index, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    used: Mapping[str, Set]
    refused: tuple[Refused, ...]
    plans_asked: int


class Costs:
    """Planner costs of (statement, visible indexes), each asked at most once.

    A plan found with the set V visible that uses U answers every set between U and V: what it
    lacks was not wanted, what it has was enough.
    """

    def __init__(self, problem: Problem, ask: Ask) -> None:
        self._problem = problem
        self._ask = ask
        self._known: dict[str, list[tuple[Set, Set, float]]] = {}
        self.plans_asked = 0

    def planned(self, query: str, indexes: Set) -> Planned:
        """Cost of a statement with ``indexes`` visible, and which of them its plan uses."""
        tables = self._problem.tables[query]
        visible = frozenset(index for index in indexes if index.table in tables)
        records = self._known.setdefault(query, [])
        for seen, used, cost in records:
            if used <= visible <= seen:
                return cost, used
        cost, used = self._ask(query, visible)
        self.plans_asked += 1
        records.append((visible, used, cost))
        return cost, used

    def all(self, indexes: Set) -> dict[str, float]:
        """Cost of every statement with ``indexes`` visible."""
        return {query: self.planned(query, indexes)[0] for query in self._problem.weights}


def search(problem: Problem, ask: Ask) -> Found:
    """A good set within the limits, by what ``ask`` says a set would cost."""
    costs = Costs(problem, ask)
    before = costs.all(frozenset())
    score = _Score(problem, costs, before)
    chosen = _merge(problem, _prune(_greedy(problem, costs, score), score), score)
    refused = tuple(_refusals(problem, costs, score, chosen))
    after = {query: costs.planned(query, chosen) for query in problem.weights}
    return Found(
        chosen=tuple(sorted(chosen)),
        before=before,
        after={query: cost for query, (cost, _) in after.items()},
        used={query: used for query, (_, used) in after.items()},
        refused=refused,
        plans_asked=costs.plans_asked,
    )


class _Score:
    """How much of the workload's cost a set saves, less its upkeep; 0 for no index."""

    def __init__(self, problem: Problem, costs: Costs, before: Mapping[str, float]) -> None:
        self._weights = problem.weights
        self._costs = costs
        self._before = before
        self._upkeeps = _upkeeps(problem)
        self._total = sum(w * before[q] for q, w in problem.weights.items()) or 1.0
        self._weight = sum(problem.weights.values()) or 1.0

    def __call__(self, indexes: Set) -> float:
        saved = -sum(self._upkeeps[index] for index in indexes)
        for query, cost in self._costs.all(indexes).items():
            weight, before = self._weights[query], self._before[query]
            ratio = max(cost / before, CHEAP_ENOUGH) if before else 1.0
            saved += weight * (before - cost) / self._total
            saved -= LOG_WEIGHT * weight * math.log(ratio) / self._weight
        return saved

    def share(self, indexes: Set) -> float:
        """Share of the workload's planner cost that a set saves, without the log term."""
        after = self._costs.all(indexes)
        saved = sum(self._weights[q] * (self._before[q] - cost) for q, cost in after.items())
        return saved / self._total


def _upkeeps(problem: Problem) -> dict[Index, float]:
    """What each index costs: more for a large one, as a partial index is written less often.

    Twice as much where the predicate suits only one value of a column.
    """
    largest: dict[TableName, int] = {}
    for index, size in problem.sizes_bytes.items():
        largest[index.table] = max(size, largest.get(index.table, 1))
    upkeeps = {}
    for index, size in problem.sizes_bytes.items():
        one_value = "=" in index.predicate or " IN (" in index.predicate
        share = size / largest[index.table]
        upkeeps[index] = UPKEEP * (1 + share) / 2 * (2 if one_value else 1)
    return upkeeps


def _greedy(problem: Problem, costs: Costs, score: _Score) -> Set:
    """Add the best move until none gains; gains are looked at lazily, the best old one first."""
    chosen: Set = frozenset()
    reached = 0.0
    gains = dict.fromkeys(_moves(problem, costs), math.inf)
    while True:
        best: tuple[Set, float, int] | None = None
        for move in sorted(gains, key=lambda m: (-gains[m], sorted(m))):
            added = move - chosen
            if not added or not _fits(problem, chosen | added):
                continue
            bytes_ = sum(problem.sizes_bytes[index] for index in added)
            if best is not None and gains[move] < NEAR * best[1]:
                break
            gain = score(chosen | added) - reached
            gains[move] = gain / bytes_ if problem.budget_bytes is not None else gain
            if gain > 0 and _better((added, gains[move], bytes_), best):
                best = (added, gains[move], bytes_)
        if best is None:
            return chosen
        chosen |= best[0]
        reached = score(chosen)


def _better(move: tuple[Set, float, int], best: tuple[Set, float, int] | None) -> bool:
    """More gain, or nearly as much in less space."""
    if best is None:
        return True
    if move[1] * NEAR > best[1]:
        return True
    return move[1] >= NEAR * best[1] and move[2] < best[2]


def _moves(problem: Problem, costs: Costs) -> set[Set]:
    """Single indexes, and the sets that the planner combines when it may choose freely.

    The favourites of a statement are hidden and the planner asked again, a few times.
    """
    moves: set[Set] = {frozenset({index}) for index in problem.sizes_bytes}
    for query in problem.weights:
        visible = frozenset(problem.sizes_bytes)
        for _ in range(PEELS):
            used = costs.planned(query, visible)[1]
            if not used:
                break
            moves.add(used)
            visible -= used
    return moves


def _fits(problem: Problem, indexes: Set) -> bool:
    total = sum(problem.sizes_bytes[index] for index in indexes)
    within = problem.budget_bytes is None or total <= problem.budget_bytes
    return within and (problem.max_indexes is None or len(indexes) <= problem.max_indexes)


def _prune(chosen: Set, score: _Score) -> Set:
    """The set without each index whose loss the others make up for."""
    for index in sorted(chosen):
        without = chosen - {index}
        if score(without) >= score(chosen):
            chosen = without
    return chosen


def _merge(problem: Problem, chosen: Set, score: _Score) -> Set:
    """The set with one index in the place of one or two others of its table, while that is better.

    Greedy takes the index that suits one statement best before it sees one that suits two.
    """
    while True:
        best = max(_swaps(problem, chosen), key=lambda s: (score(s), sorted(s)), default=chosen)
        if score(best) <= score(chosen) + 1e-9:
            return chosen
        chosen = best


def _swaps(problem: Problem, chosen: Set) -> Iterator[Set]:
    for index in sorted(problem.sizes_bytes.keys() - chosen):
        same = sorted(other for other in chosen if other.table == index.table)
        for size in (1, 2):
            for gone in combinations(same, size):
                swapped = (chosen - set(gone)) | {index}
                if _fits(problem, swapped):
                    yield swapped


def _refusals(problem: Problem, costs: Costs, score: _Score, chosen: Set) -> Iterator[Refused]:
    for index in sorted(problem.sizes_bytes.keys() - chosen):
        alone = frozenset({index})
        served = {query for query in problem.weights if costs.planned(query, alone)[1]}
        instead = {i.name for query in served for i in costs.planned(query, chosen)[1]}
        saving = score.share(alone)
        extra = score(chosen | alone) - score(chosen)
        reason = _reason(problem, index, chosen, sorted(instead), saving, extra)
        yield Refused(index, reason if served else "the planner does not use it", saving)


def _reason(
    problem: Problem, index: Index, chosen: Set, instead: list[str], saving: float, extra: float
) -> str:
    if extra <= 0 and instead:
        words = instead[0] if len(instead) == 1 else f"{len(instead)} chosen indexes"
        return f"its statements are served by {words}"
    if extra <= 0:
        return f"saves {saving:.1%} of the planner's cost, less than its upkeep"
    size = problem.sizes_bytes[index]
    total = sum(problem.sizes_bytes[other] for other in chosen)
    if problem.budget_bytes is not None and total + size > problem.budget_bytes:
        return f"needs {size:,} bytes; {problem.budget_bytes - total:,} of the budget are left"
    if problem.max_indexes is not None and len(chosen) >= problem.max_indexes:
        return f"the limit of {problem.max_indexes} indexes is reached"
    return f"saves only {extra:.1%} more beside the chosen indexes"
