"""Local search: one index dropped, added, or put in the place of another (pure).

Every plan that is known says what a neighbour would be worth; the planner is only asked about
the most promising ones, because a real set may be planned in ways not seen yet.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Protocol

from workbench.indexes.costs import Costs, Problem, Set
from workbench.indexes.index import Index

LEAST = 1e-9
PROMISING = 12


class Valued(Protocol):
    """What sets and plans are worth, less being better."""

    @property
    def problem(self) -> Problem:
        """What is searched."""

    @property
    def costs(self) -> Costs:
        """What the planner said."""

    @property
    def upkeeps(self) -> Mapping[Index, float]:
        """What each index costs by itself."""

    def __call__(self, indexes: Set) -> float:
        """The value of a set, found out if it is not known."""

    def values(self, query: str, plans: Mapping[Set, float]) -> dict[Set, float]:
        """The part of the value that each known plan of a statement stands for."""


def improve(
    valued: Valued,
    chosen: Set,
    *,
    tries: int = PROMISING,
    steps: float = math.inf,
    twins: bool = True,
    least: float = LEAST,
) -> Set:
    """The set after every move that helps; each step finds out about so many neighbours.

    ``twins`` also tries what no known plan speaks for; ``least`` is the gain that is worth a step.
    """
    reached = valued(chosen)
    while steps > 0:
        found = _first_better(valued, chosen, reached - least, tries, twins)
        if found is None:
            return chosen
        chosen, reached = found
        steps -= 1
    return chosen


def _first_better(
    valued: Valued, chosen: Set, limit: float, tries: int, twins: bool
) -> tuple[Set, float] | None:
    """The best of the promising neighbours below a value, else the best twin of one index."""
    promising = Neighbours(valued, chosen).promising(tries)
    fewer = [chosen - {index} for index in sorted(chosen)] if twins else []
    for neighbours in (promising + fewer, list(_twins(valued.problem, chosen)) if twins else []):
        found = [(valued(each), each) for each in neighbours]
        better = [pair for pair in found if pair[0] < limit]
        if better:
            value, best = min(better, key=lambda pair: (pair[0], sorted(pair[1])))
            return best, value
    return None


def _twins(problem: Problem, chosen: Set) -> Iterator[Set]:
    """The set with a sibling in the place of one index: same table, same first key."""
    for index in sorted(chosen):
        for other in sorted(problem.sizes_bytes.keys() - chosen):
            if other.table == index.table and other.keys[0] == index.keys[0]:
                swapped = (chosen - {index}) | {other}
                if problem.fits(swapped):
                    yield swapped


class Neighbours:
    """What the sets around a chosen one are worth by the plans that are known."""

    def __init__(self, valued: Valued, chosen: Set) -> None:
        self._problem = valued.problem
        self._upkeeps = valued.upkeeps
        self._chosen = chosen
        self._plans: dict[str, list[tuple[float, float, Set]]] = {}
        self._queries: dict[Index, set[str]] = {i: set() for i in self._problem.sizes_bytes}
        self._now: dict[str, float] = {}
        for query in self._problem.weights:
            valued.costs.planned(query, chosen)
            costs = valued.costs.plans(query, self._problem.sizes_bytes)
            values = valued.values(query, costs)
            plans = ((costs[used], value, used) for used, value in values.items())
            self._plans[query] = sorted(plans, key=lambda plan: plan[:2])
            for used in costs:
                for index in used:
                    self._queries[index].add(query)
            self._now[query] = self._guess(query, chosen)

    def promising(self, most: int) -> list[Set]:
        """The neighbours that should be better, the best first."""
        guessed = [(change, n, near) for n, (change, near) in enumerate(self._guesses())]
        return [near for change, _, near in sorted(guessed)[:most] if change < -LEAST]

    def dropped(self) -> dict[Index, float]:
        """For each index how much worse the value should be without it."""
        return {index: self._change(index, None) for index in sorted(self._chosen)}

    def _guesses(self) -> Iterator[tuple[float, Set]]:
        chosen = self._chosen
        useful = {index for index, queries in self._queries.items() if queries}
        for index in sorted(chosen):
            yield self._change(index, None), chosen - {index}
        for other in sorted(useful - chosen):
            if self._problem.fits(chosen | {other}):
                yield self._change(None, other), chosen | {other}
            for index in sorted(chosen):
                near = (chosen - {index}) | {other}
                if self._problem.fits(near):
                    yield self._change(index, other), near

    def _change(self, gone: Index | None, new: Index | None) -> float:
        """How the value would change, if the known plans are all there are."""
        moved = [index for index in (gone, new) if index]
        change = sum(self._upkeeps[i] * (1 if i == new else -1) for i in moved)
        visible = self._chosen.difference(moved) | ({new} if new else set())
        for query in set().union(*(self._queries[index] for index in moved)):
            change += self._guess(query, visible) - self._now[query]
        return change

    def _guess(self, query: str, visible: Set) -> float:
        """The value of the plan that the planner would take: the cheapest that it knows."""
        return next(value for _, value, used in self._plans[query] if used <= visible)
