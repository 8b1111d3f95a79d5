"""The best set of indexes the planner's costs know of (pure; costs are asked through a function).

For each statement the planner is asked again and again with its favourites hidden; an integer
programme chooses among the plans that come of it, the plans of what it chose are asked for and it
chooses again. Local search corrects for what it cannot see, and what was found for smaller limits
is not forgotten.
"""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from workbench.indexes import moves, programme
from workbench.indexes.costs import Ask, Costs, Problem, Set
from workbench.indexes.index import Index
from workbench.indexes.objective import Objective

PLANS_PER_QUERY = 40
SIZE_CAPS = (0.05, 0.02)  # of the heap
SMALLER = (0.5, 0.25, 0.1)  # budgets, of the given one or of the heap, whose sets are tried as well
ROUNDS = 6


@dataclass(frozen=True)
class Refused:
    """A candidate that was not chosen, why, and the share of the workload's cost it saves alone."""

    index: Index
    reason: str
    cost_saving: float | None


@dataclass(frozen=True)
class Found:
    """The chosen set, planner costs and used indexes by statement, and what was refused.

    ``bound`` is how far, at most, the objective is above the best choice among all known plans;
    ``shares`` has the part of the whole gain that would go with each index.
    """

    chosen: tuple[Index, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    used: Mapping[str, Set]
    refused: tuple[Refused, ...]
    plans_asked: int
    bound: float | None = None
    shares: Mapping[Index, float] = field(default_factory=dict)


class Refiner(Protocol):
    """Knows better than the planner's costs: a better set, and what any set is worth."""

    def refine(self, objective: Objective, starts: Sequence[Set]) -> Set:
        """A set at least as good as each of ``starts``."""

    def total(self, objective: Objective, indexes: Set) -> float:
        """The workload's time in reality."""

    def learn(self, query: str, used: Set, time_ms: float, base_ms: float, slower: bool) -> None:
        """Take in what a comparison found out about a plan."""


class Search:
    """One problem and all that was asked about it; ``run`` may be called again with bans."""

    def __init__(self, problem: Problem, ask: Ask, refiner: Refiner | None = None) -> None:
        self.problem = problem
        self.costs = Costs(problem, ask)
        self._refiner = refiner
        self._bound = 0.0
        self._found: list[Set] = []

    def run(self, banned: Set = frozenset()) -> Set:
        """A good set within the limits and without ``banned``."""
        for query in sorted(self.problem.weights):
            _explore(self.costs, self.problem.without(banned), query)
        objective = Objective(self.costs, self.problem.without(banned))
        chosen = self._by_cost(objective)
        if self._refiner is None:
            return chosen
        starts = [chosen, *self._for_less(objective)]
        return self._refiner.refine(objective, starts)

    def _by_cost(self, objective: Objective) -> Set:
        """The best set by the planner's costs, of those found before too."""
        problem, bound = objective.problem, -math.inf
        seen: list[Set] = []
        for _ in range(ROUNDS):
            plans = {
                query: self.costs.plans(query, problem.sizes_bytes) for query in problem.weights
            }
            values = {query: objective.values(query, plans[query]) for query in plans}
            solved = programme.solve(problem, values, objective.upkeeps, plans)
            bound = solved.bound
            if solved.chosen in seen:
                break
            seen.append(solved.chosen)
            objective(solved.chosen)
        known = (each for each in (frozenset(), *self._found) if each <= problem.sizes_bytes.keys())
        fitting = [each for each in (*seen, *known) if problem.fits(each)]
        chosen = moves.improve(objective, min(fitting, key=objective))
        self._bound = max(0.0, objective(chosen) - bound)
        self._found.append(chosen)
        return chosen

    def _for_less(self, objective: Objective) -> list[Set]:
        """The best sets by cost under smaller budgets."""
        problem = objective.problem
        most = problem.heap_bytes if problem.budget_bytes is None else problem.budget_bytes
        limits = [replace(problem, budget_bytes=int(most * share)) for share in SMALLER]
        bound = self._bound
        found = [self._by_cost(Objective(self.costs, each)) for each in limits]
        self._bound = bound
        return found

    def learn(self, query: str, used: Set, time_ms: float, base_ms: float, slower: bool) -> None:
        """Take in what a comparison without and with some indexes found out."""
        if self._refiner is not None:
            self._refiner.learn(query, used, time_ms, base_ms, slower)

    def total(self, indexes: Set) -> float:
        """The workload's time with a set, or its cost where nothing is timed."""
        objective = Objective(self.costs, self.problem)
        if self._refiner is not None:
            return self._refiner.total(objective, indexes)
        planned = self.costs.all(indexes)
        return sum(self.problem.weights[query] * cost for query, cost in planned.items())

    def shares(self, chosen: Set) -> dict[Index, float]:
        """What each index has of the whole gain: how much of it goes when it alone goes."""
        without, reached = self.total(frozenset()), self.total(chosen)
        gain = without - reached
        if gain <= 0:
            return dict.fromkeys(chosen, 0.0)
        return {i: max(0.0, self.total(chosen - {i}) - reached) / gain for i in sorted(chosen)}

    def found(self, chosen: Set) -> Found:
        """What is to be said about a chosen set."""
        objective = Objective(self.costs, self.problem)
        after = {query: self.costs.planned(query, chosen) for query in self.problem.weights}
        return Found(
            chosen=tuple(sorted(chosen)),
            before=objective.before,
            after={query: cost for query, (cost, _) in after.items()},
            used={query: used for query, (_, used) in after.items()},
            refused=tuple(_refusals(objective, chosen)),
            plans_asked=self.costs.plans_asked,
            bound=self._bound,
            shares=self.shares(chosen),
        )


def search(problem: Problem, ask: Ask, refiner: Refiner | None = None) -> Found:
    """A good set within the limits, by what ``ask`` says a set would cost."""
    searching = Search(problem, ask, refiner)
    return searching.found(searching.run())


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
