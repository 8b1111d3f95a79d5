"""The best set of indexes the planner's costs know of (pure; costs are asked through a function).

For each statement the planner is asked again and again with its favourites hidden; an integer
programme chooses among the plans that come of it, the plans of what it chose are asked for and it
chooses again. Local search corrects for what it cannot see, and what was found for smaller limits
is not forgotten.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from workbench.indexes import moves, programme
from workbench.indexes.costs import Ask, Costs, Problem, Set
from workbench.indexes.exploring import explore
from workbench.indexes.index import Index
from workbench.indexes.objective import Objective
from workbench.indexes.tournament import Rival, rivals

SMALLER = (0.5, 0.25, 0.1)  # budgets, of the given one or of the heap, whose sets are tried as well
SWEPT = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)  # of the bytes of the whole set
ROUNDS = 6
MANY = 10_000  # statements times candidates, beyond which only known plans guide the local search


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
    ``shares`` has the part of the whole gain that would go with each index, ``rivals`` what could
    stand in its place.
    """

    chosen: tuple[Index, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    used: Mapping[str, Set]
    refused: tuple[Refused, ...]
    plans_asked: int
    bound: float | None = None
    shares: Mapping[Index, float] = field(default_factory=dict)
    rivals: Mapping[Index, tuple[Rival, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """The best set under one budget; cost and time are those of the workload after/before.

    ``budget_bytes`` None is no limit, ``time_ratio`` None where nothing was timed.
    """

    budget_bytes: int | None
    index_bytes: int
    indexes: tuple[Index, ...]
    cost_ratio: float | None
    time_ratio: float | None


class Refiner(Protocol):
    """Knows better than the planner's costs: a better set, and what any set is worth."""

    def refine(self, objective: Objective, starts: Sequence[Set], near: Set | None = None) -> Set:
        """A set at least as good as each of ``starts``, or hardly worse and close to ``near``."""

    def total(self, objective: Objective, indexes: Set) -> float:
        """The workload's time in reality."""

    def learn(self, query: str, used: Set, time_ms: float, base_ms: float, slower: bool) -> None:
        """Take in what a comparison found out about a plan."""

    def harms(self, objective: Objective, query: str, used: Set) -> bool:
        """Whether a statement is slower with some indexes than without any."""


class Search:
    """One problem and all that was asked about it; ``run`` may be called again with bans.

    ``best`` is the best set within the limits that is known so far.
    """

    def __init__(self, problem: Problem, ask: Ask, refiner: Refiner | None = None) -> None:
        self.problem = problem
        self.costs = Costs(problem, ask)
        self.best: Set | None = None
        self._refiner = refiner
        self._bound = 0.0
        self._found: list[Set] = []
        self._starts: dict[tuple[Set, int | None], tuple[list[Set], float]] = {}

    def run(self, banned: Set = frozenset(), near: Set | None = None) -> Set:
        """A good set within the limits and without ``banned``, close to ``near`` if one is."""
        self.best = self._within(self.problem.without(banned), near and near - banned)
        return self.best

    def best_known(self) -> Set:
        """The best set so far; where there is none, the best choice among the known plans."""
        if self.best is not None:
            return self.best
        return self._solved(Objective(self.costs, self.problem)).chosen

    def favourites(self) -> tuple[Index, ...]:
        """The indexes of the best set by cost, then those of each statement's best plan."""
        self._explore(self.problem)
        every = frozenset(self.problem.sizes_bytes)
        chosen = self._by_cost(Objective(self.costs, self.problem))
        used = (self.costs.planned(query, every)[1] for query in sorted(self.problem.weights))
        return tuple(dict.fromkeys([*sorted(chosen), *(i for plan in used for i in sorted(plan))]))

    def widen(self, problem: Problem) -> None:
        """Go on with more candidates; what was asked stays true."""
        self._starts.clear()
        self.problem = self.costs.problem = problem

    def learn(self, query: str, used: Set, time_ms: float, base_ms: float, slower: bool) -> None:
        """Take in what a comparison without and with some indexes found out."""
        if self._refiner is not None:
            self._refiner.learn(query, used, time_ms, base_ms, slower)

    def harms(self, query: str, used: Set) -> bool:
        """Whether a plan is slower than that without any index, where it can be timed."""
        objective = Objective(self.costs, self.problem)
        return self._refiner is not None and self._refiner.harms(objective, query, used)

    def sweep(self) -> tuple[Point, ...]:
        """The best set within the limits, and what can be had for parts of its bytes."""
        whole = self.problem.bytes(self._within(self.problem))
        limits = dict.fromkeys(int(whole * share) for share in SWEPT)
        points = [self._point(limit) for limit in (*limits, self.problem.budget_bytes)]
        return tuple({point.indexes: point for point in reversed(points)}.values())[::-1]

    def found(self, chosen: Set) -> Found:
        """What is to be said about a chosen set."""
        objective = Objective(self.costs, self.problem)
        refused = tuple(_refusals(objective, chosen))
        competed = {each: rivals(self.costs, self.problem, chosen, each) for each in sorted(chosen)}
        shares = self._shares(chosen)
        return replace(self.known(chosen), refused=refused, shares=shares, rivals=competed)

    def known(self, chosen: Set) -> Found:
        """What can be said without asking or timing much more."""
        after = {query: self.costs.planned(query, chosen) for query in self.problem.weights}
        return Found(
            chosen=tuple(sorted(chosen)),
            before=self.costs.all(frozenset()),
            after={query: cost for query, (cost, _) in after.items()},
            used={query: used for query, (_, used) in after.items()},
            refused=(),
            plans_asked=self.costs.plans_asked,
            bound=self._bound,
        )

    def _within(self, problem: Problem, near: Set | None = None) -> Set:
        """The best set under some limits, by time where there is a clock."""
        objective = Objective(self.costs, problem)
        known = [each for each in self._found if _possible(problem, each)]
        place = frozenset(problem.sizes_bytes), problem.budget_bytes
        if place not in self._starts:  # what was timed since then changes nothing here
            self._explore(problem)
            chosen = self._by_cost(objective, thorough=True)
            smaller = self._for_less(objective) if self._refiner else []
            self._starts[place] = [chosen, *smaller], self._bound
        (chosen, *smaller), self._bound = self._starts[place]
        if self._refiner is None:
            return chosen
        if self.best is None and self.problem.fits(chosen):
            self.best = chosen
        refined = self._refiner.refine(objective, [chosen, *known, *smaller], near)
        self._found.append(refined)
        return refined

    def _explore(self, problem: Problem) -> None:
        for query in sorted(problem.weights):
            explore(self.costs, problem, query)

    def _by_cost(self, objective: Objective, *, thorough: bool = False) -> Set:
        """The best set by the planner's costs, of those found before too."""
        problem, bound = objective.problem, -math.inf
        seen: list[Set] = []
        for _ in range(ROUNDS):
            solved = self._solved(objective)
            bound = solved.bound
            if solved.chosen in seen:
                break
            seen.append(solved.chosen)
            objective(solved.chosen)
        tried = [each for each in (frozenset(), *seen, *self._found) if _possible(problem, each)]
        twins = thorough and len(problem.weights) * len(problem.sizes_bytes) < MANY
        chosen = moves.improve(objective, min(tried, key=objective), twins=twins)
        self._bound = max(0.0, objective(chosen) - bound)
        self._found.append(chosen)
        return chosen

    def _solved(self, objective: Objective) -> programme.Solution:
        """The best choice among the plans that are known."""
        problem = objective.problem
        plans = {q: self.costs.plans(q, problem.sizes_bytes) for q in problem.weights}
        values = {query: objective.values(query, plans[query]) for query in plans}
        return programme.solve(problem, values, objective.upkeeps)

    def _for_less(self, objective: Objective) -> list[Set]:
        """The best sets by cost under smaller budgets."""
        problem, bound = objective.problem, self._bound
        most = problem.heap_bytes if problem.budget_bytes is None else problem.budget_bytes
        limits = [replace(problem, budget_bytes=int(most * share)) for share in SMALLER]
        found = [self._by_cost(Objective(self.costs, each)) for each in limits]
        self._bound = bound
        return found

    def _point(self, budget_bytes: int | None) -> Point:
        chosen = self._within(replace(self.problem, budget_bytes=budget_bytes))
        nothing: Set = frozenset()
        costs = [self._cost(each) for each in (nothing, chosen)]
        times = [self.total(each) for each in (nothing, chosen)] if self._refiner else []
        size = self.problem.bytes(chosen)
        return Point(budget_bytes, size, tuple(sorted(chosen)), _ratio(costs), _ratio(times))

    def total(self, indexes: Set) -> float:
        """The workload's time with a set, or its cost where nothing is timed."""
        if self._refiner is not None:
            return self._refiner.total(Objective(self.costs, self.problem), indexes)
        return self._cost(indexes)

    def _cost(self, indexes: Set) -> float:
        planned = self.costs.all(indexes)
        return sum(self.problem.weights[query] * cost for query, cost in planned.items())

    def _shares(self, chosen: Set) -> dict[Index, float]:
        """What each index has of the whole gain: how much of it goes when it alone goes."""
        without, reached = self.total(frozenset()), self.total(chosen)
        gain = without - reached
        if gain <= 0:
            return dict.fromkeys(chosen, 0.0)
        return {i: max(0.0, self.total(chosen - {i}) - reached) / gain for i in sorted(chosen)}


def search(problem: Problem, ask: Ask, refiner: Refiner | None = None) -> Found:
    """A good set within the limits, by what ``ask`` says a set would cost."""
    searching = Search(problem, ask, refiner)
    return searching.found(searching.run())


def _possible(problem: Problem, indexes: Set) -> bool:
    """Whether a set is of the problem's candidates only, and within its limits."""
    return indexes <= problem.sizes_bytes.keys() and problem.fits(indexes)


def _ratio(pair: Sequence[float]) -> float | None:
    """After over before, None where there is nothing to divide."""
    return pair[1] / pair[0] if pair and pair[0] else None


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
