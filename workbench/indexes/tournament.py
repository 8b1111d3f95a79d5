"""The kinds of index that competed for the place of a chosen one (pure).

For every other kind the candidate that suits its statements best alone is put in its place, and the
planner says how much of the gain is left.
"""

from dataclasses import dataclass

from workbench.indexes.costs import Costs, Problem, Set
from workbench.indexes.index import Index


@dataclass(frozen=True)
class Rival:
    """Another index in the place of a chosen one, and how much of its gain that would keep."""

    index: Index
    size_bytes: int
    gain_share: float


def kind(index: Index) -> str:
    """What kind of index it is, in words: ``partial btree``, ``gin``, ``covering btree``."""
    return " ".join([*sorted(index.kinds - {index.method}), index.method])


def rivals(costs: Costs, problem: Problem, chosen: Set, index: Index) -> tuple[Rival, ...]:
    """The best candidate of each other kind, the one that keeps most of the gain first.

    Of those that keep about the same the smallest is first.
    """
    queries = [q for q in sorted(problem.weights) if index in costs.planned(q, chosen)[1]]
    rest = chosen - {index}

    def cost(shown: Set) -> float:
        return sum(problem.weights[q] * costs.planned(q, shown)[0] for q in queries)

    gain = cost(rest) - cost(chosen)
    if gain <= 0:
        return ()
    by_kind: dict[str, tuple[float, Index]] = {}
    for other in sorted(problem.sizes_bytes.keys() - chosen):
        asked = [query for query in queries if query in problem.asked_by[other]]
        if other.table != index.table or not asked or kind(other) == kind(index):
            continue
        alone = sum(
            problem.weights[q]
            * (costs.planned(q, frozenset({other}))[0] - costs.planned(q, frozenset())[0])
            for q in asked
        )
        if alone < 0:
            known = by_kind.get(kind(other), (0.0, other))
            by_kind[kind(other)] = min((alone, other), known)
    found = [
        Rival(other, problem.sizes_bytes[other], (cost(rest) - cost(rest | {other})) / gain)
        for _, other in by_kind.values()
    ]
    return tuple(sorted(found, key=lambda r: (-round(r.gain_share, 1), r.size_bytes, r.index)))
