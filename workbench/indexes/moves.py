"""Local search: one index dropped, added, or put in the place of another (pure).

Every plan that is known says what a neighbour would be worth; the planner is only asked about
the most promising ones, because a real set may be planned in ways not seen yet.
"""

from collections.abc import Iterator

from workbench.indexes.costs import Set
from workbench.indexes.index import Index
from workbench.indexes.objective import Objective

LEAST = 1e-9
PROMISING = 12


def improve(objective: Objective, chosen: Set) -> Set:
    """The set after every move that helps; as many moves as there are."""
    reached = objective(chosen)
    while True:
        found = _first_better(objective, chosen, reached)
        if found is None:
            return chosen
        chosen, reached = found


def _first_better(objective: Objective, chosen: Set, reached: float) -> tuple[Set, float] | None:
    """The best of the promising neighbours, else the best twin of one index."""
    promising = Neighbours(objective, chosen).promising()
    for neighbours in (promising, list(_twins(objective, chosen))):
        valued = [(objective(each), each) for each in neighbours]
        better = [pair for pair in valued if pair[0] < reached - LEAST]
        if better:
            value, best = min(better, key=lambda pair: (pair[0], sorted(pair[1])))
            return best, value
    return None


def _twins(objective: Objective, chosen: Set) -> Iterator[Set]:
    """The set with a sibling in the place of one index: same table, same first key."""
    problem = objective.problem
    for index in sorted(chosen):
        for other in sorted(problem.sizes_bytes.keys() - chosen):
            if other.table == index.table and other.keys[0] == index.keys[0]:
                swapped = (chosen - {index}) | {other}
                if problem.fits(swapped):
                    yield swapped


class Neighbours:
    """What the sets around a chosen one are worth by the plans that are known."""

    def __init__(self, objective: Objective, chosen: Set) -> None:
        self._objective = objective
        self._chosen = chosen
        problem = objective.problem
        self._plans: dict[str, list[tuple[float, Set]]] = {}
        self._queries: dict[Index, set[str]] = {index: set() for index in problem.sizes_bytes}
        self._now: dict[str, float] = {}
        for query in problem.weights:
            plans = objective.costs.plans(query, problem.sizes_bytes)
            values = objective.values(query, plans)
            self._plans[query] = sorted(
                ((value, used) for used, value in values.items()), key=lambda pair: pair[0]
            )
            for used in plans:
                for index in used:
                    self._queries[index].add(query)
            self._now[query] = objective.value(query, objective.costs.planned(query, chosen)[0])

    def promising(self) -> list[Set]:
        """The neighbours that should be better, the best first; and those with one index less."""
        chosen = self._chosen
        guessed = [(change, n, near) for n, (change, near) in enumerate(self._guesses())]
        guessed = sorted(guess for guess in guessed if guess[0] < -LEAST)[:PROMISING]
        fewer = [chosen - {index} for index in sorted(chosen)]
        return list(dict.fromkeys([*(near for *_, near in guessed), *fewer]))

    def _guesses(self) -> Iterator[tuple[float, Set]]:
        problem, chosen = self._objective.problem, self._chosen
        useful = [index for index, queries in self._queries.items() if queries]
        for other in sorted(set(useful) - chosen):
            if problem.fits(chosen | {other}):
                yield self._change(None, other), chosen | {other}
            for index in sorted(chosen):
                near = (chosen - {index}) | {other}
                if problem.fits(near):
                    yield self._change(index, other), near

    def _change(self, gone: Index | None, new: Index) -> float:
        """How the objective would change, if the known plans are all there are."""
        upkeeps = self._objective.upkeeps
        change = upkeeps[new] - (upkeeps[gone] if gone else 0.0)
        visible = (self._chosen - {gone} if gone else self._chosen) | {new}
        for query in self._queries[new] | (self._queries[gone] if gone else set()):
            value = next(value for value, used in self._plans[query] if used <= visible)
            change += value - self._now[query]
        return change
