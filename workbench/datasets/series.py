"""Columns of values: hiding some, and writing them as JSON."""

import numpy as np
import numpy.typing as npt
import polars as pl


def without(values: pl.Series, hidden: npt.NDArray[np.bool_]) -> pl.Series:
    """``values`` with NULL where ``hidden``."""
    if not hidden.any():
        return values
    keep = pl.Series(~hidden)
    return pl.select(pl.when(keep).then(values)).to_series()


def as_json(values: pl.Series) -> pl.Series:
    """Each value as JSON text."""
    if values.dtype == pl.String:
        return quoted(values)
    if values.dtype == pl.Datetime:
        return quoted(values.dt.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"))
    if values.dtype == pl.Date:
        return quoted(values.cast(pl.String))
    return values.cast(pl.String)


def quoted(values: pl.Series) -> pl.Series:
    """Strings in double quotes with JSON's escapes (which are those of Postgres' arrays too)."""
    return '"' + escaped(values) + '"'


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(values: pl.Series) -> pl.Series:
    if not values.str.contains(r'[\\"\n\r\t]').any():
        return values
    return values.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
