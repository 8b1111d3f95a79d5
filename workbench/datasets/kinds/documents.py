"""Arrays and JSON documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from workbench.datasets import streams
from workbench.datasets.block import Block
from workbench.datasets.fields import Place, Share
from workbench.datasets.kinds.base import Kind, part, turned, uniform
from workbench.datasets.series import as_json, joined, quoted, without, wrapped
from workbench.datasets.streams import Key, Rows
from workbench.datasets.zipf import law


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
        if self.json_:
            return self.json_values(block, stream)
        return wrapped("{", self._items(block, stream), "}")

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        return wrapped("[", self._items(block, stream), "]")

    def _items(self, block: Block, stream: Key) -> pl.Series:
        span = self.max - self.min + 1
        share = uniform(stream, "count", block.rows)
        count = self.min + np.floor(share * span).astype(np.int64)
        if self.of is not None:
            return self._any_items(self.of, block, stream, count)
        words = self._vocabulary(block)
        turn = turned(stream, block.rows)
        steps = streams.small(stream, block.rows, self.max)
        zipf = law(len(words), self.skew, self.shift)
        ranks = zipf.quick_different(turn, steps, np.maximum(count, 1))
        return joined(words, ranks, count, ",")

    def _any_items(self, of: Kind, block: Block, stream: Key, count: Rows) -> pl.Series:
        columns = []
        for place in range(self.max):
            items = of.json(block, part(stream, place)).fill_null("null")
            columns.append(pl.lit(without(items, count <= place)))
        return pl.select(pl.concat_str(columns, separator=",", ignore_nulls=True)).to_series()

    def _vocabulary(self, block: Block) -> pl.Series:
        if self.list is not None:
            return as_json(block.population.words[self.list])
        return as_json(pl.Series(self.values_))

    def lists(self) -> dict[str, int]:
        return {} if self.list is None else {self.list: self.max}

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
        always = [name for name in self.keys if name not in self.optional]
        pieces = [pl.lit("{")]
        for number, name in enumerate(always):
            label = pl.lit(f"{', ' if number else ''}{_label(name)}")
            pieces += [label, pl.lit(self._value(name, block, stream))]
        if self.optional:
            pieces.append(pl.lit(self._optional(block, stream, comma=bool(always))))
        return pl.select(pl.concat_str(*pieces, pl.lit("}"))).to_series()

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        return self.values(block, stream)

    def _value(self, name: str, block: Block, stream: Key) -> pl.Series:
        return self.keys[name].json(block, part(stream, name)).fill_null("null")

    def _optional(self, block: Block, stream: Key, *, comma: bool) -> pl.Series:
        """The members that are not in every document, in one string; with a comma before each."""
        members = []
        for name, share in self.optional.items():
            label = f"{', ' if comma else ''}{_label(name)}"
            absent = uniform(part(stream, name), "there", block.rows) >= share
            value = self._value(name, block, stream)
            members.append(pl.lit(without(wrapped(label, value, ""), absent)))
        between = "" if comma else ", "
        return pl.select(pl.concat_str(members, separator=between, ignore_nulls=True)).to_series()

    def check(self, place: Place) -> None:
        for name in self.optional:
            if name not in self.keys:
                raise place.at("optional").unknown("key", name, self.keys)

    def parts(self) -> Iterator[Kind]:
        yield from self.keys.values()


@cache
def _label(name: str) -> str:
    return f"{quoted(pl.Series([name]))[0]}: "
