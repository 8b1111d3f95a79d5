"""Points in time: appended over the years, and after another column."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.datasets import exact
from workbench.datasets.block import Block
from workbench.datasets.fields import NONE, NOW, Micros, Moment, Place, Share
from workbench.datasets.kinds.base import Kind, uniform
from workbench.datasets.series import without
from workbench.datasets.streams import Floats, Key, Rows

_DAY = 86_400_000_000
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY
_CENTURIES = 300.0 * 365 * _DAY

_UNITS = {"us": 1, "s": 1_000_000, "day": _DAY}


@dataclass(frozen=True, kw_only=True)
class Time(Kind):
    """From ``from`` to ``to``, one row later than the row before it, as in an appended table.

    ``growth`` 1 is steady, 2 twice the average rate at the end. ``disorder`` is the share of rows
    that stand anywhere: pg_stats.correlation is about 1 - disorder. ``season`` is the shape of
    the week: none, office or evening.
    """

    from_: Moment
    to: Moment = NOW
    growth: float = 1.0
    disorder: Share = NONE
    season: str = "none"
    unit: str = "us"

    def values(self, block: Block, stream: Key) -> pl.Series:
        low, high = (moment.at(block.population.now_us) for moment in (self.from_, self.to))
        place = (block.rows + uniform(stream, "within", block.rows)) / block.size
        if self.disorder:
            moved = uniform(stream, "moved", block.rows) < self.disorder
            place = np.where(moved, uniform(stream, "anywhere", block.rows), place)
        place = exact.power(place, 1.0 / self.growth)
        micros = low + np.floor(place * (high - low)).astype(np.int64)
        if self.season != "none":
            micros = _seasonal(micros, low, high, _WEEKS[self.season])
        return as_time(micros, self.unit)

    def check(self, place: Place) -> None:
        _check_unit(self.unit, place)
        if self.season not in ("none", *_WEEKS):
            raise place.at("season").unknown("season", self.season, ["none", *_WEEKS])
        if self.growth <= 0:
            raise place.error(f"growth {self.growth:g} must be above 0; 1 is a steady rate")
        if self.from_.relative == self.to.relative and self.from_.micros >= self.to.micros:
            raise place.error("from is not before to; swap them")


@dataclass(frozen=True, kw_only=True)
class After(Kind):
    """Later than ``column`` by a log-normal delay with median ``delay``.

    ``late`` says what to do when that is after the dataset's now: ``between`` puts it anywhere
    between the column and now, ``null`` makes it NULL (has not happened yet), ``keep`` keeps it.
    A negative delay is a time before the column. NULL where the column is NULL.
    """

    column: str
    delay: Micros
    sigma: float = 1.0
    late: str = "between"
    unit: str = "us"

    def values(self, block: Block, stream: Key) -> pl.Series:
        source = block.column(self.column)
        start = as_micros(source)
        micros = start + self._delays(uniform(stream, "delay", block.rows))
        unknown = source.is_null().to_numpy()
        now = block.population.now_us
        late = micros > now
        if self.late == "null":
            unknown = unknown | late
        elif self.late == "between" and late.any():
            share = uniform(stream, "late", block.rows)
            inside = start + np.floor(share * np.maximum(now - start, 0)).astype(np.int64)
            micros = np.where(late, inside, micros)
        return without(as_time(micros, self.unit), unknown)

    def _delays(self, u: Floats) -> Rows:
        factor = exact.exp(exact.normal_quantile(u) * self.sigma)
        return np.floor(np.clip(factor * self.delay, -_CENTURIES, _CENTURIES)).astype(np.int64)

    def check(self, place: Place) -> None:
        _check_unit(self.unit, place)
        if self.late not in ("between", "null", "keep"):
            raise place.at("late").unknown("way", self.late, ["between", "null", "keep"])

    def reads(self) -> tuple[str, ...]:
        return (self.column,)


def as_time(micros: Rows, unit: str) -> pl.Series:
    """Microseconds since 1970, cut to whole units, as timestamps (as dates for ``day``)."""
    step = _UNITS[unit]
    if unit == "day":
        return pl.Series(micros // step).cast(pl.Int32).cast(pl.Date)
    whole = micros if step == 1 else micros // step * step
    return pl.Series(whole).cast(pl.Datetime("us", "UTC"))


def as_micros(times: pl.Series) -> Rows:
    """Timestamps or dates as microseconds since 1970; 0 for NULL."""
    if times.dtype not in (pl.Date, pl.Datetime):
        raise TypeError(f"{times.dtype} is not a time")
    moments = times.cast(pl.Datetime("us")) if times.dtype == pl.Date else times
    return moments.to_physical().fill_null(0).to_numpy()


def _seasonal(micros: Rows, low: int, high: int, hours: Floats) -> Rows:
    """The same times with more of them in the busy hours; weeks cut by the ends stay as they are.

    ``hours`` are the cumulated shares of the 168 hours of a week. The order of times is kept.
    """
    week = (micros - _MONDAY) // _WEEK * _WEEK + _MONDAY
    share = (micros - week) / _WEEK
    hour = np.searchsorted(hours, share, side="right") - 1
    within = (share - hours[hour]) / (hours[hour + 1] - hours[hour])
    moved = week + np.floor((hour + within) * (_DAY // 24)).astype(np.int64)
    whole = (week >= low) & (week + _WEEK <= high)
    return np.where(whole, moved, micros)


def _week(workday: list[int], weekend: list[int]) -> Floats:
    weights = np.array(workday * 5 + weekend * 2, dtype=np.float64)
    return np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])


_WEEKS = {
    "office": _week(
        [1, 1, 1, 1, 1, 1, 2, 5, 14, 24, 26, 24, 16, 20, 25, 26, 22, 14, 7, 5, 5, 4, 3, 2],
        [1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 3, 3, 4, 4, 3, 2, 1],
    ),
    "evening": _week(
        [4, 2, 1, 1, 1, 1, 3, 5, 5, 4, 4, 4, 6, 5, 4, 5, 7, 10, 15, 20, 23, 22, 16, 9],
        [8, 5, 3, 2, 1, 1, 2, 4, 7, 10, 13, 15, 15, 16, 17, 17, 16, 15, 16, 19, 20, 18, 13, 8],
    ),
}


def _check_unit(unit: str, place: Place) -> None:
    if unit not in _UNITS:
        raise place.at("unit").unknown("unit", unit, _UNITS)
