"""What the advisor answers: indexes, what they do to each statement, and what was rejected."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.indexes.index import Index
from workbench.indexes.write_price import WritePrice
from workbench.markup import as_text
from workbench.workload.schema import quoted

if TYPE_CHECKING:
    import pandas

FORMAT = "workbench.suggestions/1"
Part: TypeAlias = Literal["queries", "indexes", "rejected"]
Status: TypeAlias = Literal["improved", "unchanged", "regressed", "skipped", "failed"]


@dataclass(frozen=True)
class Timing:
    """A statement under one set of indexes; what was not measured is None.

    ``cost`` is in planner units, times are medians over ``runs`` runs, ``buffers`` counts pages;
    ``timed_out_ms`` is the limit that the statement ran into.
    """

    cost: float | None = None
    median_ms: float | None = None
    ci_ms: tuple[float, float] | None = None
    cpu_ms: float | None = None
    buffers: int | None = None
    runs: int = 0
    plan: Mapping[str, Any] | None = None
    timed_out_ms: float | None = None


@dataclass(frozen=True)
class QueryAdvice:
    """What the suggested set does to one statement."""

    name: str
    sql: str
    weight: float
    status: Status
    reason: str | None = None
    parameters: Mapping[str, str | None] | None = None
    before: Timing | None = None
    after: Timing | None = None
    speedup: float | None = None
    speedup_ci: tuple[float, float] | None = None
    basis: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The fields of the JSON contract; an end of an interval that is infinite is None."""
        ends = self.speedup_ci and [end if isfinite(end) else None for end in self.speedup_ci]
        return {**asdict(self), "speedup_ci": ends}


@dataclass(frozen=True)
class Alternative:
    """Another kind of index in the place of a suggested one.

    ``gain_share`` is how much of that one's gain is left then, by the planner's costs.
    """

    ddl: str
    kind: str
    size_bytes: int
    gain_share: float


@dataclass(frozen=True)
class IndexAdvice:
    """One suggested index and what it is worth; ``columns`` are as Postgres prints them.

    ``gain_share`` is the part of the workload's whole gain that would go with this index alone;
    ``pays_from_reads`` is how many reads for each written row make up for its write price.
    """

    index: Index
    columns: tuple[str, ...]
    size_bytes: int | None
    build_ms: float | None
    used_by: tuple[str, ...]
    why: str
    verdict: Literal["proven", "estimated"]
    write_price: WritePrice | None = None
    gain_share: float | None = None
    pays_from_reads: float | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def ddl(self) -> str:
        """The CREATE INDEX statement."""
        return self.index.ddl()

    def as_dict(self) -> dict[str, Any]:
        """The fields of the JSON contract."""
        index = self.index
        return {
            "ddl": index.ddl(),
            "name": index.name,
            "schema": index.table.schema,
            "table": index.table.name,
            "method": index.method,
            "columns": list(self.columns),
            "include": list(index.include),
            "predicate": index.predicate or None,
            "size_bytes": self.size_bytes,
            "build_ms": self.build_ms,
            "used_by": list(self.used_by),
            "why": self.why,
            "write_price": asdict(self.write_price) if self.write_price else None,
            "verdict": self.verdict,
            "gain_share": self.gain_share,
            "pays_from_reads": None if self.pays_from_reads == inf else self.pays_from_reads,
            "alternatives": [asdict(each) for each in self.alternatives],
        }


@dataclass(frozen=True)
class Rejected:
    """A candidate that is not suggested; ``cost_saving`` is the share it saves alone, or None."""

    ddl: str
    reason: str
    cost_saving: float | None = None


@dataclass(frozen=True)
class Totals:
    """The workload as a whole, each statement times its weight; times only where all are known."""

    before_cost: float | None
    after_cost: float | None
    before_ms: float | None
    after_ms: float | None
    speedup: float | None
    index_bytes: int
    heap_bytes: int


@dataclass(frozen=True)
class Effort:
    """What the search took.

    ``bound`` is how far the set can be from the best one, at most, by the planner's costs among all
    plans that were seen: 0.01 is a hundredth of the workload's best cost known.
    """

    candidates: int
    plans_asked: int
    seconds: float
    bound: float | None = None


@dataclass(frozen=True)
class SweepPoint:
    """The best set under one budget; the ratios are the workload's cost and time after/before.

    ``budget_bytes`` None is no limit, ``time_ratio`` None where nothing was timed.
    """

    budget_bytes: int | None
    index_bytes: int
    cost_ratio: float | None
    time_ratio: float | None
    indexes: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Advice:
    """The receipt. ``notes`` are things the reader should know, one line each.

    ``sweep`` has the best sets for other budgets, where asked for. After an interrupt the answer is
    the best that was known by then.
    """

    workload: Totals
    queries: tuple[QueryAdvice, ...]
    indexes: tuple[IndexAdvice, ...]
    rejected: tuple[Rejected, ...]
    search: Effort
    server: Mapping[str, Any]
    dataset: Mapping[str, Any] | None
    environment: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    sweep: tuple[SweepPoint, ...] = ()
    interrupted: bool = False

    def __repr__(self) -> str:
        parts = {"indexes": self.indexes, "queries": self.queries, "rejected": self.rejected}
        return f"Advice({', '.join(f'{len(part)} {name}' for name, part in parts.items())})"

    def __str__(self) -> str:
        """What to create, with the evidence in comments."""
        return self.to_sql()

    @property
    def failed(self) -> bool:
        """Whether no statement could be planned."""
        return bool(self.queries) and all(query.status == "failed" for query in self.queries)

    @property
    def nothing(self) -> str:
        """Why no index is suggested, as a sentence."""
        if self.failed:
            return "No statement could be planned."
        reasons = [each.reason for each in self.rejected]
        if any(reason.startswith("not estimated") for reason in reasons):
            return "Candidates were found, but nothing here can say what they are worth."
        built = [reason.removeprefix("could not be built: ") for reason in reasons]
        if reasons and all(one != other for one, other in zip(built, reasons, strict=True)):
            return f"No candidate could be built: {built[0]}."
        if any(reason.startswith(("needs ", "the limit ")) for reason in reasons):
            return "Nothing is suggested: what would help is beyond the limits that were given."
        return "Nothing is worth suggesting: no candidate makes a statement faster."

    def as_dict(self) -> dict[str, Any]:
        """The object of ``--format json``; numbers that were not measured are None."""
        return {
            "format": FORMAT,
            "server": dict(self.server),
            "dataset": dict(self.dataset) if self.dataset else None,
            "workload": asdict(self.workload),
            "queries": [query.as_dict() for query in self.queries],
            "indexes": [index.as_dict() for index in self.indexes],
            "rejected": [asdict(each) for each in self.rejected],
            "search": asdict(self.search),
            "environment": dict(self.environment),
            "notes": list(self.notes),
            "sweep": [asdict(point) for point in self.sweep] or None,
            "interrupted": self.interrupted,
        }

    def to_json(self) -> str:
        """``as_dict`` as text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False, default=str)

    def to_sql(self) -> str:
        """A script that creates the indexes without blocking writes, with its own way back."""
        if not self.indexes:
            return f"-- {self.nothing}\n"
        lines = ["-- Run outside a transaction block: CONCURRENTLY cannot run inside one."]
        needed = sorted({each.index.extension for each in self.indexes} - {""})
        lines += [f"CREATE EXTENSION IF NOT EXISTS {name};" for name in needed]
        for each in self.indexes:
            lines += ["", f"-- {each.verdict}: {one_line(each.why)}"]
            lines += [f"--   {line}" for line in self._proof(each)]
            lines.append(f"{each.index.ddl(concurrently=True)};")
        lines += ["", "-- To take it back:"]
        for each in reversed(self.indexes):
            place = f"{quoted(each.index.table.schema)}.{quoted(each.index.name)}"
            way = "" if each.index.partitioned else "CONCURRENTLY "
            lines.append(f"-- DROP INDEX {way}IF EXISTS {place};")
        return "\n".join(lines) + "\n"

    def _proof(self, index: IndexAdvice) -> list[str]:
        """One line for each statement that the index serves."""
        lines = []
        for query in self.queries:
            if query.name in index.used_by and query.speedup and query.speedup_ci:
                low, high = query.speedup_ci
                lines.append(
                    f"{one_line(query.name)}: {query.speedup:.3g} times as fast "
                    f"(99 % interval {low:.3g} to {high:.3g})"
                )
        return lines

    _repr_pretty_ = as_text

    def _repr_html_(self) -> str:
        from workbench.indexes.picture import advice_html

        return advice_html(self)

    def require(self, **wanted: Any) -> None:  # noqa: ANN401 - see ``requirement.Wanted``
        """Print the suggested index that is as wanted, and whether it is proven, on one line.

        ``table`` and any of ``columns``, ``include``, ``predicate``, ``method``, ``serves`` and
        ``verdict``. Raises NotConfirmed, an AssertionError, when no suggestion is like that.
        """
        from workbench.indexes.requirement import Wanted, suggested

        print(suggested(self, Wanted(**wanted)))

    def require_none(self, **wanted: Any) -> None:  # noqa: ANN401 - as for ``require``
        """Print that no suggested index is like that, and why not where a reason is known.

        Raises NotConfirmed when one is.
        """
        from workbench.indexes.requirement import Wanted, not_suggested

        print(not_suggested(self, Wanted(**wanted)))

    def to_frame(self, what: Part = "queries") -> "pandas.DataFrame":
        """One row for each statement; or for each of the ``"indexes"``, or of the ``"rejected"``.

        Columns name their unit; what was not measured is missing.
        """
        import pandas

        from workbench.indexes.frame import ROWS

        return pandas.DataFrame(ROWS[what](self))


def one_line(text: str) -> str:
    """Text without line breaks, so that it cannot leave an SQL comment."""
    return " ".join(text.split())
