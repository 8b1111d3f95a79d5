"""The choice of indexes by measured time, where the planner's costs mislead it (pure).

We choose the indexes, the planner chooses among them by cost, and what counts is the time that
comes of it. Plans are timed lazily: solve, time the plans that the solution leads to and that are
not known yet, solve again. A plan that is not timed is guessed from the nearest one that is.
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from workbench.indexes import programme
from workbench.indexes.costs import Costs, Set
from workbench.indexes.search import CHEAP_ENOUGH, LOG_WEIGHT, Objective

Clock: TypeAlias = Callable[[str, Set, float], float]
Timed: TypeAlias = dict[Set, float]

NOTHING: Set = frozenset()
ROUNDS = 6
HOPE = 0.9
GAMMA = 0.8
HARM_SHARE, HARM_MS = 1.15, 0.3
LEAST_GAIN = 0.01  # below it two sets are the same to a clock


class ByTime:
    """A refiner for the search; what was timed once is known from then on.

    ``clock(statement, visible, cap_ms)`` gives milliseconds, or infinity when the cap was reached.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timed: dict[str, Timed] = {}

    def value(self, objective: Objective, indexes: Set) -> float:
        """The objective by time."""
        return Times(objective, self._clock, self._timed).objective(indexes)

    def refine(self, objective: Objective, start: Set) -> Set:
        """The set that measures best among ``start`` and those the programme comes to."""
        times = Times(objective, self._clock, self._timed)
        problem, allowed = objective.problem, objective.problem.sizes_bytes
        best = chosen = start
        value = times.objective(start)
        for _ in range(ROUNDS):
            costs = {query: objective.costs.plans(query, allowed) for query in problem.weights}
            values = {query: times.values(query, plans) for query, plans in costs.items()}
            solved = programme.solve(problem, values, objective.upkeeps, costs)
            if solved.chosen == chosen:
                break
            chosen = solved.chosen
            reached = times.objective(chosen)
            if reached < value - LEAST_GAIN:
                best, value = chosen, reached
        return best


class Times:
    """Measured times of statements by the set of indexes that their plan uses."""

    def __init__(self, objective: Objective, clock: Clock, timed: dict[str, Timed]) -> None:
        self._costs: Costs = objective.costs
        self._upkeeps = objective.upkeeps
        self._clock = clock
        self._weights = objective.problem.weights
        self._statements = len(self._weights) or 1
        self._timed = timed
        for query in self._weights:
            if query not in timed:
                timed[query] = {NOTHING: clock(query, NOTHING, math.inf)}
        self._base = {query: timed[query][NOTHING] for query in self._weights}
        self._total = sum(w * self._base[q] for q, w in self._weights.items()) or 1.0

    def objective(self, indexes: Set) -> float:
        """The objective by time, every plan that the set leads to timed if it was not yet."""
        value = sum(self._upkeeps[index] for index in indexes)
        for query in self._weights:
            _, used = self._costs.planned(query, indexes)
            value += self._value(query, self._time(query, used))
        return value

    def values(self, query: str, plans: Mapping[Set, float]) -> dict[Set, float]:
        """The part of the objective that each plan stands for, guessed where it was not timed."""
        return {used: self._value(query, self._guess(query, used, plans)) for used in plans}

    def _time(self, query: str, used: Set) -> float:
        timed = self._timed[query]
        if used not in timed:
            base, least = self._base[query], min(timed.values())
            cap_ms = min(1.3 * base, 5 * least + 50) + HARM_MS
            found = self._clock(query, used, cap_ms)
            timed[used] = 2 * cap_ms if math.isinf(found) else found
        return timed[used]

    def _guess(self, query: str, used: Set, plans: Mapping[Set, float]) -> float:
        """By the cost, from no index and from the nearest timed plan; the better hope counts."""
        timed = self._timed[query]
        if used in timed:
            return timed[used]
        cost = {plan: max(plans[plan], 1e-3) for plan in (*timed, used) if plan in plans}
        known_too = [plan for plan in timed if plan in cost]
        near = min(known_too, key=lambda known: abs(math.log(cost[used] / cost[known])))
        anchors = (near, NOTHING)
        return min(HOPE * timed[a] * float((cost[used] / cost[a]) ** GAMMA) for a in anchors)

    def _value(self, query: str, time_ms: float) -> float:
        weight, base = self._weights[query], self._base[query]
        ratio = max(time_ms / base, CHEAP_ENOUGH) if base else 1.0
        harm = 1 / self._statements if time_ms > HARM_SHARE * base + HARM_MS else 0.0
        log = LOG_WEIGHT * math.log(ratio) / self._statements
        return weight * time_ms / self._total + log + harm
