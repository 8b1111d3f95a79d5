"""Foreign keys: which parent each row belongs to, and what follows from it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.datasets import streams
from workbench.datasets.block import Block
from workbench.datasets.fields import Place, Share
from workbench.datasets.kinds.base import Kind, part, uniform
from workbench.datasets.streams import Floats, Key, Rows
from workbench.datasets.zipf import Zipf

PICKS = ("any", "grouped", "recent")
FAVOURS = ("any", "oldest", "newest")


@dataclass(frozen=True, kw_only=True)
class Reference(Kind):
    """The ``key`` of a row of ``table``, picked with Zipf's ``skew``.

    ``pick`` any: each row for itself; grouped: rows of one parent stand together; recent: one of
    the parents that existed when the row was appended, mostly the latest. ``favour`` says which
    parents have most rows, ``childless`` which share of the parents has none. ``distinct_per``
    names a grouped reference of the same table: no parent twice in one of its groups.
    """

    table: str
    key: str = "id"
    pick: str = "any"
    skew: float = 0.0
    shift: float = 0.0
    favour: str = "any"
    childless: Share = Share(0.0)
    distinct_per: str | None = None

    def values(self, block: Block, stream: Key) -> pl.Series:
        return self.parents(block, stream).column(self.key)

    def parents(self, block: Block, stream: Key) -> Block:
        return block.population.block(self.table, self.parent_rows(block, stream))

    def parent_rows(self, block: Block, stream: Key) -> Rows:
        """The row number of each row's parent."""
        parents = block.population.rows[self.table]
        if self.pick == "recent":
            return self._recent(block, stream, parents)
        law = self.law(parents)
        if self.distinct_per is not None:
            ranks = self._distinct(block, stream, law)
        elif self.pick == "grouped":
            ranks = groups(law, block.rows, block.size).rank
        else:
            ranks = law.ranks(uniform(stream, "parent", block.rows))
        return self._favoured(stream, ranks, parents)

    def law(self, parents: int) -> Zipf:
        """How the rows are spread over the parents that have any."""
        return Zipf(max(1, round(parents * (1.0 - self.childless))), self.skew, self.shift)

    def _favoured(self, stream: Key, ranks: Rows, parents: int) -> Rows:
        if self.favour == "oldest":
            return ranks
        if self.favour == "newest":
            return parents - 1 - ranks
        return streams.permuted(part(stream, "favour"), ranks, parents)

    def _recent(self, block: Block, stream: Key, parents: int) -> Rows:
        same = self.table == block.table
        there = block.rows if same else block.rows * parents // block.size
        there = np.maximum(there, 1)
        back = Zipf(parents, self.skew, self.shift)
        reach = back.share(there.astype(np.float64))
        steps = back.ranks(uniform(stream, "parent", block.rows) * reach)
        return np.maximum(there - 1 - steps, 0)

    def _distinct(self, block: Block, stream: Key, law: Zipf) -> Rows:
        """Different ranks within each group: one from each of as many strata as it has rows.

        A stratum of the head may hold less than one rank, so the ranks are pushed up to stay
        apart and down to stay below the last; the quantile is convex, so both keep the order.
        """
        assert self.distinct_per is not None
        group = block_groups(block, self.distinct_per)
        first = uniform(stream, "first", group.rank)
        place = np.floor(law.quantile((group.position + first) / group.size)).astype(np.int64)
        lowest = np.floor(law.quantile(first / group.size)).astype(np.int64)
        apart = np.maximum(place, lowest + group.position)
        return np.minimum(apart, law.size - group.size + group.position)

    def check(self, place: Place) -> None:
        for name, value, known in (("pick", self.pick, PICKS), ("favour", self.favour, FAVOURS)):
            if value not in known:
                raise place.at(name).unknown("way", value, list(known))
        if self.skew < 0 or self.shift < 0:
            raise place.error("skew and shift must not be below 0; 0 is uniform")

    def reads(self) -> tuple[str, ...]:
        return (self.distinct_per,) if self.distinct_per else ()


@dataclass(frozen=True, kw_only=True)
class Position(Kind):
    """1, 2, 3, … within the rows of one parent, through the grouped reference ``of``."""

    of: str
    start: int = 1

    def values(self, block: Block, stream: Key) -> pl.Series:
        return pl.Series(block_groups(block, self.of).position + self.start)

    def reads(self) -> tuple[str, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Groups:
    """For each row: the rank of its group, its place in it from 0, and the group's size."""

    rank: Rows
    position: Rows
    size: Rows


def block_groups(block: Block, reference: str) -> Groups:
    """The groups that a grouped reference of the block's table makes."""
    kind = block.kind(reference)
    assert isinstance(kind, Reference)
    law = kind.law(block.population.rows[kind.table])
    return groups(law, block.rows, block.size)


def groups(law: Zipf, rows: Rows, total: int) -> Groups:
    """``total`` rows dealt out to the ranks of ``law`` in order, each its share of the rows."""
    rank = law.ranks((rows + 0.5) / total)
    while (before := _start(law, rank, total) > rows).any():
        rank = rank - before
    while (behind := _start(law, rank + 1, total) <= rows).any():
        rank = rank + behind
    start = _start(law, rank, total)
    return Groups(rank, rows - start, _start(law, rank + 1, total) - start)


def _start(law: Zipf, rank: Rows, total: int) -> Rows:
    """The first row of a rank's group; the last group ends at ``total``."""
    share: Floats = law.share(rank.astype(np.float64))
    start = np.ceil(share * total).astype(np.int64)
    return np.where(rank >= law.size, total, np.where(rank <= 0, 0, start))
