"""A plan as HTML: a tree that folds, with bars of own time and badges where it went wrong."""

from collections.abc import Callable, Iterator
from html import escape

from workbench.markup import (
    BLUE,
    GREY,
    LINE,
    RED,
    badge,
    bar,
    card,
    columns,
    dim,
    fold,
    table,
    tag,
)
from workbench.plans import figures, remarks
from workbench.plans.diff import PlanDiff
from workbench.plans.metrics import Metrics, NodeMetrics, measure
from workbench.plans.node import Node, Plan
from workbench.plans.tree import HOT_SHARE

INDENT = f"margin-left:5px;padding-left:12px;border-left:{LINE}"
Marks = Callable[[Node], str]


def plan_html(plan: Plan) -> str:
    """The whole plan; what it says is what ``str(plan)`` says."""
    return card(_tree(plan))


def diff_html(change: PlanDiff) -> str:
    """What changed in words and figures, then both trees; matched steps have the same number."""
    sentences = change.changes or ("the same plan",)
    words = tag("ul", *(tag("li", escape(remarks.clean(each))) for each in sentences))
    before, after = _marks(change)
    sides = columns(
        tag("p", tag("b", "before")) + _tree(change.before, before),
        tag("p", tag("b", "after")) + _tree(change.after, after),
    )
    return card(_totals(change), words, sides)


def _totals(change: PlanDiff) -> str:
    """Cost, time and pages of the whole on both sides; a figure that is missing has no row."""
    rows = []
    for name, (one, other), show in (
        ("planner's cost", change.cost, figures.count),
        ("execution, one run", change.execution_ms, lambda ms: f"{figures.ms(ms)} ms"),
        ("pages touched", change.touched_blocks, figures.count),
    ):
        if one is not None and other is not None:
            ratio = f"{figures.factor(one / other)} less" if one > other > 0 else ""
            ratio = f"{figures.factor(other / one)} more" if other > one > 0 else ratio
            rows.append((name, show(one), show(other), ratio))
    return table(("", "before", "after", ""), rows, right=(1, 2)) if rows else ""


def _marks(change: PlanDiff) -> tuple[Marks, Marks]:
    """What stands before a step of either side: its pair's number, and what became of it."""
    before, after = {}, {}
    number = 0
    for pair in change.pairs:
        if pair.before is not None and pair.after is not None:
            number += 1
            colour = GREY if pair.kind == "same" else BLUE
            before[pair.before.number] = after[pair.after.number] = badge(str(number), colour)
        elif pair.before is not None:
            before[pair.before.number] = badge("gone", RED)
        elif pair.after is not None:
            after[pair.after.number] = badge("new", BLUE)
    return (lambda node: before.get(node.number, "")), (lambda node: after.get(node.number, ""))


def _tree(plan: Plan, marks: Marks = lambda node: "") -> str:
    metrics = measure(plan)
    head = (tag("div", escape(line)) for line in remarks.summary(metrics))
    foot = (tag("div", dim(escape(line))) for line in remarks.footer(metrics))
    return "".join((*head, _step(metrics, plan.root, marks), *foot))


def _step(metrics: Metrics, node: Node, marks: Marks) -> str:
    """One step, folded out, with all below it."""
    figure = metrics.nodes[node.number]
    notes = list(remarks.remarks(figure, metrics))
    warnings = "".join(badge(note.text.removeprefix("! "), RED) for note in notes if note.warns)
    facts = [escape(note.text) for note in notes if not note.warns]
    counts = " · ".join(_counts(figure))
    lines = [tag("div", dim(line)) for line in ([counts] if counts else []) + facts]
    below = (_step(metrics, child, marks) for child in node.children)
    name = escape(remarks.title(figure, metrics))
    hot = (figure.share or 0.0) >= HOT_SHARE
    summary = f"{_own(figure)}{marks(node)}{tag('b', name) if hot else name} {warnings}"
    return fold(summary, tag("div", *lines, *below, style=INDENT), opened=True)


def _own(figure: NodeMetrics) -> str:
    """The bar and the figure of own time, nothing where no step was timed."""
    if figure.own_ms is None:
        return ""
    if figure.node.never_executed:
        return bar(0) + dim("not run ")
    own = f"{figures.ms(figure.own_ms)} ms "
    return bar(figure.share or 0.0, RED if (figure.share or 0.0) >= HOT_SHARE else BLUE) + own


def _counts(figure: NodeMetrics) -> Iterator[str]:
    """Rows against the estimate, the share of the time, pages and cost."""
    if figure.node.never_executed:
        return
    planned = "" if figure.planned_rows is None else figures.count(figure.planned_rows)
    if figure.rows is not None:
        yield f"{figures.count(figure.rows)} rows" + (f" (planned {planned})" if planned else "")
    elif planned:
        yield f"{planned} rows planned"
    if figure.share is not None:
        yield f"{figures.percent(figure.share)} of the time"
    if figure.own_buffers is not None and figure.own_buffers.touched_blocks:
        yield f"{figures.count(figure.own_buffers.touched_blocks)} pages"
    if figure.node.loops is None and figure.node.total_cost is not None:
        yield f"cost {figures.count(figure.node.total_cost)}"
