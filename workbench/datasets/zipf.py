"""Zipf's law over ranks, as a closed form: rank from share and share from rank, without tables.

A rank x in [0, size) has a density proportional to (x + 1 + shift) ** -skew, the continuous form
of Mandelbrot's law. ``skew`` 0 is uniform, about 1 is natural; ``shift`` flattens the head.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from workbench.datasets import exact
from workbench.datasets.streams import Floats, Rows

Steps: TypeAlias = npt.NDArray[np.uint16]

_STEPS = 65_536
_FEW_RANKS, _MANY = 2_000, 5_000


@dataclass(frozen=True)
class Zipf:
    """The law over ``size`` ranks."""

    size: int
    skew: float
    shift: float = 0.0

    def ranks(self, u: Floats) -> Rows:
        """The rank, from 0, at each share ``u`` of the whole weight."""
        return np.asarray(np.clip(self._whole(u), 0, self.size - 1))

    def different(self, turn: Floats, within: Floats, position: Rows, count: Rows) -> Rows:
        """One of ``count`` different ranks, the one at ``position``; count is at most ``size``.

        The weight is cut into ``count`` strata, all of them moved by ``turn`` in (-1, 1), and
        ``within`` says where in its stratum the rank lies. In the head a stratum may hold less
        than one rank, so its start is pushed up to stay apart from the one before and down to
        leave room for those behind. The quantile is convex, so a look at the first one is enough.
        """
        low = np.clip((position + turn) / count, 0.0, 1.0)
        high = np.clip((position + 1 + turn) / count, 0.0, 1.0)
        first = self._whole(np.clip(turn / count, 0.0, 1.0))
        start = self._apart(first, self._whole(low), position, count)
        stop = self._apart(first, self._whole(high), position + 1, count)
        rank = self._whole(low + within * (high - low))
        return np.asarray(np.clip(rank, start, stop - 1))

    def _apart(self, first: Rows, rank: Rows, position: Rows, count: Rows) -> Rows:
        pushed = np.maximum(first + position, rank)
        return np.asarray(np.minimum(pushed, self.size - count + position))

    def _whole(self, u: Floats) -> Rows:
        if self.size > _FEW_RANKS or len(u) < _MANY:
            return self._floor(u)
        found = self._sure[np.minimum((u * _STEPS).astype(np.int64), _STEPS - 1)]
        open_ = np.flatnonzero(found < 0)
        found[open_] = self._floor(u[open_])
        return found

    def _floor(self, u: Floats) -> Rows:
        # a little more, because the quantile of 0 or 1 may lie a last bit below the whole number
        return np.floor(self.quantile(u) * (1.0 + 1e-12) + 1e-12).astype(np.int64)

    def quantile(self, u: Floats) -> Floats:
        """The place in [0, size] below which a share ``u`` of the weight lies; convex in u."""
        if self.skew == 0.0:
            return u * self.size
        low, high = self._ends
        if self.skew == 1.0:
            x = exact.exp(low + u * (high - low))
        else:
            x = exact.power(low + u * (high - low), 1.0 / (1.0 - self.skew))
        return x - (1.0 + self.shift)

    def share(self, place: Floats) -> Floats:
        """The share of the weight below ``place``; the inverse of ``quantile``."""
        if self.skew == 0.0:
            return place / self.size
        low, high = self._ends
        return (self._rise(place + (1.0 + self.shift)) - low) / (high - low)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        ends = np.array([1.0, self.size + 1.0]) + self.shift
        low, high = self._rise(ends)
        return float(low), float(high)

    def _rise(self, x: Floats) -> Floats:
        return exact.log(x) if self.skew == 1.0 else exact.power(x, 1.0 - self.skew)

    @cached_property
    def _sure(self) -> Rows:
        """The rank in each of 65536 steps of the weight, -1 where that is not all of one rank."""
        place = self.quantile(np.arange(_STEPS + 1) / _STEPS)
        doubt = 1e-9 * (self.size + self.shift + 1.0)
        low, high = np.floor(place[:-1] - doubt), np.floor(place[1:] + doubt)
        return np.where(low == high, low, -1.0).astype(np.int64)

    @cached_property
    def _table(self) -> npt.NDArray[np.uint32]:
        """The rank at the middle of each of 65536 steps of the weight."""
        return self.ranks((np.arange(_STEPS) + 0.5) / _STEPS).astype(np.uint32)

    def quick(self, steps: Steps) -> npt.NDArray[np.uint32]:
        """Ranks by 16 random bits each, from a table: for word lists and the like."""
        return np.asarray(self._table[steps])

    def quick_different(self, turn: Floats, steps: Steps, count: Rows) -> npt.NDArray[np.uint32]:
        """``different`` for all positions at once; of a row, the first ``count`` columns count."""
        chosen = np.zeros(steps.shape, dtype=np.uint32)
        last = np.full(len(steps), -1, dtype=np.int64)
        for position in range(steps.shape[1]):
            low = np.clip((position + turn) / count, 0.0, 1.0)
            high = np.clip((position + 1 + turn) / count, 0.0, 1.0)
            share = low + (high - low) * (steps[:, position] + 0.5) / _STEPS
            at = np.minimum((share * _STEPS).astype(np.int64), _STEPS - 1)
            last = np.minimum(np.maximum(last + 1, self._table[at]), self.size - count + position)
            chosen[:, position] = np.maximum(last, 0)
        return chosen


@cache
def law(size: int, skew: float, shift: float) -> Zipf:
    """Zipf's law over so many ranks, with its tables made once."""
    return Zipf(size, skew, shift)
