"""Where InitPlans and CTEs ran: EXPLAIN prints them where they were planned, not where they ran."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from workbench.plans.node import Node, Plan

PARALLEL_BORDERS = frozenset({"Gather", "Gather Merge"})
# They hand rows on as they are (is_projection_capable_path in createplan.c).
PASS_ON = frozenset(
    {
        *("Append", "Hash", "Incremental Sort", "Limit", "LockRows", "Materialize", "Memoize"),
        *("Merge Append", "Recursive Union", "SetOp", "Sort", "Unique"),
        *("Bitmap Index Scan", "BitmapAnd", "BitmapOr"),
    }
)
OTHER_QUERIES = frozenset({"InitPlan", "SubPlan"})
PRUNERS = frozenset({"Append", "Merge Append"})


@dataclass(frozen=True, slots=True)
class Guest:
    """An InitPlan or CTE and the numbers of the steps inside which it may have run.

    ``named`` says that these steps mention it; else, as a select list is not printed without
    VERBOSE, they are all that work one out, from the top.
    """

    node: Node
    candidates: tuple[int, ...]
    named: bool

    @property
    def is_cte(self) -> bool:
        return is_cte(self.node)

    @property
    def writes(self) -> bool:
        """Whether it goes on after the last row of the statement, to finish what it writes."""
        return self.is_cte and self.node.node_type == "ModifyTable"


def is_guest(node: Node) -> bool:
    """Whether the step runs inside another than the one it is printed under."""
    return node.parent_relationship == "InitPlan"


def is_cte(node: Node) -> bool:
    return (node.subplan_name or "").startswith("CTE ")


def guests(plan: Plan) -> tuple[Guest, ...]:
    """All InitPlans and CTEs of the plan, in the order they are printed."""
    return tuple(_Search(plan).guests())


class _Search:
    def __init__(self, plan: Plan) -> None:
        self.nodes = tuple(plan.walk())
        self.parent: dict[int, Node] = {c.number: n for n in self.nodes for c in n.children}

    def guests(self) -> Iterator[Guest]:
        for node in self.nodes:
            if not is_guest(node):
                continue
            home = self.parent[node.number]
            found = self.readers(node, home) if is_cte(node) else self.mentions(node, home)
            named = bool(found) or is_cte(node)
            places = found if named else self.projecting(home)
            hosts = dict.fromkeys(self.host(place, home).number for place in places)
            yield Guest(node, tuple(hosts), named)

    def readers(self, cte: Node, home: Node) -> list[Node]:
        """The scans of a CTE; an inner WITH may use the name again for another one."""
        name = (cte.subplan_name or "").removeprefix("CTE ")
        scans = (n for n in home.walk() if n.node_type == "CTE Scan" and n.cte_name == name)
        return [scan for scan in scans if self.definition(scan) is cte]

    def definition(self, scan: Node) -> Node | None:
        """The CTE that a scan reads: the nearest of its name above it."""
        above = self.parent.get(scan.number)
        while above is not None:
            for child in above.children:
                if is_guest(child) and child.subplan_name == f"CTE {scan.cte_name}":
                    return child
            above = self.parent.get(above.number)
        return None

    def mentions(self, initplan: Node, home: Node) -> list[Node]:
        """The steps that print the InitPlan's value, ``$0`` or from 17 on ``(InitPlan 1).col1``."""
        pattern = _reference(initplan.subplan_name or "")
        inside = {each.number for each in initplan.walk()}
        places = (n for n in home.walk() if n.number not in inside)
        return [n for n in places if any(pattern.search(text) for text in _texts(n))]

    def projecting(self, home: Node) -> list[Node]:
        """The query's own steps that can work out a select list, from the top, else ``home``."""
        found = [] if home.node_type in PASS_ON else [home]
        for child in home.children:
            if child.parent_relationship not in OTHER_QUERIES:
                found += [n for n in self.projecting(child) if n.node_type not in PASS_ON]
        return found or [home]

    def host(self, place: Node, home: Node) -> Node:
        """Who works the value out: a Gather for its workers, an Append that prunes with it."""
        way = [place]
        while way[-1] is not home:
            way.append(self.parent[way[-1].number])
        for node in reversed(way):
            if node.node_type in PARALLEL_BORDERS or (node is not place and _pruned(node)):
                return node
        return place


def _pruned(node: Node) -> bool:
    """Whether an Append left members out while it ran."""
    return node.node_type in PRUNERS and any(c.never_executed for c in node.children)


def _reference(subplan_name: str) -> re.Pattern[str]:
    numbers = re.search(r"\(returns ([$\d,]+)\)", subplan_name)
    if numbers is None:
        return re.compile(re.escape(f"({subplan_name})."))
    either = "|".join(re.escape(each) for each in numbers[1].split(","))
    return re.compile(rf"(?<![\w$])(?:{either})(?!\d)")


def _texts(node: Node) -> Iterator[str]:
    """What a step works out; a sort's keys and output were worked out below it."""
    yield from node.conditions.values()
    if node.node_type not in PASS_ON:
        yield from chain(node.output, node.group_key)
    for value in node.extra.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                yield text
