"""What a set of indexes is worth by the planner's costs (pure).

The workload's cost relative to the best one known, plus a tenth of the mean log ratio to the start,
so that a cheap statement counts too. Against the cost at the start everything but one runaway
would count for nothing. There, what is a thousand times cheaper and takes less than a round trip is
cheap enough: beyond that an index for many statements is worth more than one that suits the
constants of a single one. Each index costs its upkeep, and what the workload's own writes pay for
it.
"""

import math
from collections.abc import Iterable, Mapping

from workbench.indexes.costs import Costs, Problem, Set
from workbench.indexes.index import Index

LOG_WEIGHT = 0.1
CHEAP_ENOUGH = 1e-3  # of the start, where that is
FAST_MS = 0.3  # or less
UPKEEP = 2e-3  # of the workload's best cost, for an index of any size
UPKEEP_OF_HEAP = 3e-2  # more for one as large as all heaps together
MS_PER_COST = 0.01  # a planner's unit is about a page read from memory and its rows
FAST_COST = FAST_MS / MS_PER_COST


class Objective:
    """The value of sets of indexes; less is better."""

    def __init__(self, costs: Costs, problem: Problem) -> None:
        self.costs = costs
        self.problem = problem
        self.before = costs.all(frozenset())
        self._statements = len(problem.weights) or 1
        best = costs.all(frozenset(costs.problem.sizes_bytes))
        weights = problem.weights.items()
        self._start = sum(w * self.before[q] for q, w in weights) or 1.0
        self._best = sum(w * min(best[q], self.before[q]) for q, w in weights) or 1.0
        self.upkeeps = upkeeps(problem, self._best * MS_PER_COST)

    def __call__(self, indexes: Set) -> float:
        planned = self.costs.all(indexes)
        served = sum(self.value(query, cost) for query, cost in planned.items())
        return served + sum(self.upkeeps[index] for index in indexes)

    def value(self, query: str, cost: float) -> float:
        """The part that a statement has at some cost."""
        weight, before = self.problem.weights[query], self.before[query]
        return weight * cost / self._best + ratio_value(cost, before, FAST_COST) / self._statements

    def values(self, query: str, plans: Mapping[Set, float]) -> dict[Set, float]:
        """The part of the objective that each plan of a statement stands for."""
        return {used: self.value(query, cost) for used, cost in plans.items()}

    def saving(self, queries: Iterable[str], indexes: Set) -> float:
        """Share of the workload's planner cost at the start that a set saves in some statements."""
        saved = (
            self.problem.weights[q] * (self.before[q] - self.costs.planned(q, indexes)[0])
            for q in queries
        )
        return max(0.0, sum(saved) / self._start)

    def gain(self, queries: Iterable[str], chosen: Set, index: Index) -> float:
        """How much lower the objective would be with one more index, by some statements."""
        gained = -self.upkeeps[index]
        for query in queries:
            without, _ = self.costs.planned(query, chosen)
            with_it, _ = self.costs.planned(query, chosen | {index})
            gained += self.value(query, without) - self.value(query, with_it)
        return gained


def ratio_value(now: float, before: float, fast: float = FAST_MS) -> float:
    """The weighted log of a statement's ratio, of times or, with what is fast in it, of costs."""
    enough = min(CHEAP_ENOUGH * before, fast)
    return LOG_WEIGHT * math.log(max(now, enough) / before) if before else 0.0


def upkeeps(problem: Problem, best_ms: float) -> dict[Index, float]:
    """What each index costs, relative to the workload's best time."""
    return {
        index: _upkeep(index, size, problem.heap_bytes) + problem.written_ms.get(index, 0) / best_ms
        for index, size in problem.sizes_bytes.items()
    }


def _upkeep(index: Index, size_bytes: int, heap_bytes: int) -> float:
    """What an index costs; more where its predicate suits only one value of a column."""
    one_value = " = " in index.predicate or " IN (" in index.predicate
    return UPKEEP * (2 if one_value else 1) + UPKEEP_OF_HEAP * size_bytes / max(heap_bytes, 1)
