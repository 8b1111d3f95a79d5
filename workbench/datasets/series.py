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


def and_null(values: pl.Series) -> pl.Series:
    """``values`` and a NULL behind them; in one piece, because gathering from two takes longer."""
    return values.extend_constant(None, 1).rechunk()


def spread(values: pl.Series, seen: npt.NDArray[np.bool_]) -> pl.Series:
    """``values`` in the places where ``seen``, NULL elsewhere."""
    index = np.where(seen, np.cumsum(seen) - 1, len(values))
    return and_null(values).gather(index)


def joined(
    vocabulary: pl.Series,
    index: npt.NDArray[np.uint32],
    count: npt.NDArray[np.int64],
    separator: str,
) -> pl.Series:
    """The first ``count`` words that each row of ``index`` points to, in one string."""
    width = index.shape[1]
    nothing = np.uint32(len(vocabulary))
    used = np.where(np.arange(width) < count[:, None], index, nothing)
    words = and_null(vocabulary).gather(pl.Series(used.reshape(-1)))
    return words.reshape((len(index), width)).arr.join(separator, ignore_nulls=True)


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
    return wrapped('"', escaped(values), '"')


def wrapped(before: str, values: pl.Series, after: str) -> pl.Series:
    """Strings with something before and after each; NULL stays NULL."""
    pieces = [pl.lit(before), pl.lit(values), pl.lit(after)]
    return pl.select(pl.concat_str(pieces)).to_series()


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(values: pl.Series) -> pl.Series:
    """Strings with JSON's escapes."""
    if not values.str.contains(r'[\\"\n\r\t]').any():
        return values
    return values.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
