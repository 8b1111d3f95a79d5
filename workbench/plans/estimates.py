"""The planner's row estimates against what came, in figures that can be compared."""

from dataclasses import dataclass
from typing import Literal

from workbench.plans.host import PARALLEL_BORDERS, guests, is_guest
from workbench.plans.node import Node, Plan

# Steps that take all their input before they give a row: LIMIT cannot cut their children short.
BLOCKING = frozenset({"Sort", "Hash", "SetOp", "ModifyTable", "BitmapAnd", "BitmapOr"})
COUNTS_NO_ROWS = frozenset({"BitmapAnd", "BitmapOr"})
LEADER_LOSS = 0.3


@dataclass(frozen=True, slots=True)
class Misestimate:
    """How far the planner was off: ``factor`` is 1 or more.

    ``direction`` tells which way: "under" when more rows came than it thought. ``cut_short`` says
    that an overestimate proves nothing, because a LIMIT or a join stopped asking for rows.
    """

    factor: float
    direction: Literal["under", "over"]
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows over all loops, planned and counted; None where Postgres gives no such figure."""

    planned_rows: float | None
    actual_rows: float | None
    misestimate: Misestimate | None


def estimates(plan: Plan) -> tuple[Estimate, ...]:
    """The estimate of every step, in the order of ``Plan.walk()``.

    In a step that workers share, each of them was planned to bring a part of the rows. The parts
    are put together with the planner's own divisor (get_parallel_divisor in costsize.c), so that
    fewer workers than planned do not look like a wrong estimate. Elsewhere loops are compared.
    """
    short = _cut_short(plan)
    loops = _planned_loops(plan)
    return tuple(_estimate(n, loops[n.number], n.number in short) for n in plan.walk())


def _estimate(node: Node, planned_loops: float, cut_short: bool) -> Estimate:
    planned = None if node.plan_rows is None else node.plan_rows * planned_loops
    actual = None if node.node_type in COUNTS_NO_ROWS else node.total_rows
    if planned is None or actual is None or not node.loops:
        return Estimate(planned, actual, None)
    if node.node_type == "ModifyTable" and not node.plan_rows:
        return Estimate(planned, actual, None)
    # The planner never estimates less than one row, so less than one row is no surprise to it.
    wanted, came = max(planned / node.loops, 1.0), max(actual / node.loops, 1.0)
    if came >= wanted:
        return Estimate(planned, actual, Misestimate(came / wanted, "under"))
    return Estimate(planned, actual, Misestimate(wanted / came, "over", cut_short))


def _planned_loops(plan: Plan) -> list[float]:
    """For every step the number by which its estimate has to be multiplied for all its loops."""
    loops = [float(node.loops or 1) for node in plan.walk()]
    for border in plan.walk():
        for child in border.children:
            if border.node_type in PARALLEL_BORDERS and not is_guest(child) and child.loops:
                divisor = _divisor(border, child)
                for node in child.walk():
                    if _is_shared(node):
                        loops[node.number] = divisor * (border.loops or 1)
    return loops


def _divisor(gather: Node, child: Node) -> float:
    workers = gather.workers_planned or 0
    processes = (child.loops or 0) / (gather.loops or 1)
    leader_works = processes > (gather.workers_launched or 0)
    return workers + (max(1.0 - LEADER_LOSS * workers, 0.0) if leader_works else 0.0) or 1.0


def _is_shared(node: Node) -> bool:
    """Whether each process has a part of the rows, rather than all of them or groups of its own."""
    if node.parallel_aware:
        return True
    if node.node_type == "Aggregate":
        return False
    carriers = [c for c in node.children if c.parent_relationship in ("Outer", "Subquery")]
    return any(_is_shared(child) for child in carriers)


def _cut_short(plan: Plan) -> frozenset[int]:
    """Numbers of the steps that may have been stopped before their last row."""
    short: set[int] = set()
    for node in plan.walk():
        for child in node.children:
            if not is_guest(child) and _may_stop(node, child, node.number in short):
                short.add(child.number)
    for guest in guests(plan):
        if guest.is_cte and guest.candidates and short.issuperset(guest.candidates):
            short.add(guest.node.number)
    return frozenset(short)


def _may_stop(node: Node, child: Node, is_short: bool) -> bool:
    if node.node_type == "Limit":
        return is_short or node.loops != 1 or node.actual_rows == node.plan_rows
    if node.node_type == "Merge Join":
        return True
    if child.parent_relationship == "SubPlan":
        return (child.actual_rows or 0.0) <= 1  # EXISTS asks for one row
    if child.parent_relationship == "Inner":
        return node.node_type == "Nested Loop" and (
            node.join_type in ("Semi", "Anti") or node.extra.get("Inner Unique") is True
        )
    hashed = node.node_type == "Aggregate" and node.strategy != "Sorted"
    return is_short and node.node_type not in BLOCKING and not hashed
