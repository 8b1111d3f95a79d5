"""Candidates that serve several statements at once, made of those for one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

from workbench.indexes.candidates.candidate import Candidate
from workbench.indexes.candidates.covering import MAX_MERGED, fits
from workbench.indexes.index import Index, Key
from workbench.workload.schema import Table, quoted

Alike: TypeAlias = tuple[str, tuple[str, ...], tuple[Key, ...]]
MOST_PER_TABLE = 10


def merged(candidates: Iterable[Candidate], tables: Mapping[str, Table]) -> Iterator[Candidate]:
    """New candidates for several statements, the most useful of each table."""
    by_table: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.index.method == "btree":
            by_table[str(candidate.index.table)].append(candidate)
    for name, members in by_table.items():
        found = [*_longer_keys(members, tables[name]), *_values_together(members)]
        new = {each.index: each for each in found}
        ranked = sorted(new.values(), key=_worth)
        yield from ranked[:MOST_PER_TABLE]


def _longer_keys(members: list[Candidate], table: Table) -> Iterator[Candidate]:
    """The keys of one candidate with the INCLUDE lists of others whose keys are their start."""
    groups: dict[tuple[str, Key], list[Candidate]] = defaultdict(list)
    for each in members:
        groups[each.index.predicate, each.index.keys[0]].append(each)
    for group in groups.values():
        covering = [each for each in group if each.index.include]
        for long, short in ((long, short) for long in group for short in covering):
            starts = long.index.keys[: len(short.index.keys)] == short.index.keys
            if starts and set(long.queries) != set(short.queries):
                yield from _united(long, short, table)


def _united(long: Candidate, short: Candidate, table: Table) -> Iterator[Candidate]:
    held = {key.expression for key in long.index.keys}
    include = tuple(sorted({*long.index.include, *short.index.include} - held))
    names = [name for name in table.columns if quoted(name) in include]
    index = replace(long.index, include=include)
    new = index not in (long.index, short.index)
    if new and len(include) <= MAX_MERGED and fits(names, table):
        because = f"{long.because}; also {short.because}"
        queries = tuple(dict.fromkeys((*long.queries, *short.queries)))
        yield Candidate(index, "longer_keys", because, queries)


def _values_together(members: list[Candidate]) -> Iterator[Candidate]:
    """One index for all the constants that statements ask one column for: IN instead of =."""
    alike: dict[Alike, list[tuple[str, Candidate]]] = defaultdict(list)
    for each in members:
        parts = each.index.predicate.split(" AND ")
        compared = [part for part in parts if " = " in part]
        whole = all(part.count("'") % 2 == 0 for part in parts)
        if len(compared) == 1 and whole and not each.index.include:
            column, _, constant = compared[0].partition(" = ")
            rest = tuple(part for part in parts if part != compared[0])
            alike[column, rest, each.index.keys].append((constant, each))
    for (column, rest, _), found in alike.items():
        for (one, first), (two, second) in combinations(found, 2):
            if one != two and set(first.queries) != set(second.queries):
                listed = f"{column} IN ({', '.join(sorted((one, two)))})"
                yield _listed(column, " AND ".join(sorted((*rest, listed))), first, second)


def _listed(column: str, predicate: str, first: Candidate, second: Candidate) -> Candidate:
    keys = tuple(key for key in first.index.keys if key.expression != column)
    index = replace(first.index, keys=(Key(column), *keys)[:4], predicate=predicate)
    because = f"{first.because.partition(', only rows')[0]}, only rows {predicate}"
    queries = tuple(dict.fromkeys((*first.queries, *second.queries)))
    return Candidate(index, "values_together", because, queries)


def _worth(candidate: Candidate) -> tuple[float, Index]:
    """What comes first: many statements for few columns that are stored twice."""
    return (1 + len(candidate.index.include)) / len(candidate.queries), candidate.index
