"""Planner costs of statements under sets of indexes, each asked at most once (pure)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from workbench.indexes.index import Index
from workbench.workload.schema import TableName

MOST_PLANS = 8_000  # then those that are known have to do

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

    def possible(self) -> Set:
        """The candidates that by themselves keep to the limits."""
        return frozenset(index for index in self.sizes_bytes if self.fits(frozenset({index})))

    def bytes(self, indexes: Set) -> int:
        """Size of a set."""
        return sum(self.sizes_bytes[index] for index in indexes)

    def relevant(self, query: str, indexes: Set) -> Set:
        """Those on the tables of a statement: the planner may use one meant for another one."""
        return frozenset(index for index in indexes if index.table in self.tables[query])


class Costs:
    """A cache in front of the planner.

    A plan found with the set V visible that uses U answers every set between U and V: what it
    lacks was not wanted, what it has was enough. Sets are compared as numbers with a bit for each
    index, because a large workload looks up millions of them.
    """

    def __init__(self, problem: Problem, ask: Ask) -> None:
        self.problem = problem
        self._ask = ask
        self._known: dict[str, list[_Known]] = {query: [] for query in problem.weights}
        self._bits: dict[Index, int] = {}
        self._on: dict[TableName, int] = {}
        self.plans_asked = 0

    def planned(self, query: str, indexes: Set) -> Planned:
        """Cost of a statement with ``indexes`` visible, and which of them its plan uses."""
        return self._planned(query, indexes, self._mask(indexes))

    def all(self, indexes: Set) -> dict[str, float]:
        """Cost of every statement with ``indexes`` visible.

        When very many plans were asked for, the cheapest known plan that it could use counts.
        """
        mask, known = self._mask(indexes), self._known
        enough = self.plans_asked >= MOST_PLANS
        return {query: self._planned(query, indexes, mask, enough)[0] for query in known}

    def plans(self, query: str, allowed: Collection[Index]) -> dict[Set, float]:
        """The known plans of a statement that use ``allowed`` indexes only: their set and cost."""
        found: dict[Set, float] = {}
        forbidden = ~self._mask(allowed)
        for known in self._known[query]:
            if not known.used & forbidden:
                found[known.indexes] = min(known.cost, found.get(known.indexes, known.cost))
        return found

    def _planned(self, query: str, indexes: Set, mask: int, enough: bool = False) -> Planned:
        visible = 0
        for table in self.problem.tables[query]:
            visible |= mask & self._on.get(table, 0)
        for known in self._known[query]:
            if not known.used & ~visible and not visible & ~known.seen:
                return known.cost, known.indexes
        if enough:
            possible = [known for known in self._known[query] if not known.used & ~visible]
            if possible:
                best = min(possible, key=lambda known: known.cost)
                return best.cost, best.indexes
        cost, used = self._ask(query, self.problem.relevant(query, indexes))
        self.plans_asked += 1
        self._known[query].append(_Known(visible, self._mask(used), used, cost))
        return cost, used

    def _mask(self, indexes: Iterable[Index]) -> int:
        """The bits of a set; an index that was not seen before gets the next one."""
        mask = 0
        for index in indexes:
            bit = self._bits.get(index)
            if bit is None:
                bit = self._bits[index] = 1 << len(self._bits)
                self._on[index.table] = self._on.get(index.table, 0) | bit
            mask |= bit
        return mask


class _Known(NamedTuple):
    """A plan: the sets that were visible and that it uses, as bits, and what it costs."""

    seen: int
    used: int
    indexes: Set
    cost: float
