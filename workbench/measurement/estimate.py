"""A figure with its interval: what every claim, plot and sentence about a measurement stands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from workbench.measurement.statistics import (
    ALPHA,
    RESAMPLES,
    median,
    median_interval,
    ratio_interval,
    ratio_of_medians,
    resampled_ratios,
)


@dataclass(frozen=True)
class Estimate:
    """A figure in ``unit``, its 99 % interval, and from how many samples it comes.

    ``unit`` is written as it is read: ``x`` (times as fast), ``ms``, ``%``, ``1/s``, ``bytes``.
    An exact count has an interval of no width.
    """

    value: float
    low: float
    high: float
    unit: str
    samples: int

    def __str__(self) -> str:
        """``12.3 ms (11.9 to 12.8)``: three figures each."""
        if self.low == self.high == self.value:
            return f"{figures(self.value, 4)} {self.unit}"
        return f"{figures(self.value)} {self.unit} ({figures(self.low)} to {figures(self.high)})"

    def mapped(self, change: Callable[[float], float], unit: str) -> "Estimate":
        """The figure and its interval in another unit, by a monotonic function."""
        low, high = sorted((change(self.low), change(self.high)))
        return Estimate(change(self.value), low, high, unit, self.samples)


def figures(value: float, count: int = 3) -> str:
    """So many figures; whole where there are more before the point, thousands with commas."""
    whole = isfinite(value) and abs(value) >= 10 ** (count - 1)
    return f"{value:,.0f}" if whole else f"{value:.{count}g}"


def exactly(count: float, unit: str) -> Estimate:
    """A figure that does not vary, such as a number of statements."""
    return Estimate(count, count, count, unit, 1)


def median_of(values: Sequence[float], unit: str) -> Estimate:
    """The median with its 99 % interval between order statistics."""
    low, high = median_interval(values)
    return Estimate(median(values), low, high, unit, len(values))


def speedup(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> Estimate:
    """How many times faster ``after`` is, from times (or any figure that should fall) in pairs."""
    low, high = ratio_interval(before, after, seed=seed)
    return Estimate(ratio_of_medians(before, after), low, high, "x", len(before))


def typical_speedup(
    tasks: Sequence[tuple[Sequence[float], Sequence[float]]], *, seed: int = 0
) -> Estimate:
    """The geometric mean over several tasks of how many times faster ``after`` is.

    Each task gives its times before and after, in pairs; every task counts alike. The mean of
    ratios is geometric, so that it does not matter which side is called before (Fleming and
    Wallace 1986). Percentile bootstrap of the pairs within each task.
    """
    ratios, bootstrapped = [], np.zeros(RESAMPLES)
    for number, (before, after) in enumerate(tasks):
        ratios.append(np.log(ratio_of_medians(before, after)))
        bootstrapped += np.log(resampled_ratios(before, after, seed=seed + number))
    ends = np.quantile(bootstrapped / len(tasks), [ALPHA / 2, 1 - ALPHA / 2])
    value, low, high = (float(np.exp(each)) for each in (np.mean(ratios), *ends))
    samples = min(len(before) for before, _ in tasks)
    return Estimate(value, min(low, value), max(high, value), "x", samples)


def less(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> Estimate:
    """By how many percent ``after`` is smaller than ``before``; negative when it is larger."""
    return speedup(before, after, seed=seed).mapped(lambda ratio: 100 * (1 - 1 / ratio), "%")


def share(hits: int, total: int, unit: str = "%") -> Estimate:
    """A proportion in percent with Wilson's 99 % interval (1927), for independent trials."""
    if total == 0:
        raise ValueError("a share of nothing")
    z, p = 2.5758, hits / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    low, high = min(middle - half, p), max(middle + half, p)
    return Estimate(100 * p, 100 * max(0.0, float(low)), 100 * min(1.0, float(high)), unit, total)
