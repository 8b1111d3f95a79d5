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
from workbench.datasets.series import escaped, joined, wrapped
from workbench.datasets.streams import Key
from workbench.datasets.zipf import law

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
        text = self._words(block, stream, block.population.words[self.list])
        return wrapped("", text, self.end) if self.end else text

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        text = self._words(block, stream, escaped(block.population.words[self.list]))
        return wrapped('"', text, escaped(pl.Series([self.end]))[0] + '"')

    def _words(self, block: Block, stream: Key, words: pl.Series) -> pl.Series:
        span = self.max - self.min + 1
        share = uniform(stream, "count", block.rows)
        count = self.min + np.floor(share * span).astype(np.int64)
        steps = streams.small(stream, block.rows, self.max)
        ranks = law(len(words), self.skew, self.shift).quick(steps)
        if self.capital:
            ranks[:, 0] += len(words)
            words = pl.concat([words, _capitalised(words)], rechunk=True)
        if self.min == self.max == 1:
            return words.gather(ranks[:, 0])
        return joined(words, ranks, count, " ")

    def lists(self) -> dict[str, int]:
        return {self.list: 1}

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
            steps = streams.small(part(stream, place), block.rows, 1)
            return pl.lit(words.gather(law(len(words), self.skew, 2.0).quick(steps[:, 0])))
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

    def lists(self) -> dict[str, int]:
        return {name[5:]: 1 for name in self.names() if name.startswith("list:")}

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


def _capitalised(values: pl.Series) -> pl.Series:
    return values.str.slice(0, 1).str.to_uppercase() + values.str.slice(1)
