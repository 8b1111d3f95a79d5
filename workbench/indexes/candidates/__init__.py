"""Which indexes could help: one rule, one function, one line in ``RULES`` (pure).

A rule reads one use of a table and yields drafts with the reason. Every draft is tried again under
each predicate that the statement's constants allow, and with the columns that would let an
index-only scan answer it. What was drafted for several statements is merged in the end.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from workbench.indexes.candidates import btree, covering, inverted, other
from workbench.indexes.candidates.candidate import Candidate
from workbench.indexes.candidates.merged import merged
from workbench.indexes.candidates.partial import Place, asked_for_several, predicates
from workbench.indexes.candidates.rule import Draft, Rule, finds_one_row
from workbench.indexes.index import Index, Key
from workbench.workload.schema import Table
from workbench.workload.uses import TableUse

MAX_KEYS = 4
MIN_ROWS = 500
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
INDEXED = frozenset({"r", "p", "m"})  # tables, partitioned tables, materialised views
PARTIAL = frozenset({"btree", "gin", "gist"})
RULES: tuple[Rule, ...] = (
    btree.foreign_keys,
    btree.single_keys,
    btree.equalities,
    btree.equalities_then_range,
    btree.equalities_then_sort,
    btree.group_keys,
    btree.extremes,
    btree.text_prefixes,
    covering.alone,
    inverted.documents,
    inverted.arrays,
    inverted.full_text,
    inverted.trigrams,
    inverted.equality_with_members,
    other.overlaps,
    other.nearest,
    other.block_ranges,
    other.wide_equalities,
)

__all__ = ["KINDS", "RULES", "Candidate", "generate"]


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
    known: dict[str, Table] = {}
    asked = list(uses)
    several = asked_for_several(use for _, use in asked)
    for query, use in asked:
        table = tables(use)
        if table is None or table.kind not in INDEXED or table.rows < MIN_ROWS:
            continue
        known[str(table.table)] = table
        for candidate in _of_use(query, use, table, several):
            _take(found, candidate, allowed)
    for candidate in merged(found.values(), known):
        _take(found, candidate, allowed)
    return tuple(found[index] for index in sorted(found))


def _take(found: dict[Index, Candidate], candidate: Candidate, allowed: frozenset[str]) -> None:
    if candidate.index.kinds <= allowed:
        known = found.setdefault(candidate.index, candidate)
        names = tuple(dict.fromkeys((*known.queries, *candidate.queries)))
        found[candidate.index] = replace(known, queries=names)


def _of_use(
    query: str, use: TableUse, table: Table, several: frozenset[Place]
) -> Iterator[Candidate]:
    """Drafts for the whole use and for each branch of an OR, with and without predicates."""
    for branch in (use, *_branches(use)):
        yield from _drafted(query, branch, table, "")
        for predicate, rest in predicates(branch, table, several):
            for candidate in _drafted(query, rest, table, predicate):
                because = f"{candidate.because}, only rows {predicate}"
                yield replace(candidate, because=because)


def _branches(use: TableUse) -> list[TableUse]:
    """Each branch of an OR with the conditions that hold for all; it delivers no order."""
    return [
        replace(
            use, conditions=(*branch, *use.conditions), alternatives=(), sort=(), group=(),
            extremes=(), outputs=use.columns,
        )
        for branch in use.alternatives
    ]  # fmt: skip


def _drafted(query: str, use: TableUse, table: Table, predicate: str) -> Iterator[Candidate]:
    """The drafts of every rule under one predicate; those that no other continues also covering."""
    drafts = [
        (rule.__name__, draft)
        for rule in RULES
        for draft in map(_cut, rule(use, table))
        if draft.keys and not _too_long(draft, use, table)
    ]
    whole = btree.equalities.__name__ if use.group else ""
    held = [(d.method, tuple(key.expression for key in d.keys)) for _, d in drafts]
    for (rule, draft), (method, names) in zip(drafts, held, strict=True):
        starts = any(m == method and names == o[: len(names)] != o for m, o in held)
        short = starts and rule != whole
        if predicate and (short or method not in PARTIAL):
            continue
        index = Index(
            table.table,
            draft.keys,
            draft.method,
            predicate=predicate,
            storage=draft.storage,
            partitioned=table.kind == "p",
            taken=table.root is not None,  # an index of the whole would name its parts so
        )
        yield Candidate(index, rule, draft.because, (query,))
        include = () if short or " <> " in predicate else covering.included(index, use, table)
        if include:
            because = f"{draft.because}, and {', '.join(include)} without visiting the heap"
            yield Candidate(replace(index, include=include), rule, because, (query,))


def _too_long(draft: Draft, use: TableUse, table: Table) -> bool:
    """Whether a part of the keys finds the one row already."""
    names = [key.expression for key in draft.keys]
    shorter = ([*names[:at], *names[at + 1 :]] for at in range(len(names)))
    return any(finds_one_row(use, table, rest) for rest in shorter)


def _cut(draft: Draft) -> Draft:
    """The first keys, without later repetitions of an expression."""
    first: dict[str, Key] = {}
    for key in draft.keys:
        first.setdefault(key.expression, key)
    return replace(draft, keys=tuple(first.values())[:MAX_KEYS])
