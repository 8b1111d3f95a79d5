"""Numbers: counted, uniform, Zipf, normal, log-normal; and true or false."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.datasets import exact, streams
from workbench.datasets.block import Block
from workbench.datasets.fields import Place, Share
from workbench.datasets.kinds.base import Kind, part, uniform
from workbench.datasets.series import without
from workbench.datasets.streams import Floats, Key
from workbench.datasets.zipf import law


@dataclass(frozen=True, kw_only=True)
class Sequence(Kind):
    """start, start + step, …: one more for every row."""

    start: int = 1
    step: int = 1

    def values(self, block: Block, stream: Key) -> pl.Series:
        return pl.Series(block.rows * self.step + self.start)

    def capacity(self, rows: int) -> int | None:
        return rows if self.step else 1


@dataclass(frozen=True, kw_only=True)
class Uniform(Kind):
    """Every number from ``min`` to ``max`` alike often; with ``unique`` each at most once."""

    min: float
    max: float
    decimals: int = 0
    unique: bool = False

    def values(self, block: Block, stream: Key) -> pl.Series:
        scale = 10.0**self.decimals
        low, count = round(self.min * scale), self._count()
        if self.unique:
            steps = streams.permuted(stream, block.rows, count)
        else:
            steps = np.floor(streams.uniform(stream, block.rows) * count).astype(np.int64)
        return _decimal(steps + low, self.decimals)

    def _count(self) -> int:
        scale = 10.0**self.decimals
        return round(self.max * scale) - round(self.min * scale) + 1

    def check(self, place: Place) -> None:
        if self.max < self.min:
            raise place.error(f"max {self.max:g} is below min {self.min:g}; swap them")

    def capacity(self, rows: int) -> int | None:
        return min(rows, self._count()) if self.unique else None


@dataclass(frozen=True, kw_only=True)
class ZipfNumber(Kind):
    """A whole number from ``min`` to ``max``; the smaller, the more often."""

    max: int
    min: int = 1
    skew: float = 1.0
    shift: float = 0.0

    def values(self, block: Block, stream: Key) -> pl.Series:
        zipf = law(self.max - self.min + 1, self.skew, self.shift)
        return pl.Series(zipf.ranks(streams.uniform(stream, block.rows)) + self.min)

    def check(self, place: Place) -> None:
        if self.max < self.min:
            raise place.error(f"max {self.max} is below min {self.min}; swap them")


@dataclass(frozen=True, kw_only=True)
class Bell(Kind):
    """What normal and log-normal numbers share: bounds and decimals."""

    min: float | None = None
    max: float | None = None
    decimals: int = 0

    def check(self, place: Place) -> None:
        if self.min is not None and self.max is not None and self.max < self.min:
            raise place.error(f"max {self.max:g} is below min {self.min:g}; swap them")

    def values(self, block: Block, stream: Key) -> pl.Series:
        z = exact.normal_quantile(streams.uniform(stream, block.rows))
        return self._bounded(self._shape(z))

    def _bounded(self, numbers: Floats) -> pl.Series:
        inside = np.clip(numbers, self.min, self.max)
        return _decimal(_rounded(inside, self.decimals), self.decimals)

    def _shape(self, z: Floats) -> Floats:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Normal(Bell):
    """A bell around ``mean`` with standard deviation ``sd``."""

    mean: float
    sd: float

    def _shape(self, z: Floats) -> Floats:
        return z * self.sd + self.mean


@dataclass(frozen=True, kw_only=True)
class LogNormal(Bell):
    """Half of the numbers below ``median``, with a long tail; ``sigma`` 1 is wide, 0.3 narrow."""

    median: float
    sigma: float = 1.0

    def _shape(self, z: Floats) -> Floats:
        return exact.exp(z * self.sigma) * self.median


@dataclass(frozen=True, kw_only=True)
class Multiple(Bell):
    """The number in ``column`` times about ``by``; how closely is ``sigma``. NULL where it is."""

    column: str
    by: float
    sigma: float = 0.3

    def values(self, block: Block, stream: Key) -> pl.Series:
        source = block.column(self.column)
        z = exact.normal_quantile(streams.uniform(stream, block.rows))
        factor = exact.exp(z * self.sigma) * self.by
        numbers = factor * source.fill_null(0).cast(pl.Float64).to_numpy()
        return without(self._bounded(numbers), source.is_null().to_numpy())

    def reads(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True, kw_only=True)
class Bool(Kind):
    """True for a ``share`` of the rows."""

    share: Share

    def values(self, block: Block, stream: Key) -> pl.Series:
        return pl.Series(uniform(stream, "true", block.rows) < self.share)


@dataclass(frozen=True, kw_only=True)
class Hex(Kind):
    """Random hexadecimal digits, such as a commit's or a key's hash."""

    length: int

    def values(self, block: Block, stream: Key) -> pl.Series:
        return _hex(stream, block, self.length)

    def check(self, place: Place) -> None:
        if not 1 <= self.length <= 256:
            raise place.error(f"{self.length} digits is not possible; give 1 to 256")

    def capacity(self, rows: int) -> int | None:
        return rows if self.length >= 24 else None


@dataclass(frozen=True, kw_only=True)
class Uuid(Kind):
    """A random UUID (version 4)."""

    def values(self, block: Block, stream: Key) -> pl.Series:
        digits = _hex(stream, block, 32)
        cut = [digits.str.slice(at, size) for at, size in ((0, 8), (8, 4), (13, 3), (17, 3))]
        parts = [cut[0], cut[1], "4" + cut[2], "a" + cut[3], digits.str.slice(20)]
        return pl.select(pl.concat_str(*map(pl.lit, parts), separator="-")).to_series()

    def capacity(self, rows: int) -> int | None:
        return rows


def _hex(stream: Key, block: Block, length: int) -> pl.Series:
    words = [streams.bits(part(stream, i), block.rows) for i in range(-(-length // 16))]
    raw = np.stack(words, axis=1).astype(">u8").view(np.uint8)
    digits = _PAIRS[raw].reshape(len(block.rows), -1)[:, :length]
    joined = np.ascontiguousarray(digits).view(f"S{length}").reshape(-1)
    return pl.Series(joined).cast(pl.String)


_MOST = 2.0**62
_PAIRS = np.array([[f"{i:02x}"[0], f"{i:02x}"[1]] for i in range(256)], dtype="S1")


def _rounded(numbers: Floats, decimals: int) -> streams.Rows:
    steps = np.floor(numbers * 10.0**decimals + 0.5)
    return np.clip(steps, -_MOST, _MOST).astype(np.int64)


def _decimal(steps: streams.Rows, decimals: int) -> pl.Series:
    return pl.Series(steps / 10.0**decimals if decimals else steps)
