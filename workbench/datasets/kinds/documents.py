"""Arrays and JSON documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from workbench.datasets.block import Block
from workbench.datasets.fields import Place, Share
from workbench.datasets.kinds.base import Kind, part, turned, uniform
from workbench.datasets.series import as_json, without
from workbench.datasets.streams import Key, Rows
from workbench.datasets.zipf import Zipf


@dataclass(frozen=True, kw_only=True)
class Array(Kind):
    """``min`` to ``max`` items: different ones of ``values`` or of a word ``list``, or any ``of``.

    Values and words come in Zipf order by ``skew``. A Postgres array as a column, a JSON array in
    a document.
    """

    values_: tuple[Any, ...] | None = None
    list: str | None = None
    of: Kind | None = None
    min: int = 0
    max: int = 3
    skew: float = 1.0
    shift: float = 0.0
    json_: bool = False

    def values(self, block: Block, stream: Key) -> pl.Series:
        items = self._items(block, stream)
        return "[" + items + "]" if self.json_ else "{" + items + "}"

    def json(self, block: Block, stream: Key) -> pl.Series:
        return replace(self, json_=True).draw(block, stream)

    def _items(self, block: Block, stream: Key) -> pl.Series:
        count = self._count(block, stream)
        columns = [self._item(block, stream, i, count) for i in range(self.max)]
        named = [pl.lit(column) for column in columns]
        return pl.select(pl.concat_str(*named, separator=",", ignore_nulls=True)).to_series()

    def _count(self, block: Block, stream: Key) -> Rows:
        span = self.max - self.min + 1
        share = uniform(stream, "count", block.rows)
        return self.min + np.floor(share * span).astype(np.int64)

    def _item(self, block: Block, stream: Key, place: int, count: Rows) -> pl.Series:
        """The item at one place of each array as JSON text; NULL where the array is shorter."""
        if self.of is not None:
            items = self.of.json(block, part(stream, place))
            return without(items, count <= place)
        words = self._vocabulary(block)
        items = words.gather(self._ranks(block, stream, place, count, len(words)))
        return without(items, count <= place)

    def _vocabulary(self, block: Block) -> pl.Series:
        if self.list is not None:
            return as_json(block.population.words[self.list])
        return as_json(pl.Series(self.values_))

    def _ranks(self, block: Block, stream: Key, place: int, count: Rows, size: int) -> Rows:
        """Different ranks at different places of one array; any where the array is shorter."""
        within = uniform(stream, place, block.rows)
        there = np.maximum(count, 1)
        position = np.minimum(place, there - 1)
        turn = turned(stream, block.rows)
        return Zipf(size, self.skew, self.shift).different(turn, within, position, there)

    def lists(self) -> tuple[str, ...]:
        return () if self.list is None else (self.list,)

    def check(self, place: Place) -> None:
        if sum(source is not None for source in (self.values_, self.list, self.of)) != 1:
            raise place.error("give one of values = [ … ], list = NAME or of = { kind = … }")
        if not 0 <= self.min <= self.max or self.max < 1:
            raise place.error(
                f"min {self.min} and max {self.max} do not fit; 0 ≤ min ≤ max and max ≥ 1"
            )
        if self.values_ is not None and len(self.values_) < self.max:
            raise place.error(
                f"max {self.max} is more than the {len(self.values_)} values; "
                "an array holds each at most once"
            )


@dataclass(frozen=True, kw_only=True)
class Json(Kind):
    """A document with ``keys``; a key of ``optional`` is there in that share of the documents."""

    keys: dict[str, Kind]
    optional: dict[str, Share] = field(default_factory=dict)

    def values(self, block: Block, stream: Key) -> pl.Series:
        members = [self._member(name, block, part(stream, name)) for name in self.keys]
        named = [pl.lit(member) for member in members]
        joined = pl.concat_str(*named, separator=", ", ignore_nulls=True)
        return "{" + pl.select(joined).to_series() + "}"

    def json(self, block: Block, stream: Key) -> pl.Series:
        return self.draw(block, stream)

    def _member(self, name: str, block: Block, stream: Key) -> pl.Series:
        label = as_json(pl.Series([name]))[0]
        member = f"{label}: " + self.keys[name].json(block, stream).fill_null("null")
        if name not in self.optional:
            return member
        return without(member, uniform(stream, "there", block.rows) >= self.optional[name])

    def check(self, place: Place) -> None:
        for name in self.optional:
            if name not in self.keys:
                raise place.at("optional").unknown("key", name, self.keys)

    def parts(self) -> Iterator[Kind]:
        yield from self.keys.values()
