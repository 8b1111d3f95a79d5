"""Local search: one index dropped, added, or put in the place of another (pure).

Every plan that is known says what a neighbour would be worth; the planner is only asked about
the most promising ones, because a real set may be planned in ways not seen yet.
"""

import math
from collections.abc import Iterator, Mapping
from heapq import nsmallest
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
    patience: int = 1,
) -> Set:
    """The set after every move that helps; each step finds out about so many neighbours.

    ``twins`` also tries what no known plan speaks for; ``least`` is the gain that is worth a step.
    Where trying teaches what to expect, ``patience`` is how many steps may find nothing in a row.
    """
    reached, failed = valued(chosen), 0
    while steps > 0 and failed < patience:
        found = _first_better(valued, chosen, reached - least, tries, twins)
        if found is None:
            failed += 1
            continue
        (chosen, reached), failed = found, 0
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
    """What the sets around a chosen one are worth by the plans that are known.

    Sets are numbers with a bit for each index: a large workload compares hundreds of millions.
    """

    def __init__(self, valued: Valued, chosen: Set) -> None:
        self._problem = valued.problem
        self._upkeeps = valued.upkeeps
        self._chosen = chosen
        self._bits = {index: 1 << n for n, index in enumerate(self._problem.sizes_bytes)}
        self._mask = self._bits_of(chosen)
        self._plans: dict[str, list[tuple[float, float, int]]] = {}
        self._queries: dict[Index, set[str]] = {i: set() for i in self._problem.sizes_bytes}
        self._now: dict[str, float] = {}
        for query in self._problem.weights:
            valued.costs.planned(query, chosen)
            costs = valued.costs.plans(query, self._problem.sizes_bytes)
            values = valued.values(query, costs)
            plans = ((costs[used], value, self._bits_of(used)) for used, value in values.items())
            self._plans[query] = sorted(plans, key=lambda plan: plan[:2])
            for used in costs:
                for index in used:
                    self._queries[index].add(query)
            self._now[query] = self._guess(query, self._mask)
        self._alone = {index: self._changes(index) for index in self._problem.sizes_bytes}

    def promising(self, most: int) -> list[Set]:
        """The neighbours that should be better, the best first."""
        guessed = ((change, n, pair) for n, (change, pair) in enumerate(self._guesses()))
        best = nsmallest(most, (each for each in guessed if each[0] < -LEAST))
        return [(self._chosen - {gone}) | ({new} if new else set()) for _, _, (gone, new) in best]

    def dropped(self) -> dict[Index, float]:
        """For each index how much worse the value should be without it."""
        return {
            index: sum(self._alone[index].values()) - self._upkeeps[index]
            for index in sorted(self._chosen)
        }

    def _guesses(self) -> Iterator[tuple[float, tuple[Index | None, Index | None]]]:
        """How the value would change with an index gone, a new one, or both."""
        problem, size = self._problem, self._problem.bytes(self._chosen)
        budget = math.inf if problem.budget_bytes is None else problem.budget_bytes
        most = math.inf if problem.max_indexes is None else problem.max_indexes
        mine = sorted(self._chosen)
        totals = {index: sum(changes.values()) for index, changes in self._alone.items()}
        for gone in mine:
            yield totals[gone] - self._upkeeps[gone], (gone, None)
        for new in sorted(i for i, queries in self._queries.items() if queries):
            if new in self._chosen:
                continue
            larger = size + problem.sizes_bytes[new]
            if larger <= budget and len(mine) < most:
                yield totals[new] + self._upkeeps[new], (None, new)
            for gone in mine:
                if larger - problem.sizes_bytes[gone] <= budget:
                    yield totals[gone] + totals[new] + self._together(gone, new), (gone, new)

    def _together(self, gone: Index, new: Index) -> float:
        """What a swap is worth beyond the drop and the addition alone, and the upkeeps."""
        visible = (self._mask & ~self._bits[gone]) | self._bits[new]
        mine, others = self._alone[gone], self._alone[new]
        change = self._upkeeps[new] - self._upkeeps[gone]
        for query in self._queries[gone] & self._queries[new]:
            exact = self._guess(query, visible) - self._now[query]
            change += exact - mine[query] - others[query]
        return change

    def _changes(self, index: Index) -> dict[str, float]:
        """By statement how its value would change without an index, or with one more."""
        visible = self._mask ^ self._bits[index]
        return {q: self._guess(q, visible) - self._now[q] for q in self._queries[index]}

    def _guess(self, query: str, visible: int) -> float:
        """The value of the plan that the planner would take: the cheapest that it knows."""
        hidden = ~visible
        return next(value for _, value, used in self._plans[query] if not used & hidden)

    def _bits_of(self, indexes: Set) -> int:
        return sum(self._bits[index] for index in indexes)
