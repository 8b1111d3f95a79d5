"""Which indexes could help: one rule, one function, one line in ``RULES`` (pure).

A rule reads one use of a table and yields drafts with the reason. Every btree draft is tried again
under each predicate that the statement's constants allow, and with the columns that would let an
index-only scan answer it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from workbench.indexes.candidates import btree, inverted, other
from workbench.indexes.candidates.partial import predicates
from workbench.indexes.candidates.rule import Draft, Rule, ordered
from workbench.indexes.index import Index, Key
from workbench.workload.schema import Table, quoted
from workbench.workload.uses import TableUse

MAX_KEYS = 4
MIN_ROWS = 1_000
MAX_INCLUDED = 5
INCLUDED_SHARE = 0.6
KINDS = (
    "btree",
    "partial",
    "covering",
    "expression",
    "gin",
    "gist",
    "brin",
    "hash",
    "trigram",
)
METHODS = frozenset({"btree", "gin", "gist", "brin", "hash", "trigram"})
RULES: tuple[Rule, ...] = (
    btree.single_columns,
    btree.equalities,
    btree.equalities_then_range,
    btree.equalities_then_sort,
    btree.group_columns,
    btree.expressions,
    btree.text_prefixes,
    inverted.documents,
    inverted.arrays,
    inverted.full_text,
    inverted.trigrams,
    other.overlaps,
    other.block_ranges,
    other.wide_equalities,
)


@dataclass(frozen=True)
class Candidate:
    """An index that could help, the rule it comes from, the reason and the queries that ask."""

    index: Index
    rule: str
    because: str
    queries: tuple[str, ...]


def generate(
    uses: Iterable[tuple[str, TableUse]],
    tables: Callable[[TableUse], Table | None],
    kinds: Iterable[str] = KINDS,
) -> tuple[Candidate, ...]:
    """Candidates for (query name, table use) pairs, equal ones merged, in a stable order."""
    allowed = frozenset(kinds)
    if not allowed & METHODS:
        allowed |= {"btree"}  # "partial" alone means partial btrees
    found: dict[Index, Candidate] = {}
    for query, use in uses:
        table = tables(use)
        if table is None or table.kind not in ("r", "p", "m") or table.rows < MIN_ROWS:
            continue
        for candidate in _of_use(query, use, table):
            if candidate.index.kinds <= allowed:
                known = found.setdefault(candidate.index, candidate)
                names = tuple(dict.fromkeys((*known.queries, query)))
                found[candidate.index] = replace(known, queries=names)
    return tuple(found[index] for index in sorted(found))


def _of_use(query: str, use: TableUse, table: Table) -> Iterator[Candidate]:
    yield from _drafted(query, use, table, "", use.columns)
    for predicate, rest in predicates(use, table):
        for candidate in _drafted(query, rest, table, predicate, use.columns):
            if candidate.index.method in ("btree", "gin"):
                because = f"{candidate.because}, only rows {predicate}"
                yield replace(candidate, because=because)


def _drafted(
    query: str, use: TableUse, table: Table, predicate: str, read: tuple[str, ...]
) -> Iterator[Candidate]:
    """The drafts of every rule under one predicate; the longest of them also covering."""
    drafts = [(rule.__name__, d) for rule in RULES for d in rule(use, table) if _sensible(d, table)]
    held = {frozenset(key.expression for key in draft.keys) for _, draft in drafts}
    for rule, draft in drafts:
        keys = _unique(draft.keys)[:MAX_KEYS]
        index = Index(table.table, keys, draft.method, predicate=predicate)
        yield Candidate(index, rule, draft.because, (query,))
        longest = not any({key.expression for key in draft.keys} < other for other in held)
        include = _included(index, table, read) if longest else ()
        if include:
            because = f"{draft.because}, and {', '.join(include)} without visiting the heap"
            yield Candidate(replace(index, include=include), rule, because, (query,))


def _included(index: Index, table: Table, read: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that are missing for an index-only scan, if they are few and narrow."""
    if index.method != "btree":
        return ()
    held = {key.expression for key in index.keys}
    missing = [name for name in read if name in table.columns and quoted(name) not in held]
    missing = [name for name in missing if quoted(name) not in index.predicate.split()]
    row_bytes = sum(column.width_bytes for column in table.columns.values())
    width_bytes = sum(table.columns[name].width_bytes for name in missing)
    if len(missing) > MAX_INCLUDED or width_bytes > INCLUDED_SHARE * row_bytes:
        return ()
    return tuple(sorted(map(quoted, missing)))


def _unique(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys without later repetitions of an expression."""
    first: dict[str, Key] = {}
    for key in keys:
        first.setdefault(key.expression, key)
    return tuple(first.values())


def _sensible(draft: Draft, table: Table) -> bool:
    """Whether there are keys, and a btree finds types among them that it can order."""
    if draft.method not in ("btree", "hash"):
        return True
    plain = {quoted(name): column for name, column in table.columns.items()}
    known = [plain[key.expression] for key in draft.keys if key.expression in plain]
    return bool(draft.keys) and all(map(ordered, known))
