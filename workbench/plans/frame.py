"""A plan and a difference between plans as plain rows, for a data frame."""

from typing import Any

from workbench.plans.diff import Pair, PlanDiff
from workbench.plans.metrics import NodeMetrics, measure
from workbench.plans.node import Node, Plan


def plan_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row for each step, parents first; times are milliseconds, pages 8 kB."""
    depth = {plan.root.number: 0}
    for node in plan.walk():
        depth.update((child.number, depth[node.number] + 1) for child in node.children)
    return [_step(figure, depth[figure.node.number]) for figure in measure(plan).nodes]


def _step(figure: NodeMetrics, depth: int) -> dict[str, Any]:
    node, off = figure.node, figure.misestimate
    return {
        "step": node.number,
        "depth": depth,
        "title": node.title,
        "table": node.relation,
        "index": node.index_name,
        "own_ms": figure.own_ms,
        "total_ms": figure.total_ms,
        "share": figure.share,
        "rows": figure.rows,
        "planned_rows": figure.planned_rows,
        "misestimate": off.factor if off else None,
        "pages": figure.own_buffers.touched_blocks if figure.own_buffers else None,
        "spilled_kb": figure.spill.disk_kb if figure.spill else None,
        "removed_rows": figure.removed_rows,
        "cost": node.total_cost,
    }


def diff_rows(change: PlanDiff) -> list[dict[str, Any]]:
    """One row for each pair of steps; differences are after minus before."""
    return [_pair(pair) for pair in change.pairs]


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "kind": pair.kind,
        "before": _title(pair.before),
        "after": _title(pair.after),
        "cost": pair.cost,
        "own_ms": pair.own_ms,
        "pages": pair.touched_blocks,
    }


def _title(node: Node | None) -> str | None:
    return None if node is None else node.title
