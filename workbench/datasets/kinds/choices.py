"""One of some values: by share, by Zipf's law, by what another column holds, or by cases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.datasets import streams
from workbench.datasets.block import Block
from workbench.datasets.fields import Micros, Place, Share
from workbench.datasets.kinds.base import Kind, part
from workbench.datasets.kinds.times import as_micros
from workbench.datasets.series import as_json
from workbench.datasets.streams import Key
from workbench.datasets.zipf import law

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Choice(Kind):
    """One of ``values``, in a Zipf order by ``skew``, or a text by its share in ``shares``."""

    shares: dict[str, Share] | None = None
    values_: tuple[Any, ...] | None = None
    skew: float = 0.0
    shift: float = 0.0

    def values(self, block: Block, stream: Key) -> pl.Series:
        return self._vocabulary.gather(self._index(block, stream))

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        return self._json_vocabulary.gather(self._index(block, stream))

    @cached_property
    def _json_vocabulary(self) -> pl.Series:
        return as_json(self._vocabulary)

    @cached_property
    def _vocabulary(self) -> pl.Series:
        return pl.Series(list(self.shares) if self.shares is not None else self.values_)

    def _index(self, block: Block, stream: Key) -> streams.Rows:
        u = streams.uniform(stream, block.rows)
        if self.values_ is not None:
            return law(len(self.values_), self.skew, self.shift).ranks(u)
        limits = np.array(list(accumulate((self.shares or {}).values())))
        return np.minimum(np.searchsorted(limits, u, side="right"), len(limits) - 1)

    def check(self, place: Place) -> None:
        if (self.shares is None) == (self.values_ is None):
            raise place.error("give either shares = { value = share } or values = [ … ]")
        if self.shares is not None and abs(sum(self.shares.values()) - 1.0) > 1e-6:
            total = sum(self.shares.values())
            raise place.error(f"the shares add up to {total:g}; they must add up to 1")
        if self.values_ is not None and len({type(value) for value in self.values_}) > 1:
            raise place.error("the values are of several types; make all of them alike")

    def capacity(self, rows: int) -> int | None:
        return len(self.shares or self.values_ or ())


@dataclass(frozen=True, kw_only=True)
class Listed(Kind):
    """The first of ``values`` or of a word ``list`` in the first row, the second in the second.

    When the list begins again, -2, -3 and so on are appended, so that no value comes twice.
    """

    values_: tuple[str, ...] | None = None
    list: str | None = None

    def values(self, block: Block, stream: Key) -> pl.Series:
        words = pl.Series(self.values_) if self.list is None else block.population.words[self.list]
        turn, place = np.divmod(block.rows, len(words))
        again = pl.Series(turn + 1).cast(pl.String)
        tail = pl.select(pl.when(pl.Series(turn > 0)).then("-" + again).otherwise(pl.lit("")))
        return words.gather(place) + tail.to_series()

    def check(self, place: Place) -> None:
        if (self.values_ is None) == (self.list is None):
            raise place.error("give either values = [ … ] or list = NAME")

    def capacity(self, rows: int) -> int | None:
        return rows

    def lists(self) -> dict[str, int]:
        return {} if self.list is None else {self.list: 1}


@dataclass(frozen=True, kw_only=True)
class Constant(Kind):
    """The same ``value`` in every row."""

    value: Any

    def values(self, block: Block, stream: Key) -> pl.Series:
        return pl.repeat(self.value, len(block.rows), eager=True)

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        return pl.repeat(as_json(pl.Series([self.value]))[0], len(block.rows), eager=True)

    def capacity(self, rows: int) -> int | None:
        return 1


@dataclass(frozen=True, kw_only=True)
class Null(Kind):
    """NULL in every row; of use in a case."""

    def values(self, block: Block, stream: Key) -> pl.Series:
        return pl.repeat(None, len(block.rows), eager=True)


@dataclass(frozen=True, kw_only=True)
class Copy(Kind):
    """What ``column`` holds, usually of a parent: ``reference.column``."""

    column: str

    def values(self, block: Block, stream: Key) -> pl.Series:
        return block.column(self.column)

    def reads(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True, kw_only=True)
class Map(Kind):
    """What ``to`` gives for the value of ``column``, else ``default``."""

    column: str
    to: dict[str, Any]
    default: Any = None

    def values(self, block: Block, stream: Key) -> pl.Series:
        source = block.column(self.column).cast(pl.String)
        kind = pl.Series(list(self.to.values())).dtype
        return source.replace_strict(self.to, default=self.default, return_dtype=kind)

    def reads(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something about the value of ``column``; every key given must hold."""

    column: str
    is_: Any = None
    null: bool | None = None
    older: Micros | None = None
    newer: Micros | None = None
    below: float | None = None
    above: float | None = None

    def holds(self, block: Block) -> Mask:
        """For which rows of the block."""
        values = block.column(self.column)
        tests: list[pl.Series] = []
        if self.is_ is not None:
            tests.append(values.is_in(self.is_ if isinstance(self.is_, list) else [self.is_]))
        if self.null is not None:
            tests.append(values.is_null() if self.null else values.is_not_null())
        if self.below is not None:
            tests.append(values < self.below)
        if self.above is not None:
            tests.append(values > self.above)
        known = values.is_not_null()
        now = block.population.now_us
        if self.older is not None:
            tests.append(known & pl.Series(as_micros(values) < now - self.older))
        if self.newer is not None:
            tests.append(known & pl.Series(as_micros(values) >= now - self.newer))
        both = np.ones(len(block.rows), dtype=np.bool_)
        for test in tests:
            both &= test.fill_null(False).to_numpy()
        return both


@dataclass(frozen=True, kw_only=True)
class Case:
    """``then`` where ``if`` holds."""

    if_: Condition
    then: Kind


@dataclass(frozen=True, kw_only=True)
class Cases(Kind):
    """The kind of the first of ``cases`` whose condition holds, else ``otherwise``."""

    cases: tuple[Case, ...]
    otherwise: Kind

    def values(self, block: Block, stream: Key) -> pl.Series:
        return self._combined(block, stream, lambda kind, *where: kind.draw(*where))

    def trial(self, block: Block, stream: Key) -> pl.Series:
        _end_to_end([kind.trial(block, stream) for kind in self.parts()])
        return self.draw(block, stream)

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        return self._combined(block, stream, lambda kind, *where: kind.json(*where))

    def _combined(
        self, block: Block, stream: Key, draw: Callable[[Kind, Block, Key], pl.Series]
    ) -> pl.Series:
        left = np.ones(len(block.rows), dtype=np.bool_)
        pieces: list[pl.Series] = []
        behind: list[streams.Rows] = []
        for number, (kind, holds) in enumerate(self._branches(block)):
            chosen = left & holds
            left &= ~holds
            if chosen.any():
                pieces.append(draw(kind, block.where(chosen), part(stream, number)))
                behind.append(np.flatnonzero(chosen))
        together = _end_to_end(pieces)
        if len(pieces) == 1:
            return together
        place = np.empty(len(block.rows), dtype=np.int64)
        place[np.concatenate(behind)] = np.arange(len(place))
        return together.gather(place)

    def _branches(self, block: Block) -> list[tuple[Kind, Mask]]:
        rest = np.ones(len(block.rows), dtype=np.bool_)
        found = [(case.then, case.if_.holds(block)) for case in self.cases]
        return [*found, (self.otherwise, rest)]

    def reads(self) -> tuple[str, ...]:
        return (*(case.if_.column for case in self.cases), *super().reads())

    def parts(self) -> Iterator[Kind]:
        yield from (case.then for case in self.cases)
        yield self.otherwise


def _end_to_end(pieces: list[pl.Series]) -> pl.Series:
    """One behind the other, in a type that holds all."""
    if len({piece.dtype for piece in pieces}) == 1:
        return pl.concat(pieces, rechunk=True)
    frames = [piece.rename("").to_frame() for piece in pieces]
    return pl.concat(frames, how="vertical_relaxed", rechunk=True).to_series()
