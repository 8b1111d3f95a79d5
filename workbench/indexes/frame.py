"""An advice as plain rows, for a data frame or a plot."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from workbench.indexes.advice import Advice, IndexAdvice, Part, QueryAdvice, Timing
from workbench.indexes.write_price import WritePrice

Row: TypeAlias = dict[str, Any]
NOTHING: tuple[None, None] = (None, None)


def query_rows(advice: Advice) -> list[Row]:
    """One row for each statement: costs, medians with 99 % intervals, speed-up, reason."""
    return [_query(query) for query in advice.queries]


def _query(query: QueryAdvice) -> Row:
    before, after = query.before or Timing(), query.after or Timing()
    return {
        "query": query.name,
        "status": query.status,
        "weight": query.weight,
        "before_cost": before.cost,
        "after_cost": after.cost,
        "before_ms": before.median_ms,
        "before_ms_low": (before.ci_ms or NOTHING)[0],
        "before_ms_high": (before.ci_ms or NOTHING)[1],
        "after_ms": after.median_ms,
        "after_ms_low": (after.ci_ms or NOTHING)[0],
        "after_ms_high": (after.ci_ms or NOTHING)[1],
        "speedup": query.speedup,
        "speedup_low": (query.speedup_ci or NOTHING)[0],
        "speedup_high": (query.speedup_ci or NOTHING)[1],
        "reason": query.reason,
    }


def index_rows(advice: Advice) -> list[Row]:
    """One row for each suggestion: size, build time, what it saves in all, write price.

    ``benefit_ms`` is the time that the statements it serves save together, each times its weight;
    a statement that several indexes serve counts in each.
    """
    return [_index(advice, index) for index in advice.indexes]


def _index(advice: Advice, index: IndexAdvice) -> Row:
    served = [query for query in advice.queries if query.name in index.used_by]
    saved = [_saved_ms(query) for query in served]
    price = index.write_price or WritePrice()
    return {
        "index": index.index.name,
        "table": index.index.table.name,
        "columns": ", ".join(index.columns),
        "method": index.index.method,
        "predicate": index.index.predicate or None,
        "size_bytes": index.size_bytes,
        "build_ms": index.build_ms,
        "benefit_ms": None if None in saved else sum(ms for ms in saved if ms is not None),
        "serves": ", ".join(index.used_by),
        "verdict": index.verdict,
        **{name: getattr(price, name) for name in ("insert_us", "update_us", "wal_bytes")},
        "insert_us_low": (price.insert_us_ci or NOTHING)[0],
        "insert_us_high": (price.insert_us_ci or NOTHING)[1],
        "update_us_low": (price.update_us_ci or NOTHING)[0],
        "update_us_high": (price.update_us_ci or NOTHING)[1],
        "ddl": index.index.ddl(),
    }


def _saved_ms(query: QueryAdvice) -> float | None:
    before, after = query.before or Timing(), query.after or Timing()
    if before.median_ms is None or after.median_ms is None:
        return None
    return (before.median_ms - after.median_ms) * query.weight


def rejected_rows(advice: Advice) -> list[Row]:
    """One row for each candidate that is not suggested: DDL, reason, share it saves alone."""
    return [asdict(each) for each in advice.rejected]


ROWS: Mapping[Part, Callable[[Advice], list[Row]]] = {
    "queries": query_rows,
    "indexes": index_rows,
    "rejected": rejected_rows,
}
