"""Makes the plans of statements known by hiding, one after the other, what they use (pure)."""

import math
from collections import deque

from workbench.indexes.costs import Costs, Problem, Set

PLANS_PER_QUERY = 30
PLANS_AMONG_ALL = 6
PLANS_PER_CAP = 4
SIZE_CAPS = (0.05, 0.02)  # of the heap


def explore(costs: Costs, problem: Problem, query: str) -> None:
    """Make plans of one statement known.

    Breadth-first from everything that was drafted for it visible, one used index hidden at a time;
    the same among small indexes only; each of them alone; and a few plans with those that were
    drafted for other statements, too. What no limit has room for is never visible.
    """
    every = problem.relevant(query, problem.possible())
    own = frozenset(index for index in every if query in problem.asked_by[index])
    peel_all_sizes(costs, problem, query, own, PLANS_PER_QUERY)
    peel(costs, query, every, PLANS_AMONG_ALL)
    for index in sorted(own):
        costs.planned(query, frozenset({index}))


def peel_all_sizes(costs: Costs, problem: Problem, query: str, every: Set, most: int) -> None:
    """Peel a statement's plans among ``every``, then among the small ones of it."""
    for limit in (math.inf, *(problem.heap_bytes * share for share in SIZE_CAPS)):
        small = frozenset(index for index in every if problem.sizes_bytes[index] <= limit)
        peel(costs, query, small, most if limit == math.inf else PLANS_PER_CAP)


def peel(costs: Costs, query: str, visible: Set, most: int) -> None:
    """Ask for at most so many plans, each without an index that another one uses."""
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
