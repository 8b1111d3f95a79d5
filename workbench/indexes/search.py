"""The best set of indexes the planner's costs know of (pure; costs are asked through a function).

For each statement the planner is asked again and again with its favourites hidden; an integer
programme chooses among the plans that come of it, and local search corrects for what it cannot
see. What is minimised is the workload's cost relative to the start plus a tenth of the mean log
ratio, so that a cheap statement counts too. There, what is a hundred times cheaper is cheap enough:
beyond that an index for many statements is worth more than one that suits the constants of a
single one. Each index costs its upkeep.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from workbench.indexes import programme
from workbench.indexes.costs import Ask, Costs, Problem, Set
from workbench.indexes.index import Index

LOG_WEIGHT = 0.1
CHEAP_ENOUGH = 0.01
UPKEEP = 3e-3  # of the workload's cost, for an index of any size
UPKEEP_OF_HEAP = 2e-2  # more for one as large as all heaps together
PLANS_PER_QUERY = 40
SIZE_CAPS = (0.05, 0.02)  # of the heap


@dataclass(frozen=True)
class Refused:
    """A candidate that was not chosen, why, and the share of the workload's cost it saves alone."""

    index: Index
    reason: str
    cost_saving: float | None


@dataclass(frozen=True)
class Found:
    """The chosen set, planner costs and used indexes by statement, and what was refused.

    ``bound`` is how far, at most, the objective is above the best choice among all known plans.
    """

    chosen: tuple[Index, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    used: Mapping[str, Set]
    refused: tuple[Refused, ...]
    plans_asked: int
    bound: float | None = None


class Refiner(Protocol):
    """Knows better than the planner's costs: a better set, and what any set is worth."""

    def refine(self, objective: "Objective", start: Set) -> Set:
        """A set at least as good as ``start``."""

    def value(self, objective: "Objective", indexes: Set) -> float:
        """The objective as it is in reality."""


class Search:
    """One problem and all that was asked about it; ``run`` may be called again with bans."""

    def __init__(self, problem: Problem, ask: Ask, refiner: Refiner | None = None) -> None:
        self.problem = problem
        self.costs = Costs(problem, ask)
        self._refiner = refiner
        self._objective = Objective(self.costs, problem)
        self._bound = 0.0

    def run(self, banned: Set = frozenset()) -> Set:
        """A good set within the limits and without ``banned``."""
        problem = self.problem.without(banned)
        objective = Objective(self.costs, problem)
        for query in sorted(problem.weights):
            _explore(self.costs, problem, query)
        plans = {query: self.costs.plans(query, problem.sizes_bytes) for query in problem.weights}
        values = {query: objective.values(query, plans[query]) for query in plans}
        solved = programme.solve(problem, values, objective.upkeeps, plans)
        chosen = _improve(objective, solved.chosen)
        if not banned:
            self._bound = max(0.0, objective(chosen) - solved.bound)
        return self._refiner.refine(objective, chosen) if self._refiner else chosen

    def value(self, indexes: Set) -> float:
        """The objective of a set, in reality where that is known; less is better."""
        if self._refiner is None:
            return self._objective(indexes)
        return self._refiner.value(self._objective, indexes)

    def found(self, chosen: Set) -> Found:
        """What is to be said about a chosen set."""
        after = {query: self.costs.planned(query, chosen) for query in self.problem.weights}
        return Found(
            chosen=tuple(sorted(chosen)),
            before=self._objective.before,
            after={query: cost for query, (cost, _) in after.items()},
            used={query: used for query, (_, used) in after.items()},
            refused=tuple(_refusals(self._objective, chosen)),
            plans_asked=self.costs.plans_asked,
            bound=self._bound,
        )


def search(problem: Problem, ask: Ask, refiner: Refiner | None = None) -> Found:
    """A good set within the limits, by what ``ask`` says a set would cost."""
    searching = Search(problem, ask, refiner)
    return searching.found(searching.run())


class Objective:
    """What a set of indexes costs: statements relative to the start, and upkeep; less is better."""

    def __init__(self, costs: Costs, problem: Problem) -> None:
        self.costs = costs
        self.problem = problem
        self.before = costs.all(frozenset())
        weights = self.problem.weights
        self._total = sum(w * self.before[q] for q, w in weights.items()) or 1.0
        self._statements = len(weights) or 1
        self.upkeeps = {
            index: _upkeep(index, size, self.problem.heap_bytes)
            for index, size in self.problem.sizes_bytes.items()
        }

    def __call__(self, indexes: Set) -> float:
        planned = self.costs.all(indexes)
        served = sum(self._value(query, cost) for query, cost in planned.items())
        return served + sum(self.upkeeps[index] for index in indexes)

    def values(self, query: str, plans: Mapping[Set, float]) -> dict[Set, float]:
        """The part of the objective that each plan of a statement stands for."""
        return {used: self._value(query, cost) for used, cost in plans.items()}

    def saving(self, queries: Iterable[str], indexes: Set) -> float:
        """Share of the workload's planner cost that a set saves in some statements."""
        saved = (
            self.problem.weights[q] * (self.before[q] - self.costs.planned(q, indexes)[0])
            for q in queries
        )
        return max(0.0, sum(saved) / self._total)

    def gain(self, queries: Iterable[str], chosen: Set, index: Index) -> float:
        """How much lower the objective would be with one more index, by some statements."""
        gained = -self.upkeeps[index]
        for query in queries:
            without, _ = self.costs.planned(query, chosen)
            with_it, _ = self.costs.planned(query, chosen | {index})
            gained += self._value(query, without) - self._value(query, with_it)
        return gained

    def _value(self, query: str, cost: float) -> float:
        weight, before = self.problem.weights[query], self.before[query]
        ratio = max(cost / before, CHEAP_ENOUGH) if before else 1.0
        return weight * cost / self._total + LOG_WEIGHT * math.log(ratio) / self._statements


def _upkeep(index: Index, size_bytes: int, heap_bytes: int) -> float:
    """What an index costs; more where its predicate suits only one value of a column."""
    one_value = " = " in index.predicate or " IN (" in index.predicate
    return UPKEEP * (2 if one_value else 1) + UPKEEP_OF_HEAP * size_bytes / max(heap_bytes, 1)


def _explore(costs: Costs, problem: Problem, query: str) -> None:
    """Make plans of one statement known.

    Breadth-first from everything visible, one used index hidden at a time; the same among small
    indexes only; and each index that was drafted for the statement, alone.
    """
    every = problem.relevant(query, frozenset(problem.sizes_bytes))
    limits = [math.inf, *(problem.heap_bytes * share for share in SIZE_CAPS)]
    for limit in limits:
        small = frozenset(index for index in every if problem.sizes_bytes[index] <= limit)
        _peel(costs, query, small, PLANS_PER_QUERY if limit == math.inf else 4)
    for index in sorted(every):
        if query in problem.asked_by[index]:
            costs.planned(query, frozenset({index}))


def _peel(costs: Costs, query: str, visible: Set, most: int) -> None:
    queue, seen = deque([visible]), {visible}
    for _ in range(most):
        if not queue:
            return
        place = queue.popleft()
        _, used = costs.planned(query, place)
        for rest in (place - {index} for index in sorted(used)):
            if rest not in seen:
                seen.add(rest)
                queue.append(rest)


def _improve(objective: Objective, chosen: Set) -> Set:
    """Local search: drop what is not missed, put one in the place of another, while that helps."""
    problem = objective.problem
    reached = objective(chosen)
    while True:
        best, value = chosen, reached
        for neighbour in _neighbours(problem, chosen):
            there = objective(neighbour)
            if there < value - 1e-9:
                best, value = neighbour, there
        if best == chosen:
            return chosen
        chosen, reached = best, value


def _neighbours(problem: Problem, chosen: Set) -> Iterator[Set]:
    """The set without one index, or with a sibling in its place: same table, same first key."""
    for index in sorted(chosen):
        yield chosen - {index}
        for other in sorted(problem.sizes_bytes.keys() - chosen):
            if other.table == index.table and other.keys[0] == index.keys[0]:
                swapped = (chosen - {index}) | {other}
                if problem.fits(swapped):
                    yield swapped


def _refusals(objective: Objective, chosen: Set) -> Iterator[Refused]:
    problem, costs = objective.problem, objective.costs
    for index in sorted(problem.sizes_bytes.keys() - chosen):
        alone = frozenset({index})
        served = [q for q in problem.asked_by[index] if costs.planned(q, alone)[1]]
        if not served:
            yield Refused(index, "the planner does not use it", 0.0)
            continue
        gain = objective.gain(served, chosen, index)
        instead = sorted({i.name for query in served for i in costs.planned(query, chosen)[1]})
        reason = _reason(problem, index, chosen, instead, gain)
        yield Refused(index, reason, objective.saving(served, alone))


def _reason(problem: Problem, index: Index, chosen: Set, instead: list[str], gain: float) -> str:
    """Why an index that the planner would use was not chosen."""
    size, left = problem.sizes_bytes[index], None
    if problem.budget_bytes is not None:
        left = problem.budget_bytes - problem.bytes(chosen)
    if gain > 0 and left is not None and size > left:
        return f"needs {size:,} bytes; {left:,} of the budget are left"
    if gain > 0 and problem.max_indexes is not None and len(chosen) >= problem.max_indexes:
        return f"the limit of {problem.max_indexes} indexes is reached"
    if instead:
        words = instead[0] if len(instead) == 1 else f"{len(instead)} chosen indexes"
        return f"its statements are served by {words}"
    return "what it saves is less than its upkeep"
