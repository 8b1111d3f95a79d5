"""Indexes that do the work of two: the keys of one, and what the other holds besides (pure).

Rules look at one statement at a time. Where two statements want the same first key, one index with
the keys of one of them and the other columns as INCLUDE can serve both in less space.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations

from workbench.indexes.candidates import Candidate
from workbench.indexes.index import Index

MOST_INCLUDED = 6
MOST = 40


def merged(candidates: Iterable[Candidate], known: Iterable[Index]) -> tuple[Candidate, ...]:
    """The unions of every two candidates that are not known; those for most statements first."""
    found: dict[Index, Candidate] = {}
    known = frozenset(known)
    for one, other in permutations(candidates, 2):
        union = _union(one.index, other.index)
        if union is None or union in known:
            continue
        because = f"{one.because}; it also holds what serves {', '.join(other.queries)}"
        queries = tuple(dict.fromkeys((*one.queries, *other.queries)))
        found.setdefault(union, Candidate(union, "merged", because, queries))
    return tuple(sorted(found.values(), key=lambda each: -len(each.queries)))[:MOST]


def _union(one: Index, other: Index) -> Index | None:
    """The keys of one, with everything else of both as INCLUDE; None where that is no index."""
    same = (one.table, one.method, one.predicate) == (other.table, other.method, other.predicate)
    if not same or one.method != "btree" or one.keys[0] != other.keys[0]:
        return None
    held = {key.expression for key in one.keys}
    more = [key for key in other.keys if key.expression not in held]
    if any(key.is_expression for key in more):
        return None
    extra = {*one.include, *other.include, *(key.expression for key in more)} - held
    union = replace(one, include=tuple(sorted(extra)))
    return union if 0 < len(extra) <= MOST_INCLUDED else None
