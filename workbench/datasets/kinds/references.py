"""Foreign keys: which parent each row belongs to, and what follows from it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.datasets import streams, zipf
from workbench.datasets.block import Block
from workbench.datasets.fields import NONE, Place, Share
from workbench.datasets.kinds.base import Kind, part, turned, uniform
from workbench.datasets.series import without
from workbench.datasets.streams import Floats, Key, Rows
from workbench.datasets.zipf import Zipf

_LOOKED_AT = 1_000
PICKS = ("any", "grouped", "recent")
FAVOURS = ("any", "oldest", "newest")


@dataclass(frozen=True, kw_only=True)
class Reference(Kind):
    """The ``key`` of a row of ``table``, picked with Zipf's ``skew``.

    ``pick`` any: each row for itself; grouped: rows of one parent stand together; recent: one of
    the parents that existed when the row was appended. ``favour`` says which parents have most
    rows (of the recent ones the newest, unless told the oldest), ``childless`` which share of the
    parents has none. ``distinct_per`` names a grouped reference of the same table: no parent twice
    in one of its groups.
    """

    table: str
    key: str = "id"
    pick: str = "any"
    skew: float = 0.0
    shift: float = 0.0
    favour: str = "any"
    childless: Share = NONE
    distinct_per: str | None = None

    def values(self, block: Block, stream: Key) -> pl.Series:
        keys = self.parents(block, stream).column(self.key)
        return without(keys, block.rows == 0) if self.table == block.table else keys

    def parents(self, block: Block, stream: Key) -> Block:
        if stream not in block.kept.parents:
            parents = block.population.block(self.table, self.parent_rows(block, stream))
            block.kept.parents[stream] = parents
        return block.kept.parents[stream]

    def parent_rows(self, block: Block, stream: Key) -> Rows:
        """The row number of each row's parent."""
        parents = block.population.rows[self.table]
        if self.pick == "recent":
            return self._recent(block, stream, parents)
        law = self.law(parents)
        if self.distinct_per is not None:
            ranks = self._distinct(block, stream, law)
        elif self.pick == "grouped":
            ranks = Dealing(law, block.size, part(stream, "deal")).of(block).rank
        else:
            ranks = law.ranks(uniform(stream, "parent", block.rows))
        return self._favoured(stream, ranks, parents)

    def law(self, parents: int) -> Zipf:
        """How the rows are spread over the parents that have any."""
        return zipf.law(max(1, round(parents * (1.0 - self.childless))), self.skew, self.shift)

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
        back = zipf.law(parents, self.skew, self.shift)
        reach = back.share(there.astype(np.float64))
        steps = back.ranks(uniform(stream, "parent", block.rows) * reach)
        steps = np.minimum(steps, there - 1)
        return np.asarray(steps if self.favour == "oldest" else there - 1 - steps)

    def _distinct(self, block: Block, stream: Key, law: Zipf) -> Rows:
        """Different ranks within each group."""
        assert self.distinct_per is not None
        group = dealing(block, self.distinct_per).of(block)
        turn = turned(stream, group.rank)
        within = uniform(stream, "within", block.rows)
        return law.different(turn, within, group.position, group.size)

    def check(self, place: Place) -> None:
        for name, value, known in (("pick", self.pick, PICKS), ("favour", self.favour, FAVOURS)):
            if value not in known:
                raise place.at(name).unknown("way", value, list(known))
        if self.distinct_per is not None and self.pick != "any":
            raise place.error("distinct_per picks in its own way; leave out pick")
        if self.pick == "recent" and self.childless:
            raise place.error('pick = "recent" takes no childless')
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
        return pl.Series(dealing(block, self.of).of(block).position + self.start)

    def reads(self) -> tuple[str, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Groups:
    """For each row: the rank of its group, its place in it from 0, and the group's size."""

    rank: Rows
    position: Rows
    size: Rows


@dataclass(frozen=True)
class Dealing:
    """``total`` rows dealt out in order to the ranks of ``law``, each about its share of them.

    Between two ranks the border is moved into the second one's share by chance, so that groups of
    equal weight have between none and twice their share.
    """

    law: Zipf
    total: int
    stream: Key

    def of(self, block: Block) -> Groups:
        """Where the rows of a block stand; kept, because several columns ask."""
        if self.stream not in block.kept.groups:
            block.kept.groups[self.stream] = self.groups(block.rows)
        return block.kept.groups[self.stream]

    def groups(self, rows: Rows) -> Groups:
        """Where the rows stand."""
        # borders lie about half a group behind those of the law, and so does a first guess
        place = self.law.quantile((rows + 0.5) / self.total) - 0.5
        rank = np.clip(np.floor(place).astype(np.int64), 0, self.law.size - 1)
        start, stop = self.borders(rank)
        while (wrong := np.flatnonzero((rows < start) | (rows >= stop))).size:
            rank[wrong] += np.where(rows[wrong] < start[wrong], -1, 1)
            start[wrong], stop[wrong] = self.borders(rank[wrong])
        return Groups(rank, rows - start, stop - start)

    def borders(self, rank: Rows) -> tuple[Rows, Rows]:
        """The first row of a rank's group and the first row behind it."""
        least, most = rank.min(initial=self.law.size), rank.max(initial=0)
        if most - least >= rank.size:
            return self._borders(rank)
        start, stop = self._borders(np.arange(least, most + 1))
        return start[rank - least], stop[rank - least]

    def _borders(self, rank: Rows) -> tuple[Rows, Rows]:
        shares = [self.law.share((rank + i).astype(np.float64)) * self.total for i in range(3)]
        return self._border(rank, *shares[:2]), self._border(rank + 1, *shares[1:])

    def _border(self, rank: Rows, low: Floats, high: Floats) -> Rows:
        """Where a rank's group starts: in its share of the rows, never behind it."""
        border = np.ceil(low + streams.uniform(self.stream, rank) * (high - low))
        inside = np.minimum(border, np.ceil(high)).astype(np.int64)
        return np.where(rank >= self.law.size, self.total, np.where(rank <= 0, 0, inside))

    def biggest(self) -> int:
        """No group is bigger than this; that of the first ranks is."""
        start, stop = self.borders(np.arange(min(self.law.size, _LOOKED_AT), dtype=np.int64))
        # no group has more than its own and the next one's share, and shares fall
        ends = np.minimum(np.array([_LOOKED_AT, _LOOKED_AT + 2.0]), self.law.size)
        behind = np.ceil(np.diff(self.law.share(ends)) * self.total).max()
        return int(max((stop - start).max(), behind))


def dealing(block: Block, reference: str) -> Dealing:
    """How a grouped reference of the block's table deals out the rows."""
    kind = block.kind(reference)
    assert isinstance(kind, Reference)
    stream = part(block.population.stream(block.table, reference), "deal")
    return Dealing(kind.law(block.population.rows[kind.table]), block.size, stream)
