"""Statements that no index helps because the candidates for them could not be tried (pure)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from workbench.indexes.advice import QueryAdvice
from workbench.indexes.candidates import Candidate
from workbench.indexes.index import Index
from workbench.indexes.search import Refused

NEEDED = "would need"
UNTRIED = ("could not be built", "not built", NEEDED)
ESTIMATED = "not built: by an estimate"  # which is a trial too


def told(
    queries: Sequence[QueryAdvice], asked: Mapping[Index, Candidate], refused: Sequence[Refused]
) -> list[QueryAdvice]:
    """The statements, with the reason where all that could help them could not be tried."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for each in refused:
        for name in asked[each.index].queries:
            reasons[name].append(each.reason)
    return [_told(query, reasons[query.name]) for query in queries]


def _told(query: QueryAdvice, reasons: Sequence[str]) -> QueryAdvice:
    if query.status != "unchanged" or not reasons or not all(map(_untried, reasons)):
        return query
    return replace(query, reason=f"nothing could be tried for it: {reasons[0]}")


def _untried(reason: str) -> bool:
    return reason.startswith(UNTRIED) and not reason.startswith(ESTIMATED)


def lacking(
    queries: Iterable[QueryAdvice], asked: Mapping[Index, Candidate], refused: Iterable[Refused]
) -> Iterator[str]:
    """For each statement that nothing helps, the index that only an extension makes possible."""
    unhelped = {query.name for query in queries if query.status == "unchanged"}
    for each in refused:
        found = [name for name in asked[each.index].queries if name in unhelped]
        if found and each.reason.startswith(NEEDED):
            unhelped -= set(found)
            where = each.index.ddl().partition(" ON ")[2]
            yield f"{', '.join(found)}: an index on {where} {each.reason}"
