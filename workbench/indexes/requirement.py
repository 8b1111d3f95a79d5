"""An advice held against what a notebook says of it.

What was required stands in the line as it is; what else was found, and every measured figure,
stands between ⟨ and ⟩, where it may differ from run to run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from workbench.errors import NotConfirmed
from workbench.indexes.advice import Advice, IndexAdvice
from workbench.plans import figures


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a suggested index must be like; what is None may be anything.

    ``columns`` are the first keys in order, as Postgres prints them; ``serves`` are names of
    statements that must be improved by it; ``predicate`` is a part of the WHERE clause.
    """

    table: str
    columns: Sequence[str] | None = None
    include: Sequence[str] | None = None
    predicate: str | None = None
    method: str | None = None
    serves: Sequence[str] = ()
    verdict: str | None = None

    def fits(self, index: IndexAdvice) -> bool:
        """Whether a suggestion is like that."""
        it = index.index
        return (
            it.table.name == self.table
            and (self.columns is None or index.columns[: len(self.columns)] == tuple(self.columns))
            and (self.include is None or set(self.include) <= set(it.include))
            and (self.predicate is None or self.predicate in it.predicate)
            and (self.method is None or self.method == it.method)
            and set(self.serves) <= set(index.used_by)
            and (self.verdict is None or self.verdict == index.verdict)
        )

    def __str__(self) -> str:
        parts = [self.table]
        parts += [f"({', '.join(self.columns)})"] if self.columns is not None else []
        parts += [f"INCLUDE ({', '.join(self.include)})"] if self.include is not None else []
        parts += [f"WHERE {self.predicate}"] if self.predicate is not None else []
        parts += [f"by {self.method}"] if self.method is not None else []
        parts += [f"serving {', '.join(self.serves)}"] if self.serves else []
        return " ".join(parts)


def suggested(advice: Advice, wanted: Wanted) -> str:
    """One line about the suggestion that is as wanted; raises NotConfirmed."""
    for index in advice.indexes:
        if wanted.fits(index):
            found = "; ".join([_described(index), *_served(advice, index)])
            return f"{wanted.verdict or 'suggested'}: {wanted} ⟨{found}⟩"
    kind = f", {wanted.verdict}," if wanted.verdict else ","
    raise NotConfirmed(f"expected an index on {wanted}{kind} but suggested is {_all(advice)}")


def not_suggested(advice: Advice, wanted: Wanted) -> str:
    """One line that says that there is no such suggestion; raises NotConfirmed."""
    for index in advice.indexes:
        if wanted.fits(index):
            found = f"{index.verdict} is {_described(index)}"
            raise NotConfirmed(f"expected no index on {wanted}, but {found}")
    return f"not suggested: {wanted}"


def _described(index: IndexAdvice) -> str:
    it = index.index
    include = f" INCLUDE ({', '.join(it.include)})" if it.include else ""
    where = f" WHERE {it.predicate}" if it.predicate else ""
    return f"{it.method} on {it.table.name} ({', '.join(index.columns)}){include}{where}"


def _served(advice: Advice, index: IndexAdvice) -> Iterator[str]:
    """The statements that the index serves, with status, ratio and interval."""
    for query in advice.queries:
        if query.name not in index.used_by:
            continue
        ratio = ""
        if query.speedup is not None and query.speedup_ci is not None:
            low, high = (figures.factor(x) if isfinite(x) else "∞" for x in query.speedup_ci)
            ratio = f" {figures.factor(query.speedup)}, 99 % interval {low} to {high}"
        yield f"{query.name} {query.status}{ratio}"


def _all(advice: Advice) -> str:
    return "; ".join(map(_described, advice.indexes)) or "nothing"
