"""Planner costs of statements under sets of indexes, each asked at most once (pure)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from workbench.indexes.index import Index
from workbench.workload.schema import TableName

Set: TypeAlias = frozenset[Index]
Planned: TypeAlias = tuple[float, Set]
Ask: TypeAlias = Callable[[str, Set], Planned]


@dataclass(frozen=True)
class Problem:
    """What is searched: statements with weights and tables, indexes with sizes, limits.

    ``asked_by`` names the statements that each index was drafted for; ``heap_bytes`` is that of all
    tables concerned; ``written_ms`` is what the workload's own writes pay for an index.
    """

    weights: Mapping[str, float]
    tables: Mapping[str, frozenset[TableName]]
    sizes_bytes: Mapping[Index, int]
    asked_by: Mapping[Index, tuple[str, ...]]
    heap_bytes: int
    budget_bytes: int | None = None
    max_indexes: int | None = None
    written_ms: Mapping[Index, float] = field(default_factory=dict)

    def without(self, banned: Set) -> "Problem":
        """The same without some candidates."""
        left = {i: size for i, size in self.sizes_bytes.items() if i not in banned}
        return replace(self, sizes_bytes=left)

    def fits(self, indexes: Set) -> bool:
        """Whether a set keeps to the limits."""
        within = self.budget_bytes is None or self.bytes(indexes) <= self.budget_bytes
        return within and (self.max_indexes is None or len(indexes) <= self.max_indexes)

    def bytes(self, indexes: Set) -> int:
        """Size of a set."""
        return sum(self.sizes_bytes[index] for index in indexes)

    def relevant(self, query: str, indexes: Set) -> Set:
        """Those on the tables of a statement: the planner may use one meant for another one."""
        return frozenset(index for index in indexes if index.table in self.tables[query])


class Costs:
    """A cache in front of the planner.

    A plan found with the set V visible that uses U answers every set between U and V: what it
    lacks was not wanted, what it has was enough.
    """

    def __init__(self, problem: Problem, ask: Ask) -> None:
        self.problem = problem
        self._ask = ask
        self._known: dict[str, list[tuple[Set, Set, float]]] = {q: [] for q in problem.weights}
        self.plans_asked = 0

    def planned(self, query: str, indexes: Set) -> Planned:
        """Cost of a statement with ``indexes`` visible, and which of them its plan uses."""
        visible = self.problem.relevant(query, indexes)
        records = self._known[query]
        for seen, used, cost in records:
            if used <= visible <= seen:
                return cost, used
        cost, used = self._ask(query, visible)
        self.plans_asked += 1
        records.append((visible, used, cost))
        return cost, used

    def all(self, indexes: Set) -> dict[str, float]:
        """Cost of every statement with ``indexes`` visible."""
        return {query: self.planned(query, indexes)[0] for query in self.problem.weights}

    def plans(self, query: str, allowed: Collection[Index]) -> dict[Set, float]:
        """The known plans of a statement that use ``allowed`` indexes only: their set and cost."""
        found: dict[Set, float] = {}
        for _, used, cost in self._known[query]:
            if used <= set(allowed):
                found[used] = min(cost, found.get(used, cost))
        return found
