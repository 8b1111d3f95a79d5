"""What a statement asks of its tables, read from its plan instead of its text (pure).

A plan says what the text hides: the tables behind views, conditions that were pulled up or come
from row-level security, and operators that no parser but Postgres' own knows. EXPLAIN (VERBOSE)
names every column with the alias of its table.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from workbench.indexes.places import Place, Places
from workbench.plans.node import Node, Plan
from workbench.workload.conditions import (
    Compared,
    canonical,
    compared,
    constant,
    members,
    split,
    tokens,
)
from workbench.workload.schema import Catalog, TableName
from workbench.workload.uses import Condition, Gathering, Kind, SortKey, TableUse

LABELS = ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter")
JOINS = ("Nested Loop", "Hash Join", "Merge Join")
SORTS = ("Sort", "Incremental Sort")
TESTS: dict[str, Kind] = {"IS NULL": "is_null", "IS NOT NULL": "is_not_null"}
PATTERNS = {"~~": "LIKE", "~~*": "ILIKE"}
RANGES = ("<", ">", "<=", ">=")
MIRRORED = {
    "@>": "<@", "<@": "@>", "&&": "&&", "<->": "<->", "@@": "@@",
    "<": ">", ">": "<", "<=": ">=", ">=": "<=",
}  # fmt: skip
_PARAMETER = re.compile(r"\$\d+\Z")
LIKE_BOUNDS = ("~<~", "~<=~", "~>~", "~>=~")


def enriched(
    uses: Sequence[TableUse], plan: Plan, catalog: Catalog, values: Collection[str | None] = ()
) -> tuple[TableUse, ...]:
    """The uses that the text shows, with what only the plan shows.

    ``values`` are those of the parameters, which the plan has in their places as if they were
    constants.
    """
    named = {use.table for use in uses}
    found = planned(plan, catalog, named, values)
    rest = [use for use in found if use.table not in named]
    return (*(_completed(use, found) for use in uses), *rest)


def planned(
    plan: Plan,
    catalog: Catalog,
    named: Collection[TableName] = (),
    values: Collection[str | None] = (),
) -> tuple[TableUse, ...]:
    """The table uses of a plan; a part of a partitioned table that is not named stands for it."""
    reader = _Reader(Places.of(plan, catalog, named), frozenset(filter(None, values)))
    reader.read(plan.root)
    return tuple(use.frozen() for use in reader.uses.values())


def _completed(use: TableUse, found: Iterable[TableUse]) -> TableUse:
    """A use with the conditions and lookups of the same table in the plan."""
    same = [each for each in found if each.table == use.table]
    exact = [each for each in same if each.alias == use.alias] or same[: len(same) == 1]
    for twin in exact:
        own = replace(
            use,
            conditions=_as_printed(use.conditions, twin),
            alternatives=tuple(_as_printed(branch, twin) for branch in use.alternatives),
            sort=twin.sort if _same_keys(use.sort, twin.sort) else use.sort,
            lookups=twin.lookups,
        )
        new = [c for c in twin.conditions if not _known(c, own)]
        return replace(own, conditions=(*own.conditions, *new))
    return use


def _same_keys(one: Sequence[SortKey], two: Sequence[SortKey]) -> bool:
    """Whether two sorts are by the same columns, and by expressions in the same places."""
    ways = [[(key.column, key.descending, key.nulls_first) for key in keys] for keys in (one, two)]
    return ways[0] == ways[1]


def _as_printed(conditions: Iterable[Condition], twin: TableUse) -> tuple[Condition, ...]:
    """The conditions with their expressions in Postgres' own words, which an index must match."""
    every = (*twin.conditions, *(c for branch in twin.alternatives for c in branch))
    printed = [c for c in every if c.column is None]
    return tuple(_printed(c, printed) if c.column is None else c for c in conditions)


def _printed(condition: Condition, printed: Iterable[Condition]) -> Condition:
    same = {
        other.expression
        for other in printed
        if set(other.columns) == set(condition.columns) and _sort_of(other) == _sort_of(condition)
    }
    return replace(condition, expression=same.pop()) if len(same) == 1 else condition


def _known(condition: Condition, use: TableUse) -> bool:
    every = (*use.conditions, *(c for branch in use.alternatives for c in branch))
    same = [c for c in every if c.column == condition.column]
    if condition.column is None:  # its words differ from those of the statement
        called = condition.kind == "equality" and condition.constant in ("true", "false")
        return called or any(set(c.columns) == set(condition.columns) for c in same)
    return any(_sort_of(c) == _sort_of(condition) for c in same)


def _sort_of(condition: Condition) -> str:
    """A word for conditions that an index serves alike."""
    matches = condition.kind in ("equality", "in", "join")
    word = condition.operator if condition.kind == "other" else ""
    return "match" if matches else word or condition.kind


class _Reader:
    """Walks a plan and fills its table uses."""

    def __init__(self, places: Places, values: frozenset[str]) -> None:
        self.places = places
        self.uses = {place: Gathering(place.table.table, place.alias) for place in places.all()}
        self._values = values

    def read(self, node: Node, limited: bool = False) -> None:
        """Take in a step and those below it."""
        for label in LABELS:
            for part in split(tokens(node.conditions.get(label, "")), "AND"):
                self._take(part)
        if node.node_type in SORTS:
            self._sort(node, limited)
        self._group(node)
        if node.relation is None or node.number == 0:
            for column in node.output:
                for place, name in self.places.outputs(tokens(column)):
                    self.uses[place].columns.setdefault(name)
                    self.uses[place].outputs.setdefault(name)
        self._lookups(node)
        passing = node.node_type in ("Limit", "Gather Merge", "LockRows", *SORTS)
        for child in node.children:
            self.read(child, node.node_type == "Limit" or (limited and passing))

    def _take(self, part: Sequence[str]) -> None:
        branches = split(part, "OR")
        if len(branches) < 2:
            found = list(self._conditions(compared(part))) or list(self._residual(part))
            for place, condition in found:
                self.uses[place].conditions.append(condition)
            return
        for branch in branches:
            grouped: dict[Place, list[Condition]] = {}
            for each in split(branch, "AND"):
                for place, condition in self._conditions(compared(each)):
                    grouped.setdefault(place, []).append(condition)
            for place, conditions in grouped.items():
                self.uses[place].alternatives.append(tuple(conditions))

    def _conditions(self, found: Compared) -> Iterator[tuple[Place, Condition]]:
        """The indexable sides of one condition."""
        operator = found.operator
        if operator in LIKE_BOUNDS or operator.startswith("!"):
            return
        if operator in TESTS:
            yield from self._side(found.left, TESTS[operator])
        elif operator.startswith("IS "):
            yield from self._side(found.left, "other", operator=operator)
        elif operator in ("", "NOT"):
            text = "false" if operator else "true"
            yield from self._side(found.left, "equality", fixed=text)
        else:
            yield from self._compared(found)

    def _compared(self, found: Compared) -> Iterator[tuple[Place, Condition]]:
        left, right = _first_of_row(found.left), _first_of_row(found.right)
        listed = right[:1] in (("ANY",), ("ALL",))
        for side, other in ((left, right), (right, left)):
            turned = side is right and side is not left
            symmetric = found.operator in ("=", "<>", *RANGES)
            operator = found.operator if not turned else MIRRORED.get(found.operator, "")
            if (turned and listed) or not (symmetric or operator) or "COLLATE" in other:
                continue
            partner = next((place.alias for place, _ in self.places.columns(other)), "")
            kind = _kind(found.operator, listed, bool(partner))
            fixed = members(other) if listed else self._constant(other)
            spoken = kind == "other" or (kind == "range" and "ROW" not in found.left[:1])
            word = PATTERNS.get(operator, operator) if spoken else ""
            for place, condition in self._side(
                side, kind, fixed=fixed, operator=word, others=other
            ):
                if partner != place.alias:
                    joined = partner if kind == "join" else ""
                    yield place, replace(condition, partner=joined)

    def _residual(self, part: Sequence[str]) -> Iterator[tuple[Place, Condition]]:
        """A condition of the statement's own that no key could find rows by."""
        operator, fixed = compared(part).operator, not any(map(_PARAMETER.match, part))
        if operator and operator not in LIKE_BOUNDS and fixed and not self._values & _bare(part):
            for place, condition in self._side(part, "residual"):
                if condition.column is None:
                    yield place, replace(condition, expression=canonical(condition.expression))

    def _side(
        self,
        side: Sequence[str],
        kind: Kind,
        *,
        fixed: str | None = None,
        operator: str = "",
        others: Sequence[str] = (),
    ) -> Iterator[tuple[Place, Condition]]:
        found = self.places.expression(side)
        if found is not None:
            place, text, column, names = found
            self.uses[place].columns.update(dict.fromkeys(names))
            given = tuple(int(token[1:]) for token in others if _PARAMETER.match(token))
            yield place, Condition(text, column, kind, fixed, given, operator, names)

    def _constant(self, side: Sequence[str]) -> str | None:
        """A literal of the statement's own."""
        text = constant(side)
        return None if text is None or text.strip("'") in self._values else text

    def _sort(self, node: Node, limited: bool) -> None:
        keys: list[tuple[Place, SortKey]] = []
        for written in node.sort_key:
            key = self._sort_key(list(tokens(written)))
            if key is None or (keys and key[0] != keys[0][0]):
                break
            keys.append(key)
        if keys and (len(keys) == len(node.sort_key) or not limited):
            use = self.uses[keys[0][0]]
            if not use.sort or limited:
                use.sort, use.limited = tuple(key for _, key in keys), limited

    def _sort_key(self, words: list[str]) -> tuple[Place, SortKey] | None:
        if not words:
            return None
        nulls = words[-1].upper() if [w.upper() for w in words[-2:-1]] == ["NULLS"] else ""
        words = words[:-2] if nulls else words
        down = words[-1].upper() == "DESC" or words[-2:] == ["USING", ">"]
        if words[-1].upper() in ("DESC", "ASC"):
            words = words[:-1]
        elif words[-2:-1] == ["USING"]:
            words = words[:-2]
        found = self.places.expression(words)
        if found is None:
            return None
        place, text, column, _ = found
        first = nulls == "FIRST" if nulls else down
        return place, SortKey(column or "", down, first, "" if column else text)

    def _group(self, node: Node) -> None:
        for written in node.group_key:
            found = self.places.expression(tokens(written))
            if found is not None and found[2]:
                use = self.uses[found[0]]
                use.group = tuple(dict.fromkeys((*use.group, found[2])))

    def _lookups(self, node: Node) -> None:
        """How many rows of one side of a join look for their like on the other side."""
        sides = [c for c in node.children if c.parent_relationship in ("Outer", "Inner")]
        if node.node_type in JOINS and len(sides) == 2:
            outer, inner = sides
            self._looked_up(inner, outer.plan_rows)
            if node.node_type != "Nested Loop":
                self._looked_up(outer, inner.plan_rows)
        for child in node.children:
            if child.parent_relationship == "SubPlan":
                self._looked_up(child, node.plan_rows)

    def _looked_up(self, below: Node, times: float | None) -> None:
        for node in below.walk():
            place = self.places.by_alias.get(node.alias or "")
            if place is not None:
                use = self.uses[place]
                use.lookups = max(use.lookups, times or 0.0)


def _bare(part: Iterable[str]) -> frozenset[str]:
    """Literals, and all else, without their quotes."""
    return frozenset(token.strip("'") for token in part)


def _kind(operator: str, listed: bool, joined: bool) -> Kind:
    if operator in RANGES:
        return "range"
    if operator == "<>":
        return "unequal"
    if operator != "=":
        return "other"
    return "in" if listed else "join" if joined else "equality"


def _first_of_row(side: Sequence[str]) -> tuple[str, ...]:
    """The first member of ROW(a, b), which decides a comparison."""
    if side[:1] != ("ROW",):
        return tuple(side)
    end = next((at for at, token in enumerate(side) if token == ","), len(side) - 1)
    return tuple(side[2:end])
