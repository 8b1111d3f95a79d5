"""One plan as a frozen tree, the way EXPLAIN prints it: nothing here is computed yet.

Times, rows and rows removed are averages per loop, as Postgres gives them; buffers are totals over
all loops and include those of the children. ``timing`` and ``metrics`` turn them into own figures.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from workbench.markup import PLANS, as_text

if TYPE_CHECKING:
    import pandas

    from workbench.plans.diff import PlanDiff

AGGREGATES = {"Hashed": "HashAggregate", "Sorted": "GroupAggregate", "Mixed": "MixedAggregate"}
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Buffers:
    """Pages of 8 kB that were touched; ``shared`` and ``local`` are tables, ``temp`` is spill."""

    shared_hit_blocks: int = 0
    shared_read_blocks: int = 0
    shared_dirtied_blocks: int = 0
    shared_written_blocks: int = 0
    local_hit_blocks: int = 0
    local_read_blocks: int = 0
    local_dirtied_blocks: int = 0
    local_written_blocks: int = 0
    temp_read_blocks: int = 0
    temp_written_blocks: int = 0

    @property
    def touched_blocks(self) -> int:
        """Pages of tables and indexes asked for, in memory or not; it does not vary by run."""
        return self.hit_blocks + self.read_blocks

    @property
    def hit_blocks(self) -> int:
        """Pages of tables and indexes that were in Postgres' own memory."""
        return self.shared_hit_blocks + self.local_hit_blocks

    @property
    def read_blocks(self) -> int:
        """Pages of tables and indexes fetched from the operating system."""
        return self.shared_read_blocks + self.local_read_blocks

    def __add__(self, other: "Buffers") -> "Buffers":
        return Buffers(*(a + b for a, b in zip(self._counts(), other._counts(), strict=True)))

    def minus(self, other: "Buffers") -> "Buffers":
        """The difference, never below zero."""
        pairs = zip(self._counts(), other._counts(), strict=True)
        return Buffers(*(max(a - b, 0) for a, b in pairs))

    def _counts(self) -> tuple[int, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True)
class Worker:
    """What one parallel worker did in a node; the leader's part is in the node's own figures."""

    number: int
    actual_startup_ms: float | None = None
    actual_total_ms: float | None = None
    actual_rows: float | None = None
    loops: int | None = None
    sort_method: str | None = None
    sort_space_kb: int | None = None
    sort_space_type: str | None = None
    buffers: Buffers | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """One step of a plan; ``number`` is its place in ``Plan.walk()``, the root being 0.

    ``conditions`` maps Postgres' label ("Filter", "Index Cond", …) to the expression, ``removed``
    the label of a condition to the rows it threw away per loop. What has no field is in ``extra``.
    """

    number: int
    node_type: str
    parent_relationship: str | None = None
    subplan_name: str | None = None
    schema: str | None = None
    relation: str | None = None
    alias: str | None = None
    index_name: str | None = None
    cte_name: str | None = None
    function_name: str | None = None
    operation: str | None = None
    join_type: str | None = None
    strategy: str | None = None
    partial_mode: str | None = None
    scan_direction: str | None = None
    parallel_aware: bool = False
    startup_cost: float | None = None
    total_cost: float | None = None
    plan_rows: float | None = None
    plan_width_bytes: int | None = None
    actual_startup_ms: float | None = None
    actual_total_ms: float | None = None
    actual_rows: float | None = None
    loops: int | None = None
    buffers: Buffers | None = None
    conditions: Mapping[str, str] = field(default_factory=dict, hash=False)
    removed: Mapping[str, float] = field(default_factory=dict, hash=False)
    sort_key: tuple[str, ...] = ()
    presorted_key: tuple[str, ...] = ()
    group_key: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    sort_method: str | None = None
    sort_space_kb: int | None = None
    sort_space_type: str | None = None
    hash_batches: int | None = None
    aggregate_batches: int | None = None
    disk_usage_kb: int | None = None
    peak_memory_kb: int | None = None
    heap_fetches: int | None = None
    exact_heap_blocks: int | None = None
    lossy_heap_blocks: int | None = None
    workers_planned: int | None = None
    workers_launched: int | None = None
    workers: tuple[Worker, ...] = ()
    children: tuple["Node", ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def never_executed(self) -> bool:
        """Whether the plan was run and this step was not reached."""
        return self.loops == 0

    @property
    def total_rows(self) -> float | None:
        """Rows over all loops and workers; before PostgreSQL 18 the average was rounded."""
        if self.actual_rows is None or self.loops is None:
            return None
        return self.actual_rows * self.loops

    @property
    def title(self) -> str:
        """What it is called: ``Parallel Seq Scan on todos t``, ``Hash Left Join``."""
        return " ".join(self._title_words())

    def _title_words(self) -> Iterator[str]:
        if self.parallel_aware:
            yield "Parallel"
        if self.partial_mode not in (None, "Simple"):
            yield str(self.partial_mode)
        yield self._kind()
        if self.index_name:
            yield f"{'on' if self.node_type == 'Bitmap Index Scan' else 'using'} {self.index_name}"
        target = self.relation or self.cte_name or self.function_name
        if target or self.alias:
            yield f"on {target or self.alias}"
        if target and self.alias not in (None, target):
            yield str(self.alias)

    def _kind(self) -> str:
        """The node type as EXPLAIN's text format words it."""
        if self.node_type == "ModifyTable":
            return self.operation or self.node_type
        if self.node_type == "Aggregate":
            return AGGREGATES.get(self.strategy or "", "Aggregate")
        if self.node_type == "SetOp":
            return "HashSetOp" if self.strategy == "Hashed" else "SetOp"
        kind = self.node_type
        if self.join_type not in (None, "Inner"):
            kind = f"{kind.removesuffix(' Join')} {self.join_type} Join"
        if self.scan_direction == "Backward":
            kind += " Backward"
        return kind

    def __repr__(self) -> str:
        return f"<Node {self.number}: {self.title}>"

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Trigger:
    """Time in one trigger over all its calls; that of BEFORE triggers is in ModifyTable's too."""

    name: str
    relation: str
    calls: int
    total_ms: float | None = None
    constraint: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """A whole plan. ``str()`` is a plain-text tree, ``to_json()`` what Postgres printed."""

    root: Node
    planning_ms: float | None = None
    execution_ms: float | None = None
    planning_buffers: Buffers | None = None
    triggers: tuple[Trigger, ...] = ()
    jit: Mapping[str, Any] | None = field(default=None, hash=False)
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    source: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def cost(self) -> float | None:
        """The planner's estimate for the whole, in its own units; None with COSTS OFF."""
        return self.root.total_cost

    @property
    def analyzed(self) -> bool:
        """Whether the statement was run."""
        return self.root.loops is not None

    @property
    def timed(self) -> bool:
        """Whether every step was timed (ANALYZE with TIMING ON)."""
        return self.root.actual_total_ms is not None

    @property
    def jit_ms(self) -> float | None:
        """Time spent compiling expressions; part of it is also in the times of the nodes."""
        total = (self.jit or NOTHING).get("Timing", NOTHING).get("Total")
        return None if total is None else float(total)

    @property
    def tables(self) -> tuple[str, ...]:
        """Unquoted names of the tables that are read or written, each once."""
        return tuple(dict.fromkeys(n.relation for n in self.walk() if n.relation))

    @property
    def index_names(self) -> tuple[str, ...]:
        """Unquoted names of the indexes that are used, each once."""
        return tuple(dict.fromkeys(n.index_name for n in self.walk() if n.index_name))

    def walk(self) -> Iterator[Node]:
        """All nodes, parents first, in the order EXPLAIN prints them."""
        return self.root.walk()

    def to_json(self) -> list[Mapping[str, Any]]:
        """What EXPLAIN (FORMAT JSON) printed, nothing lost; ``parse`` reads it again."""
        return [self.source]

    def __repr__(self) -> str:
        return f"<Plan: {self.root.title}, cost {self.cost}>"

    def __str__(self) -> str:
        from workbench.plans.tree import text  # at import, the tree needs the nodes first

        return text(self)

    _repr_pretty_ = as_text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {PLANS: {"plan": self.to_json()}}

    def _repr_html_(self) -> str:
        from workbench.plans.picture import plan_html

        return plan_html(self)

    def to_frame(self) -> "pandas.DataFrame":
        """One row for each step, parents first: own time, rows and estimate, pages, cost."""
        import pandas

        from workbench.plans.frame import plan_rows

        return pandas.DataFrame(plan_rows(self))

    def diff(self, after: "Plan") -> "PlanDiff":
        """What changes from this plan to another one of the same statement."""
        from workbench.plans.diff import diff

        return diff(self, after)
