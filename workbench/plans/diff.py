"""What changed between two plans of one statement, step by step and in words."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.markup import PLANS, as_text
from workbench.plans.metrics import Metrics, NodeMetrics, measure
from workbench.plans.node import Node, Plan

if TYPE_CHECKING:
    import pandas

JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
SORTS = frozenset({"Sort", "Incremental Sort"})
GATHERS = frozenset({"Gather", "Gather Merge"})
# They serve the step above them and come and go with it, so they are not worth a sentence.
SERVANTS = frozenset({"Hash", "Bitmap Index Scan", "BitmapAnd", "BitmapOr", "Materialize"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A step before and the one that does its work after; None where there is none.

    The differences are after minus before, None when one side is missing or was not measured.
    """

    before: Node | None
    after: Node | None
    cost: float | None
    own_ms: float | None
    touched_blocks: int | None

    @property
    def kind(self) -> Literal["same", "changed", "appeared", "disappeared"]:
        if self.before is None:
            return "appeared"
        if self.after is None:
            return "disappeared"
        return "same" if _way(self.before) == _way(self.after) else "changed"


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """All pairs, the changes in words, and the figures of both sides of the whole plan."""

    before: Plan
    after: Plan
    pairs: tuple[Pair, ...]
    changes: tuple[str, ...]

    @property
    def cost(self) -> tuple[float | None, float | None]:
        """The planner's estimate before and after."""
        return self.before.cost, self.after.cost

    @property
    def execution_ms(self) -> tuple[float | None, float | None]:
        """Time of one run each: a picture, not a measurement."""
        return self.before.execution_ms, self.after.execution_ms

    @property
    def touched_blocks(self) -> tuple[int | None, int | None]:
        """Pages of tables and indexes touched before and after."""
        return _touched(self.before), _touched(self.after)

    def __str__(self) -> str:
        """The changes in words, one a line."""
        return "\n".join(self.changes or ("the same plan",))

    _repr_pretty_ = as_text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {PLANS: {"before": self.before.to_json(), "after": self.after.to_json()}}

    def _repr_html_(self) -> str:
        from workbench.plans.picture import diff_html

        return diff_html(self)

    def to_frame(self) -> "pandas.DataFrame":
        """One row for each pair of steps: what became of it, and after minus before."""
        import pandas

        from workbench.plans.frame import diff_rows

        return pandas.DataFrame(diff_rows(self))


def diff(before: Plan, after: Plan) -> PlanDiff:
    """The difference between two plans of the same statement."""
    old, new = measure(before), measure(after)
    matched = tuple(_match(before, after))
    pairs = tuple(_pair(old, new, one, other) for one, other in matched)
    tables_first = sorted(pairs, key=lambda pair: not _reads_table(pair))
    changes = dict.fromkeys(sentence for pair in tables_first for sentence in _words(pair))
    if not changes and _shape(before.root) != _shape(after.root):
        changes = dict.fromkeys(["the same steps, with other conditions or in another order"])
    return PlanDiff(before, after, pairs, tuple(changes))


def _match(before: Plan, after: Plan) -> Iterator[tuple[Node | None, Node | None]]:
    """Steps that do the same work: first by table or by the tables below, then by role alone."""
    old, new = list(before.walk()), list(after.walk())
    found: dict[int, Node] = {}
    for key in (_exact_key, _role):
        waiting: dict[Hashable, list[Node]] = defaultdict(list)
        taken = {node.number for node in found.values()}
        for node in new:
            if node.number not in taken:
                waiting[key(node)].append(node)
        for node in old:
            if node.number not in found and waiting[key(node)]:
                found[node.number] = waiting[key(node)].pop(0)
    yield from ((node, found.get(node.number)) for node in old)
    taken = {node.number for node in found.values()}
    yield from ((None, node) for node in new if node.number not in taken)


def _exact_key(node: Node) -> Hashable:
    return _role(node), frozenset(_aliases(node))


def _role(node: Node) -> Hashable:
    """What a step is for, however it is done."""
    if node.node_type in SERVANTS:
        return node.node_type, node.index_name
    if node.relation:
        return node.relation, node.alias, node.operation
    if node.node_type in JOINS:
        return "join", len(set(_aliases(node)))
    for family in (SORTS, GATHERS):
        if node.node_type in family:
            return min(family)
    if node.node_type == "Aggregate":
        return "Aggregate", node.partial_mode == "Partial"
    return node.node_type, node.subplan_name, node.cte_name or node.function_name or node.alias


def _aliases(node: Node) -> Iterator[str]:
    return (n.alias or n.relation or "" for n in node.walk() if n.alias or n.relation)


def _way(node: Node) -> Hashable:
    return node.title, tuple(sorted(node.conditions.items())), node.sort_key, node.presorted_key


def _shape(node: Node) -> Hashable:
    return _way(node), tuple(_shape(child) for child in node.children)


def _pair(old: Metrics, new: Metrics, before: Node | None, after: Node | None) -> Pair:
    if before is None or after is None:
        return Pair(before, after, None, None, None)
    one, other = old.nodes[before.number], new.nodes[after.number]
    return Pair(
        before,
        after,
        cost=_minus(after.total_cost, before.total_cost),
        own_ms=_minus(other.own_ms, one.own_ms),
        touched_blocks=_minus_blocks(other, one),
    )


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _minus_blocks(after: NodeMetrics, before: NodeMetrics) -> int | None:
    if after.own_buffers is None or before.own_buffers is None:
        return None
    return after.own_buffers.touched_blocks - before.own_buffers.touched_blocks


def _touched(plan: Plan) -> int | None:
    buffers = plan.root.buffers
    return buffers.touched_blocks if buffers is not None and plan.analyzed else None


def _reads_table(pair: Pair) -> bool:
    return any(node is not None and node.relation for node in (pair.before, pair.after))


def _words(pair: Pair) -> Iterator[str]:
    one, other = pair.before, pair.after
    if one is None or other is None:
        node = one or other
        if node is not None and node.node_type not in SERVANTS:
            yield f"{_name(node)} {pair.kind}"
        return
    if one.node_type in SERVANTS:
        return
    if _name(one) != _name(other):
        yield f"{_name(one)} → {_name(other)}"
    elif one.sort_key != other.sort_key:
        yield f"{one.title} by {', '.join(one.sort_key)} → by {', '.join(other.sort_key)}"
    yield from _moved_conditions(one, other)


def _moved_conditions(one: Node, other: Node) -> Iterator[str]:
    """Conditions that a step tests by other means: what was a filter is now an index's work."""
    before = {text: label for label, text in _conditions(one)}
    for label, text in _conditions(other):
        if before.get(text, label) != label and label != "Recheck Cond":
            yield f"{before[text].lower()} {text} is now {label.lower()}"


def _conditions(node: Node) -> Iterator[tuple[str, str]]:
    """The conditions of a step, for a bitmap scan also those of its index scans."""
    yield from node.conditions.items()
    for child in node.children:
        if child.node_type in SERVANTS and node.relation:
            yield from _conditions(child)


def _name(node: Node) -> str:
    """The title, for a bitmap scan with the indexes it uses, for a join with its tables."""
    if node.node_type == "Bitmap Heap Scan":
        indexes = ", ".join(dict.fromkeys(n.index_name for n in node.walk() if n.index_name))
        return node.title.replace("Bitmap Heap Scan on", f"Bitmap Scan using {indexes} on", 1)
    if node.node_type in JOINS:
        return f"{node.title} of {', '.join(sorted(set(_aliases(node))))}"
    return node.title
