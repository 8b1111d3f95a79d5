"""Texts: words with Zipf frequencies, and templates such as e-mail addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.datasets import streams
from workbench.datasets.block import Block
from workbench.datasets.fields import NONE, Place, Share
from workbench.datasets.kinds.base import Kind, part, uniform
from workbench.datasets.streams import Key
from workbench.datasets.zipf import Zipf

_FIELD = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")
_OWN = re.compile(r"row|number|list:.*|\d+-\d+")


@dataclass(frozen=True, kw_only=True)
class Text(Kind):
    """``min`` to ``max`` words of a list; the first lines of the list come most often."""

    list: str = "english"
    min: int = 1
    max: int = 1
    skew: float = 1.0
    shift: float = 2.0
    capital: bool = False
    end: str = ""

    def values(self, block: Block, stream: Key) -> pl.Series:
        words = block.population.words[self.list]
        law = Zipf(len(words), self.skew, self.shift)
        span = self.max - self.min + 1
        count = self.min + np.floor(uniform(stream, "count", block.rows) * span)
        columns = []
        for place in range(self.max):
            here = np.flatnonzero(count > place) if place >= self.min else None
            rows = block.rows if here is None else block.rows[here]
            drawn = words.gather(law.ranks(uniform(stream, place, rows)))
            columns.append(drawn if here is None else _spread(drawn, here, len(block.rows)))
        together = columns[0] if self.max == 1 else _joined(columns, " ")
        if self.capital:
            together = _capitalised(together)
        return together + self.end if self.end else together

    def lists(self) -> "tuple[str, ...]":
        return (self.list,)

    def check(self, place: Place) -> None:
        if not 0 <= self.min <= self.max or self.max < 1:
            raise place.error(
                f"min {self.min} and max {self.max} do not fit; 0 ≤ min ≤ max and max ≥ 1"
            )


@dataclass(frozen=True, kw_only=True)
class Template(Kind):
    """A text with fields in braces: {column}, {list:NAME}, {1-9}, {row}, {number}.

    ``row`` is the row's number from 1, ``number`` the same numbers shuffled: with either of them
    every value is another one. ``capitals`` is the share of values with Capital Letters.
    """

    template: str
    skew: float = 0.7
    capitals: Share = NONE

    def values(self, block: Block, stream: Key) -> pl.Series:
        pieces = [self._piece(piece, block, stream) for piece in self._pieces()]
        together = pl.select(pl.concat_str(*pieces, ignore_nulls=False)).to_series()
        if len(together) != len(block.rows):
            together = pl.repeat(together[0], len(block.rows), eager=True)
        if not self.capitals:
            return together
        chosen = pl.Series(uniform(stream, "capitals", block.rows) < self.capitals)
        return together.zip_with(~chosen, together.str.to_titlecase())

    def _piece(self, piece: tuple[int, str, str], block: Block, stream: Key) -> pl.Expr:
        place, literal, name = piece
        if not name:
            return pl.lit(literal)
        if name == "row":
            return pl.lit(pl.Series(block.rows + 1))
        if name == "number":
            shuffled = streams.permuted(part(stream, "number"), block.rows, block.size)
            return pl.lit(pl.Series(shuffled + 1))
        if span := _RANGE.fullmatch(name):
            low, high = int(span[1]), int(span[2])
            share = uniform(stream, place, block.rows)
            return pl.lit(pl.Series(low + np.floor(share * (high - low + 1)).astype(np.int64)))
        if name.startswith("list:"):
            words = block.population.words[name[5:]]
            law = Zipf(len(words), self.skew, 2.0)
            return pl.lit(words.gather(law.ranks(uniform(stream, place, block.rows))))
        return pl.lit(block.column(name).cast(pl.String))

    def _pieces(self) -> Iterator[tuple[int, str, str]]:
        for place, piece in enumerate(_FIELD.split(self.template)):
            if place % 2:
                yield place, "", piece.strip()
            elif piece:
                yield place, piece, ""

    def names(self) -> list[str]:
        """What stands in braces."""
        return [name for _, _, name in self._pieces() if name]

    def reads(self) -> tuple[str, ...]:
        return tuple(name for name in self.names() if not _OWN.fullmatch(name))

    def lists(self) -> tuple[str, ...]:
        return tuple(n[5:] for n in self.names() if n.startswith("list:"))

    def capacity(self, rows: int) -> int | None:
        return rows if {"row", "number"} & set(self.names()) else None


@dataclass(frozen=True, kw_only=True)
class Email(Template):
    """An address that no other row has, at a reserved host."""

    template: str = "{list:logins}.{list:surnames}{number}@{list:mail_hosts}"


@dataclass(frozen=True, kw_only=True)
class Username(Template):
    """A user name that no other row has."""

    template: str = "{list:logins}_{number}"


@dataclass(frozen=True, kw_only=True)
class Slug(Template):
    """Words with hyphens that no other row has."""

    template: str = "{list:english}-{list:english}-{number}"


@dataclass(frozen=True, kw_only=True)
class Url(Template):
    """An address of a page that no other row has."""

    template: str = "https://{list:mail_hosts}/{list:english}/{list:english}-{number}"


def _spread(values: pl.Series, places: streams.Rows, size: int) -> pl.Series:
    """``values`` at their places among ``size`` rows, NULL elsewhere."""
    index = np.full(size, len(values), dtype=np.int64)
    index[places] = np.arange(len(places))
    return values.extend_constant(None, 1).gather(index)


def _joined(columns: list[pl.Series], separator: str) -> pl.Series:
    named = [pl.lit(column) for column in columns]
    return pl.select(pl.concat_str(*named, separator=separator, ignore_nulls=True)).to_series()


def _capitalised(values: pl.Series) -> pl.Series:
    return values.str.slice(0, 1).str.to_uppercase() + values.str.slice(1)
