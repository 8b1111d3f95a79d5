"""Which candidates are worth building, where building all would take too long (pure).

Estimates say which of them the planner would use, for each statement with its favourites hidden
one after the other; then the same among those that are all there is room for under a tight budget.
The best plans' indexes are taken first, of all statements in turn.
"""

from collections.abc import Iterable, Mapping

from workbench.indexes.candidates import Candidate
from workbench.indexes.costs import Ask, Costs, Problem, Set
from workbench.indexes.exploring import PLANS_PER_CAP, peel, peel_all_sizes
from workbench.indexes.index import Index
from workbench.workload.schema import Table, TableName, quoted

MOST = 300
MOST_OF_HEAP = 6.0
LEAST_BYTES = 1 << 30
PLANS_PER_QUERY = 20
ALWAYS = frozenset({"gin", "gist", "spgist", "brin"})
ENTRY_BYTES = 12
UNKNOWN_BYTES = 16
SURELY = 1.25  # of the budget, by an estimate on a sample


def needed(indexes: Iterable[Index], tables: Mapping[TableName, Table], heap_bytes: int) -> bool:
    """Whether there are too many candidates to build, or they would take too much room."""
    given = list(indexes)
    size = sum(rough_bytes(index, tables) for index in given)
    return len(given) > MOST or size > max(LEAST_BYTES, MOST_OF_HEAP * heap_bytes)


def rough_bytes(index: Index, tables: Mapping[TableName, Table]) -> int:
    """The size of a btree by the widths of its columns; predicates are not looked at."""
    table = tables.get(index.table)
    if table is None:
        return 0
    widths = {quoted(name): column.width_bytes for name, column in table.columns.items()}
    held = (*(key.expression for key in index.keys), *index.include)
    return round(table.rows * (ENTRY_BYTES + sum(widths.get(w, UNKNOWN_BYTES) for w in held)))


def affordable(
    candidates: Iterable[Candidate], tables: Mapping[TableName, Table], heap_bytes: int
) -> tuple[Candidate, ...]:
    """The first candidates, as many as can be built in about the room of the tables."""
    left, kept = max(float(LEAST_BYTES) / MOST_OF_HEAP, float(heap_bytes)), list[Candidate]()
    for each in candidates:
        left -= rough_bytes(each.index, tables)
        if left < 0:
            break
        kept.append(each)
    return tuple(kept)


def too_large(problem: Problem) -> dict[Index, int]:
    """The candidates that alone are larger than the budget, with their estimated bytes.

    Only those with INCLUDE: without it equal keys may be stored once, which a sample cannot tell.
    """
    if problem.budget_bytes is None:
        return {}
    most = SURELY * problem.budget_bytes
    return {i: size for i, size in problem.sizes_bytes.items() if i.include and size > most}


def likely(problem: Problem, ask: Ask) -> Set:
    """The candidates that appear in the best plans; inverted and block range indexes always do.

    ``ask`` may only know the indexes that were drafted for a statement.
    """
    costs = Costs(problem, ask)
    ranks: dict[Index, tuple[int, float]] = {}
    for query in sorted(problem.weights):
        every = frozenset(i for i in problem.sizes_bytes if query in problem.asked_by[i])
        peel_all_sizes(costs, problem, query, every, PLANS_PER_QUERY)
        families = [every, *_plain(every)]
        for family in families[1:]:
            peel(costs, query, family, PLANS_PER_CAP)
        base = costs.planned(query, frozenset())[0]
        for first, family in enumerate(families):
            plans = costs.plans(query, family)
            best = sorted(plans, key=lambda used: (plans[used], sorted(used)))
            for place, used in enumerate(best, start=first):
                for index in used:
                    rank = place, plans[used] / (base or 1.0)
                    ranks[index] = min(rank, ranks.get(index, rank))
    kept = {index for index in problem.sizes_bytes if index.method in ALWAYS}
    left = MOST_OF_HEAP * problem.heap_bytes
    for index in sorted(ranks.keys() - kept, key=lambda index: (ranks[index], index)):
        size = problem.sizes_bytes[index]
        if size <= left and len(kept) < MOST:
            left -= size
            kept.add(index)
    return frozenset(kept)


def _plain(indexes: Set) -> tuple[Set, Set]:
    """Those that hold no more than keys, and those of a single one.

    A sample says little about their sizes: what has many rows for a value takes a third of it.
    """
    keys_only = frozenset(index for index in indexes if not index.include)
    one_key = frozenset(i for i in keys_only if len(i.keys) == 1 and not i.predicate)
    return keys_only, one_key
