"""The tables of a plan by their aliases, and the expressions over their columns (pure)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from workbench.plans.node import Plan
from workbench.workload.conditions import bare, plain, written
from workbench.workload.schema import Catalog, Table, TableName, quoted

_NUMBERED = re.compile(r"_\d+\Z")
Found: TypeAlias = tuple["Place", str, str | None, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Place:
    """One occurrence of a table in a plan."""

    alias: str
    table: Table


@dataclass(frozen=True)
class Places:
    """The places of a plan by the aliases that its expressions use."""

    by_alias: Mapping[str, Place]

    @classmethod
    def of(cls, plan: Plan, catalog: Catalog, named: Collection[TableName]) -> "Places":
        """The tables that a plan scans; parts of a partitioned table are one place together."""
        found: dict[str, Place] = {}
        for node in plan.walk():
            name = TableName(node.schema or "public", node.relation or "")
            table = catalog.tables.get(name if name in named else catalog.root(name))
            if table is None or not node.alias or node.operation:
                continue
            if table.table == name:
                found.setdefault(node.alias, Place(node.alias, table))
                continue
            whole = _NUMBERED.sub("", node.alias)
            found[node.alias] = found.setdefault(whole, Place(whole, table))
        return cls(found)

    def all(self) -> list[Place]:
        """Each place once."""
        return list({id(place): place for place in self.by_alias.values()}.values())

    def columns(self, parts: Sequence[str]) -> Iterator[tuple[Place, str]]:
        """The columns that an expression reads, as far as they are of a table."""
        for at in (at for at, token in enumerate(parts[:-1]) if token == "." and at):
            place, column = self.by_alias.get(_name(parts[at - 1])), _name(parts[at + 1])
            if place is not None and column in place.table.columns:
                yield place, column

    def outputs(self, parts: Sequence[str]) -> Iterator[tuple[Place, str]]:
        """The columns of an output; where a plan has one table only, they have no alias there."""
        places = self.all()
        if len(places) != 1:
            yield from self.columns(parts)
            return
        known = places[0].table.columns
        yield from ((places[0], _name(token)) for token in parts if _name(token) in known)

    def expression(self, parts: Sequence[str]) -> Found | None:
        """Place, text, column and columns of a side; None where it is not of one table alone.

        The text is as an index would hold it: without alias, in brackets if it is more than a
        column.
        """
        parts = tuple(bare(parts))
        aliases = [_name(parts[at - 1]) for at, token in enumerate(parts) if token == "." and at]
        read = list(self.columns(parts))
        if not read or len({id(place) for place, _ in read}) > 1 or len(aliases) > len(read):
            return None
        if {"SubPlan", "InitPlan"} & set(parts):
            return None
        place = read[0][0]
        names = tuple(dict.fromkeys(name for _, name in read))
        local = _without_aliases(parts, self.by_alias)
        shortened = bare(plain(local))
        if len(shortened) == 1 and (len(local) == 1 or _is_text(place.table, names[0])):
            return place, quoted(names[0]), names[0], names
        return place, f"({written(shortened if len(shortened) > 1 else local)})", None, names


def _without_aliases(parts: Sequence[str], aliases: Collection[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for at, token in enumerate(parts):
        before = parts[at + 1 : at + 2] == (".",) and _name(token) in aliases
        behind = token == "." and at and _name(parts[at - 1]) in aliases
        if not (before or behind):
            kept.append(token)
    return tuple(kept)


def _is_text(table: Table, column: str) -> bool:
    """Whether a cast of the column to text changes nothing."""
    return table.columns[column].type.startswith(("text", "character varying"))


def _name(token: str) -> str:
    """An identifier as the catalog has it."""
    return token[1:-1].replace('""', '"') if token[:1] == '"' else token
