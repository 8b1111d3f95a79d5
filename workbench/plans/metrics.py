"""What a plan did, step by step: own time, rows against the estimate, own pages, spills, waste."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from workbench.plans.estimates import Estimate, Misestimate, estimates
from workbench.plans.host import Guest, guests, is_guest
from workbench.plans.node import Buffers, Node, Plan, Worker
from workbench.plans.timing import Timing, per_process, timing

KEEPS_ROWS = frozenset(
    {
        *("Materialize", "CTE Scan", "Function Scan", "Table Function Scan"),
        *("WindowAgg", "Recursive Union"),
    }
)
BLOCK_KB = 8


@dataclass(frozen=True, slots=True)
class Spill:
    """Work that did not fit into work_mem; ``batches`` is 1 where it was not cut into batches."""

    kind: Literal["sort", "hash", "aggregate", "rows"]
    disk_kb: int
    batches: int = 1


@dataclass(frozen=True, slots=True)
class NodeMetrics:
    """One step in figures over all loops; times are wall clock, None where nothing was timed.

    ``total_ms`` includes the children. ``share`` is own time by the time of all steps.
    ``removed_share`` is how many of the rows that were looked at a condition threw away, 0 to 1.
    """

    node: Node
    own_ms: float | None
    total_ms: float | None
    share: float | None
    rows: float | None
    planned_rows: float | None
    misestimate: Misestimate | None
    own_buffers: Buffers | None
    spill: Spill | None
    removed_rows: float
    removed_share: float | None


@dataclass(frozen=True)
class Metrics:
    """All steps of a plan in the order of ``Plan.walk()``; ``nodes[n]`` is the node numbered n."""

    plan: Plan
    nodes: tuple[NodeMetrics, ...]
    timing: Timing | None

    @cached_property
    def slowest(self) -> NodeMetrics | None:
        """The step with most own time, None when nothing was timed."""
        timed = [each for each in self.nodes if each.own_ms is not None]
        return max(timed, key=lambda each: each.own_ms or 0.0, default=None)

    @cached_property
    def per_process(self) -> list[float]:
        """For every step, one by the number of processes that ran it side by side."""
        return per_process(self.plan)


def measure(plan: Plan) -> Metrics:
    """The figures of every step of ``plan``."""
    times = timing(plan)
    buffers = own_buffers(plan)
    found = zip(plan.walk(), estimates(plan), strict=True)
    nodes = tuple(_metrics(node, estimate, times, buffers) for node, estimate in found)
    return Metrics(plan, nodes, times)


def _metrics(
    node: Node, estimate: Estimate, times: Timing | None, buffers: dict[int, Buffers]
) -> NodeMetrics:
    own_ms = times.own_ms[node.number] if times else None
    whole_ms = times.root_ms + times.after_ms if times else 0.0
    removed = sum(node.removed.values())
    seen = removed + (node.actual_rows or 0.0)
    return NodeMetrics(
        node=node,
        own_ms=own_ms,
        total_ms=times.inclusive_ms[node.number] if times else None,
        share=own_ms / whole_ms if own_ms is not None and whole_ms else None,
        rows=estimate.actual_rows,
        planned_rows=estimate.planned_rows,
        misestimate=estimate.misestimate,
        own_buffers=buffers.get(node.number),
        spill=spill(node, buffers.get(node.number)),
        removed_rows=removed * (node.loops or 0),
        removed_share=removed / seen if seen and node.removed else None,
    )


def spill(node: Node, own: Buffers | None = None) -> Spill | None:
    """What a step put on disk for want of work_mem, workers together; None when nothing.

    ``own`` are the step's own pages: before PostgreSQL 17 they are all that tells of kept rows.
    """
    sorts: list[Node | Worker] = [node, *node.workers]
    disk_kb = sum(s.sort_space_kb or 0 for s in sorts if s.sort_space_type == "Disk")
    disk_kb += sum(_disk_of_groups(node))
    if disk_kb:
        return Spill("sort", disk_kb)
    temp_kb = BLOCK_KB * own.temp_written_blocks if own else 0
    if (node.hash_batches or 1) > 1:
        return Spill("hash", temp_kb, node.hash_batches or 1)
    grouped_kb = sum((w.extra.get("Disk Usage", 0) for w in node.workers), node.disk_usage_kb or 0)
    if grouped_kb:
        return Spill("aggregate", grouped_kb, node.aggregate_batches or 1)
    if node.node_type in KEEPS_ROWS and temp_kb:
        return Spill("rows", temp_kb)
    return None


def _disk_of_groups(node: Node) -> Iterator[int]:
    """Peak disk space of an incremental sort's two kinds of groups."""
    for kind in ("Full-sort Groups", "Pre-sorted Groups"):
        space = (node.extra.get(kind) or {}).get("Sort Space Disk") or {}
        yield int(space.get("Peak Sort Space Used", 0))


def own_buffers(plan: Plan) -> dict[int, Buffers]:
    """Pages touched by each step itself, by node number; InitPlans and CTEs count once."""
    own = {node.number: _without_children(node) for node in plan.walk() if node.buffers}
    for guest in guests(plan):
        _take_from_hosts(guest, own)
    return own


def _without_children(node: Node) -> Buffers:
    left = node.buffers or Buffers()
    for child in node.children:
        if child.buffers and not is_guest(child):
            left = left.minus(child.buffers)
    return left


def _take_from_hosts(guest: Guest, own: dict[int, Buffers]) -> None:
    """Take a guest's pages out of the steps it ran in, from the one with most pages first."""
    left = guest.node.buffers or Buffers()
    hosts = [number for number in guest.candidates if number in own]
    if not guest.named:
        able = [n for n in hosts if left.minus(own[n]) == Buffers()]
        hosts = able[:1] or hosts
    for number in sorted(hosts, key=lambda n: -own[n].touched_blocks):
        left, own[number] = left.minus(own[number]), own[number].minus(left)
