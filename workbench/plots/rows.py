"""What a plot is given: rows with named columns, from wherever they come.

A column's name ends with its unit. The interval of ``x`` stands in ``x_low`` and ``x_high``, or
``x`` is an ``Estimate``, which holds both; without them a point has no bar.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from workbench.errors import InputError
from workbench.measurement.comparison import Comparison
from workbench.measurement.estimate import Estimate

if TYPE_CHECKING:
    import pandas

INTERVAL = "#6a6a6a"
Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Union["pandas.DataFrame", Iterable[Any]]


def records(rows: Rows, *needed: str) -> list[dict[str, Any]]:
    """The rows as dicts; a mapping, a frozen dataclass or a row of a data frame makes one.

    Raises InputError when there is none, or when one of the ``needed`` columns is missing.
    """
    given = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    found = [_record(row) for row in given]
    if not found:
        raise InputError("there is nothing to plot: no rows")
    for name in needed:
        if not any(row.get(name) is not None for row in found):
            known = sorted({key for row in found for key in row})
            if name in known:
                raise InputError(f"there is nothing to plot: no row has a value of {name}")
            raise InputError(f"the plot needs the column {name}; the rows have {', '.join(known)}")
    return [row for row in found if all(row.get(name) is not None for name in needed)]


def _record(row: object) -> dict[str, Any]:
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        row = {each.name: getattr(row, each.name) for each in dataclasses.fields(row)}
    if not isinstance(row, Mapping):
        raise InputError(f"a row is a mapping or a dataclass, not a {type(row).__name__}")
    found: dict[str, Any] = {}
    for name, value in row.items():
        found[str(name)] = value
        if isinstance(value, Estimate):
            found |= {
                name: value.value,
                f"{name}_low": value.low,
                f"{name}_high": value.high,
            }
    return {name: None if value != value else value for name, value in found.items()}


def compared(found: Mapping[str, Comparison]) -> list[dict[str, Any]]:
    """Rows of ``before_after`` from comparisons by name."""
    return [
        {
            "query": name,
            **_arm("before", one.before.median_ms, one.before.ci_ms),
            **_arm("after", one.after.median_ms, one.after.ci_ms),
            "speedup": one.speedup,
            "speedup_low": one.speedup_ci[0] if one.speedup_ci else None,
            "speedup_high": one.speedup_ci[1] if one.speedup_ci else None,
        }
        for name, one in found.items()
    ]


def _arm(side: str, value: float | None, ends: tuple[float, float] | None) -> dict[str, Any]:
    low, high = ends or (None, None)
    return {f"{side}_ms": value, f"{side}_ms_low": low, f"{side}_ms_high": high}


def series(rows: Sequence[Row], column: str = "series") -> dict[str, list[Row]]:
    """The rows by the value of a column, in the order in which they come; one group without it."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        value = row.get(column)
        groups.setdefault("" if value is None else f"{value}", []).append(row)
    return groups


def errors(rows: Sequence[Row], name: str) -> dict[str, Any] | None:
    """The interval of a column as a plotly error bar, None where no row has one."""
    above = [_distance(row.get(f"{name}_high"), row[name]) for row in rows]
    below = [_distance(row[name], row.get(f"{name}_low")) for row in rows]
    if not any(above) and not any(below):
        return None
    bar = {"type": "data", "symmetric": False, "array": above, "arrayminus": below}
    return {**bar, "thickness": 1.5, "width": 4, "color": INTERVAL}


def _distance(high: float | None, low: float | None) -> float:
    if high is None or low is None or not isfinite(high) or not isfinite(low):
        return 0.0
    return max(high - low, 0.0)
