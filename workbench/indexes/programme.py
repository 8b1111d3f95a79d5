"""The choice of indexes as an integer programme over the plans that are known (HiGHS).

CoPhy (Dash, Polyzotis, Ailamaki, VLDB 2011): every statement takes one of its known plans, a plan
needs all its indexes, and the indexes keep to the budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.indexes.costs import Problem, Set
from workbench.indexes.index import Index

SECONDS = 3.0
GAP = 2e-3
NOTHING: Mapping[str, Mapping[Set, Sequence[Set]]] = {}


@dataclass(frozen=True)
class Solution:
    """The chosen indexes, and a value that no choice among the known plans can go below."""

    chosen: Set
    value: float
    bound: float


def solve(
    problem: Problem,
    plan_values: Mapping[str, Mapping[Set, float]],
    upkeeps: Mapping[Index, float],
    tempting: Mapping[str, Mapping[Set, Sequence[Set]]] = NOTHING,
) -> Solution:
    """The set with the least sum of plan values and upkeep; deterministic.

    ``tempting`` has for a plan the others that the planner would prefer and we would not: it can
    only be had while an index of each of these is missing.
    """
    import highspy

    model = highspy.Highs()  # type: ignore[no-untyped-call]
    model.silent()
    model.setOptionValue("time_limit", SECONDS)
    model.setOptionValue("mip_rel_gap", GAP)
    model.setOptionValue("random_seed", 0)
    indexes = sorted({index for plans in plan_values.values() for used in plans for index in used})
    take = {index: model.addBinary(obj=upkeeps[index]) for index in indexes}
    for query in sorted(plan_values):
        others = tempting.get(query, {})
        plans = plan_values[query] if others else _undominated(plan_values[query])
        ways = {
            used: model.addVariable(0, 1, obj=plans[used]) for used in sorted(plans, key=sorted)
        }
        model.addConstr(sum(ways.values()) == 1)
        # Only one way is taken, so that those with the same condition share it: a tighter bound.
        for index in sorted({index for used in plans for index in used}):
            model.addConstr(sum(ways[used] for used in ways if index in used) <= take[index])
        for other in sorted({other for each in others.values() for other in each}, key=sorted):
            tempted = sum(ways[used] for used in ways if other in others.get(used, ()))
            model.addConstr(tempted + sum(take[index] for index in sorted(other)) <= len(other))
    if problem.budget_bytes is not None and take:
        size = sum(problem.sizes_bytes[index] * variable for index, variable in take.items())
        model.addConstr(size <= problem.budget_bytes)
    if problem.max_indexes is not None and take:
        model.addConstr(sum(take.values()) <= problem.max_indexes)
    model.run()
    chosen = frozenset(index for index in indexes if model.val(take[index]) > 0.5)
    info = model.getInfo()
    return Solution(chosen, info.objective_function_value, info.mip_dual_bound)


def _undominated(plans: Mapping[Set, float]) -> dict[Set, float]:
    """The plans without those for which another one needs less and is no worse."""
    kept: dict[Set, float] = {}
    for used in sorted(plans, key=lambda used: (plans[used], len(used), sorted(used))):
        if not any(other <= used for other in kept):
            kept[used] = plans[used]
    return kept
