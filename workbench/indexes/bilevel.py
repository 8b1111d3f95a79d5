"""The choice of indexes by measured time, where the planner's costs mislead it (pure).

We choose the indexes, the planner chooses among them by cost, and what counts is the time that
comes of it. Plans are timed lazily: solve, time the plans that the solution leads to and that are
not known yet, solve again. A plan that is not timed is guessed from the nearest one that is. At
the end indexes go that are not missed by the clock, and the guesses that are left are replaced.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from heapq import nsmallest
from typing import TypeAlias

from workbench.indexes import moves, programme
from workbench.indexes.costs import Costs, Set
from workbench.indexes.index import Index, Key
from workbench.indexes.objective import Objective, ratio_value, upkeeps
from workbench.workload.schema import TableName

Clock: TypeAlias = Callable[[str, Set, float], float | None]
Timed: TypeAlias = dict[Set, float]

NOTHING: Set = frozenset()
ROUNDS = 10
TRIES, STEPS, PATIENCE = 4, 20, 4
HOPE = 0.9
GAMMA = 0.8
HARM = 1.0  # for a statement made slower: as much as the whole workload takes at best
HARM_SHARE, HARM_MS = 1.15, 0.3
PROVEN_SHARE = 1.05  # for a statement that the proof has found slower with another plan
UNPROVEN_SHARE = 0.95  # for a plan of such a statement that was only timed: to be clearly faster
MISSED, LEAST_MISSED = 0.02, 12  # by a guess that is rather hopeful; so many are tried
LEAST = 1e-6
GRAIN_MS = 0.1  # what is faster does not make small differences larger
NOISE = 0.1  # times of a statement that differ by less are the same to a quick clock
MENDS = 20  # times that guesses in a set are replaced, or another set is looked for
MENDED_MS = 1000.0  # longer guesses are left to the proof
NEAR = 0.02  # what a set may be worse that is largely proven
LEAST_GAIN = 0.003  # below it a set is not worth another one


class ByTime:
    """A refiner for the search; what was timed once is known from then on.

    ``clock(statement, visible, cap_ms)`` gives milliseconds, infinity when the cap was reached, and
    None when there was no time to run it, which may not be without any index. It is once more asked
    after ``once_more(statement)``, where a guess was not good enough.
    """

    def __init__(self, clock: Clock, once_more: Callable[[str], None] = lambda _: None) -> None:
        self._clock = clock
        self._once_more = once_more
        self._timed: dict[str, Timed] = {}
        self._proven: dict[tuple[str, Set], bool] = {}

    def learn(self, query: str, used: Set, time_ms: float, base_ms: float, slower: bool) -> None:
        """Take in what a proper comparison found out about a plan."""
        self._timed[query][used] = time_ms
        self._timed[query][NOTHING] = base_ms
        self._proven[query, used] = slower
        if slower:
            self._once_more(query)

    def total(self, objective: Objective, indexes: Set) -> float:
        """The workload's time in milliseconds, each statement times its weight."""
        return self._times(objective).total_ms(indexes)

    def harms(self, objective: Objective, query: str, used: Set) -> bool:
        """Whether a statement is slower with some indexes than without any."""
        return self._times(objective).harms(query, used)

    def refine(self, objective: Objective, starts: Sequence[Set], near: Set | None = None) -> Set:
        """The set that measures best among ``starts`` and those the programme comes to.

        The first of ``starts`` is kept unless another one is better by more than a clock's noise.
        With ``near``, a set around it is good enough that is hardly worse than ``starts``, unless
        it makes a statement slower.
        """
        times = self._times(objective)
        if near is not None:
            mended = self._mended(times, near)
            if not times.harmed(mended) and times(mended) < min(map(times, starts)) + NEAR:
                return mended
            starts = [*starts, mended]
        problem, allowed = objective.problem, objective.problem.sizes_bytes
        tried = list(dict.fromkeys(starts))
        for each in tried:
            times(each)
        for _ in range(ROUNDS):
            costs = {query: objective.costs.plans(query, allowed) for query in problem.weights}
            values = {query: times.values(query, plans) for query, plans in costs.items()}
            tempting = {
                query: times.tempting(query, values[query], costs[query]) for query in costs
            }
            solved = programme.solve(problem, values, times.upkeeps, tempting)
            if solved.chosen in tried:
                break
            tried.append(solved.chosen)
            times(solved.chosen)
        best = min(tried, key=times)
        if times(best) > times(starts[0]) - LEAST_GAIN:
            best = starts[0]
        best = times.without_idle(times.improved(best, least=LEAST_GAIN))
        return self._mended(times, best)

    def _mended(self, times: "Times", near: Set) -> Set:
        """A set around ``near`` in which no time is guessed, changed for what is worth it."""
        tried = [near]
        for _ in range(MENDS):
            best = min(tried, key=times)
            guessed = times.forget_guesses(best)
            for query in guessed:
                self._once_more(query)
            if guessed:
                continue
            mended = times.improved(best, least=NEAR)
            if mended in tried:
                break
            tried.append(mended)
        return min(tried, key=times)

    def _times(self, objective: Objective) -> "Times":
        return Times(objective, self._clock, self._timed, self._proven)


class Times:
    """Measured times of statements by the set of indexes that their plan uses."""

    def __init__(
        self,
        objective: Objective,
        clock: Clock,
        timed: dict[str, Timed],
        proven: Mapping[tuple[str, Set], bool],
    ) -> None:
        self.costs: Costs = objective.costs
        self.problem = objective.problem
        self._clock = clock
        self._weights = objective.problem.weights
        self._statements = len(self._weights) or 1
        self._timed = timed
        self._proven = proven  # whether it was slower
        self._once_slower = {query for (query, _), slower in proven.items() if slower}
        self._guessed: dict[tuple[str, Set], float] = {}
        for query in self._weights:
            if query not in timed:
                timed[query] = {NOTHING: clock(query, NOTHING, math.inf) or 0.0}

    def __call__(self, indexes: Set) -> float:
        """The objective by time, every plan that the set leads to timed if it was not yet."""
        plans = {query: self.costs.planned(query, indexes)[1] for query in self._weights}
        times = {query: self._time(query, used) for query, used in plans.items()}
        charged, best_ms = self.upkeeps, self._best_ms()
        value = sum(charged[index] for index in indexes)
        return value + sum(self._value(q, plans[q], ms, best_ms) for q, ms in times.items())

    def total_ms(self, indexes: Set) -> float:
        """The weighted sum of the times."""
        plans = {query: self.costs.planned(query, indexes)[1] for query in self._weights}
        return sum(self._weights[q] * self._time(q, used) for q, used in plans.items())

    def harms(self, query: str, used: Set) -> bool:
        """Whether the plan makes the statement slower."""
        return self._harmful(query, used, self._time(query, used))

    def harmed(self, indexes: Set) -> bool:
        """Whether a statement is slower with the set."""
        plans = {query: self.costs.planned(query, indexes)[1] for query in self._weights}
        return any(self.harms(query, used) for query, used in plans.items())

    def _harmful(self, query: str, used: Set, time_ms: float) -> bool:
        if used == NOTHING:
            return False
        slower = self._proven.get((query, used))
        share = HARM_SHARE
        if query in self._once_slower:
            share = UNPROVEN_SHARE if slower is None else PROVEN_SHARE
        return slower or time_ms > share * self._timed[query][NOTHING] + HARM_MS

    def forget_guesses(self, indexes: Set) -> list[str]:
        """The statements whose time with these indexes was guessed; the clock is asked again.

        Not of those that take long, unless one of their plans was slower than it should be.
        """
        plans = {(query, self.costs.planned(query, indexes)[1]) for query in self._weights}
        forgotten = {
            (query, used)
            for query, used in plans & self._guessed.keys()
            if query in self._once_slower or self._guessed[query, used] < MENDED_MS
        }
        for plan in forgotten:
            del self._guessed[plan]
        return sorted(query for query, _ in forgotten)

    @property
    def upkeeps(self) -> dict[Index, float]:
        """What each index costs by itself."""
        return upkeeps(self.problem, self._best_ms())

    def values(self, query: str, plans: Mapping[Set, float]) -> dict[Set, float]:
        """The part of the objective that each plan stands for, guessed where it was not timed."""
        best_ms = self._best_ms()
        guessed = {used: self._guess(query, used, plans) for used in plans}
        return {used: self._value(query, used, ms, best_ms) for used, ms in guessed.items()}

    def tempting(
        self, query: str, values: Mapping[Set, float], costs: Mapping[Set, float]
    ) -> dict[Set, list[Set]]:
        """For each plan the timed ones that are worse, but that the planner would prefer to it.

        What was not timed is guessed from its cost, so that the planner is taken to be right.
        Between two plans of the same cost it has a favourite.
        """

        def prefers(other: Set, plan: Set) -> bool:
            if costs[other] == costs[plan]:
                return self.costs.planned(query, plan | other)[1] == other
            return costs[other] < costs[plan]

        timed = sorted((used for used in self._timed[query] if used in values), key=sorted)
        found = {
            plan: [o for o in timed if values[o] > value + LEAST and prefers(o, plan)]
            for plan, value in values.items()
        }
        return {plan: others for plan, others in found.items() if others}

    def improved(self, chosen: Set, least: float) -> Set:
        """The set after a few moves that gain so much each."""
        return moves.improve(
            self, chosen, tries=TRIES, steps=STEPS, twins=False, least=least, patience=PATIENCE
        )

    def without_idle(self, chosen: Set) -> Set:
        """The set without the indexes that are not worth their upkeep, the idlest one first.

        What is sure to be missed is not timed without.
        """
        reached = self(chosen)
        while True:
            missed = moves.Neighbours(self, chosen).dropped()
            nearly = nsmallest(LEAST_MISSED, missed, key=missed.__getitem__)
            fewer = {self(chosen - {i}): i for i in nearly if missed[i] < MISSED}
            least = min(fewer, default=math.inf)
            if least > reached:
                return chosen
            chosen, reached = chosen - {fewer[least]}, least

    def _best_ms(self) -> float:
        """The workload's time if every statement had the best plan that was timed."""
        best = {query: min(self._timed[query].values()) for query in self._weights}
        return sum(w * max(best[q], GRAIN_MS) for q, w in self._weights.items()) or 1.0

    def _time(self, query: str, used: Set) -> float:
        timed = self._timed[query]
        if used not in timed:
            if (query, used) in self._guessed:
                return self._guessed[query, used]
            base, least = timed[NOTHING], min(timed.values())
            cap_ms = min(1.3 * base, 5 * least + 50) + HARM_MS
            found = self._clock(query, used, cap_ms)
            if found is not None and not math.isinf(found):
                timed[used] = found
                return found
            guess = self._guess(query, used, self.costs.plans(query, self.problem.sizes_bytes))
            if found is None:
                self._guessed[query, used] = guess
                return guess
            timed[used] = max(2 * cap_ms, guess)  # the cap may be a small part of a runaway
        return timed[used]

    def _guess(self, query: str, used: Set, plans: Mapping[Set, float]) -> float:
        """By the cost, from no index and from the nearest timed plan; the better hope counts.

        Where the planner was once wrong to take indexes, only the timed plan counts whose indexes
        are most alike, and there is no hope for another index with the same leading column. What
        the planner would only choose under other statistics has no cost here.
        """
        timed = self._timed[query]
        if used in timed or used not in plans:
            return timed.get(used, timed[NOTHING])
        known = [plan for plan in timed if plan in plans]
        ratio = {plan: max(plans[used], 1e-3) / max(plans[plan], 1e-3) for plan in known}
        hope = dict.fromkeys(known, HOPE)
        anchors = [min(known, key=lambda plan: abs(math.log(ratio[plan]))), NOTHING]
        if any(plans[p] < plans[NOTHING] and self._harmful(query, p, timed[p]) for p in known):
            apart = {plan: len(_leading(plan) ^ _leading(used)) for plan in known}
            hope = {plan: HOPE ** apart[plan] for plan in known}
            anchors = [min(known, key=lambda p: (apart[p], len(p ^ used), ratio[p], sorted(p)))]
        return min(hope[a] * timed[a] * float(ratio[a] ** GAMMA) for a in anchors)

    def _value(self, query: str, used: Set, time_ms: float, best_ms: float) -> float:
        weight, timed = self._weights[query], self._timed[query]
        base, least = timed[NOTHING], min(timed.values())
        harm = HARM if self._harmful(query, used, time_ms) else 0.0
        time_ms = least if least < time_ms < (1 + NOISE) * least else time_ms
        return weight * time_ms / best_ms + ratio_value(time_ms, base) / self._statements + harm


def _leading(indexes: Set) -> frozenset[tuple[TableName, Key]]:
    """The leading columns, by which indexes are searched."""
    return frozenset((index.table, index.keys[0]) for index in indexes)
