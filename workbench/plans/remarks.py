"""What there is to say about a plan and each of its steps, in words, the worst first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.plans import figures
from workbench.plans.metrics import Metrics, NodeMetrics
from workbench.plans.node import Node

BAD_FACTOR = 10.0
WASTE_SHARE, WASTE_ROWS = 0.9, 1000
FEW_ROWS = 100
OUTSIDE_SHARE = 0.05
LONGEST = 240
OWN_SETTINGS = frozenset({"plan_cache_mode"})


@dataclass(frozen=True, slots=True)
class Remark:
    """A line under a step; ``warns`` when somebody should look at it."""

    text: str
    warns: bool = False


def title(figure: NodeMetrics, metrics: Metrics) -> str:
    """The step's name, with the subplan that begins there and how often it ran."""
    node = figure.node
    name = f"{node.subplan_name}: {node.title}" if node.subplan_name else node.title
    if node.never_executed:
        return clean(f"{name} (never executed)")
    rounds = (node.loops or 1) * metrics.per_process[node.number]
    return clean(f"{name} × {figures.count(rounds)}" if rounds >= 1.5 else name)


def remarks(figure: NodeMetrics, metrics: Metrics) -> Iterator[Remark]:
    """Warnings, then what the step works with."""
    node = figure.node
    for warning in _warnings(figure, metrics):
        yield Remark(f"! {warning}", warns=True)
    if node.never_executed:
        return
    for detail in _details(figure):
        yield Remark(clean(detail))
    if figure.removed_share and not _wasteful(figure):
        yield Remark(_removed(figure))
    if node.workers_planned and node.workers_launched in (None, node.workers_planned):
        yield Remark(f"{node.workers_planned} worker{'' if node.workers_planned == 1 else 's'}")


def _warnings(figure: NodeMetrics, metrics: Metrics) -> Iterator[str]:
    node, spill = figure.node, figure.spill
    if _wasteful(figure):
        yield _removed(figure)
    if spill is not None:
        batches = f" in {spill.batches} batches" if spill.batches > 1 else ""
        yield f"{spill.kind} spilled {figures.kilobytes(spill.disk_kb)} to disk{batches}"
    if figure.misestimate and _misleads(figure) and not _inherited(figure, metrics):
        more = "more" if figure.misestimate.direction == "under" else "fewer"
        yield f"{figures.factor(figure.misestimate.factor)} {more} rows than planned"
    if node.lossy_heap_blocks:
        yield f"bitmap too big for work_mem: {figures.count(node.lossy_heap_blocks)} lossy pages"
    launched, planned = node.workers_launched, node.workers_planned
    if launched is not None and planned is not None and launched < planned:
        yield f"only {launched} of {planned} workers could be started"
    if node.extra.get("Disabled") is True:
        yield "disabled by an enable_ setting, but there was no other way"


def _wasteful(figure: NodeMetrics) -> bool:
    return (figure.removed_share or 0.0) >= WASTE_SHARE and figure.removed_rows >= WASTE_ROWS


def _removed(figure: NodeMetrics) -> str:
    share = figures.percent(figure.removed_share or 0.0)
    return f"{share} of the rows thrown away ({figures.count(figure.removed_rows)})"


def _misleads(figure: NodeMetrics) -> bool:
    """Whether the estimate was so wrong that a better one might have led to another plan."""
    off = figure.misestimate
    if off is None or off.cut_short or off.factor < BAD_FACTOR:
        return False
    return abs((figure.rows or 0.0) - (figure.planned_rows or 0.0)) >= FEW_ROWS


def _inherited(figure: NodeMetrics, metrics: Metrics) -> bool:
    """Whether a step below is off by as much, so that this one only passes the error on."""
    mine = figure.misestimate
    for child in figure.node.children:
        below = metrics.nodes[child.number]
        if mine and below.misestimate and _misleads(below):
            same_way = below.misestimate.direction == mine.direction
            return same_way and below.misestimate.factor >= 0.5 * mine.factor
    return False


def _details(figure: NodeMetrics) -> Iterator[str]:
    node = figure.node
    for label, condition in node.conditions.items():
        if label != "Recheck Cond" or node.lossy_heap_blocks:
            yield f"{label.lower()}: {condition}"
    if node.sort_key:
        yield f"by {', '.join(node.sort_key)}{_method(node)}"
    if node.presorted_key:
        yield f"already sorted by {', '.join(node.presorted_key)}"
    if node.group_key:
        yield f"group by {', '.join(node.group_key)}"
    if node.heap_fetches:
        yield f"VACUUM would save {figures.count(node.heap_fetches)} heap fetches"
    if "Cache Hits" in node.extra:
        hits, misses = node.extra["Cache Hits"], node.extra.get("Cache Misses", 0)
        yield f"{figures.count(hits)} hits, {figures.count(misses)} misses"


def _method(node: Node) -> str:
    return f" ({node.sort_method})" if node.sort_method else ""


def clean(words: str) -> str:
    """On one line, without control characters, and no longer than anyone reads."""
    visible = "".join(char if char.isprintable() else " " for char in words)
    return visible if len(visible) <= LONGEST else visible[: LONGEST - 1] + "…"


def summary(metrics: Metrics) -> Iterator[str]:
    """Time, cost and pages of the whole, and the step that took most of the time."""
    plan = metrics.plan
    parts = []
    if plan.execution_ms is not None:
        parts.append(f"execution {figures.ms(plan.execution_ms)} ms")
    if plan.planning_ms is not None:
        parts.append(f"planning {figures.ms(plan.planning_ms)} ms")
    if plan.cost is not None:
        parts.append(f"cost {figures.count(plan.cost)}")
    buffers = plan.root.buffers
    if buffers is not None and plan.analyzed:
        read = f", {figures.count(buffers.read_blocks)} read" if buffers.read_blocks else ""
        parts.append(f"{figures.count(buffers.touched_blocks)} pages{read}")
    if parts:
        yield " · ".join(parts)
    slowest = metrics.slowest
    if slowest is not None and slowest.share and len(metrics.nodes) > 1:
        yield f"most time: {clean(slowest.node.title)}, {figures.percent(slowest.share)}"


def footer(metrics: Metrics) -> Iterator[str]:
    """Triggers, compilation, what came after the last row, and settings that differ."""
    plan, timing = metrics.plan, metrics.timing
    for trigger in plan.triggers:
        name = trigger.name or f"for constraint {trigger.constraint}"
        took = "" if trigger.total_ms is None else f", {figures.ms(trigger.total_ms)} ms"
        calls = f"{figures.count(trigger.calls)} calls{took}"
        yield clean(f"trigger {name} on {trigger.relation}: {calls}")
    if plan.jit_ms is not None:
        functions = (plan.jit or {}).get("Functions", 0)
        yield f"JIT: {figures.ms(plan.jit_ms)} ms to compile {functions} functions"
    if timing is not None and timing.after_ms:
        yield f"after the last row, writing to the end: {figures.ms(timing.after_ms)} ms"
    outside_ms = (timing.outside_ms if timing else None) or 0.0
    if outside_ms > OUTSIDE_SHARE * (plan.execution_ms or 0.0):
        yield f"outside the steps: {figures.ms(outside_ms)} ms"
    changed = _changed(plan.settings)
    if changed:
        yield clean(f"settings: {changed}")


def _changed(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in settings.items() if k not in OWN_SETTINGS)
