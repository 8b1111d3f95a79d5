"""Some rows of one table, whose columns are drawn when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.datasets import streams
from workbench.datasets.series import without
from workbench.datasets.streams import Key, Rows

if TYPE_CHECKING:
    from workbench.datasets.kinds.base import Kind
    from workbench.datasets.kinds.references import Groups
    from workbench.datasets.words import Words


@dataclass(frozen=True)
class Population:
    """All tables of a dataset at one scale and seed: enough to draw any row of any of them."""

    columns: Mapping[str, Mapping[str, Kind]]
    rows: Mapping[str, int]
    seed: int
    now_us: int
    words: Words

    def stored(self, table: str) -> list[str]:
        """The columns that are in the table."""
        return [name for name, kind in self.columns[table].items() if not kind.hidden]

    def block(self, table: str, rows: Rows) -> Block:
        """The given rows, counted from 0, of a table."""
        return Block(self, table, rows)

    def stream(self, table: str, column: str) -> Key:
        """The random stream of a column."""
        return streams.key(self.seed, table, column)


@dataclass
class Kept:
    """What has been worked out about the rows of a block; nothing in it points back at the block.

    A circle would keep every block alive until the garbage collector comes.
    """

    columns: dict[str, pl.Series] = field(default_factory=dict)
    parents: dict[Key, Block] = field(default_factory=dict)
    groups: dict[Key, Groups] = field(default_factory=dict)
    choices: dict[bytes, Kept] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """Rows of one table; what has been drawn is kept, because other columns may follow from it."""

    population: Population
    table: str
    rows: Rows
    outer: tuple[Block, Rows] | None = None
    kept: Kept = field(default_factory=Kept)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Block:
        """The rows that are chosen; what is drawn for them serves all columns with this choice."""
        kept = self.kept.choices.setdefault(np.packbits(chosen).tobytes(), Kept())
        places = np.flatnonzero(chosen)
        return Block(self.population, self.table, self.rows[places], (self, places), kept)

    def subset(self, places: Rows) -> Block:
        """Some of the rows; what has been drawn for all of them is not drawn again."""
        return Block(self.population, self.table, self.rows[places], (self, places))

    @property
    def size(self) -> int:
        """How many rows the whole table has."""
        return self.population.rows[self.table]

    def column(self, path: str) -> pl.Series:
        """The values of a column of this table, or of ``reference.column`` of a parent's."""
        if path not in self.kept.columns:
            self.kept.columns[path] = self._draw(path)
        return self.kept.columns[path]

    def parents(self, reference: str) -> Block:
        """The row that each row refers to through its column ``reference``."""
        stream = self.population.stream(self.table, reference)
        if stream not in self.kept.parents and self.outer is not None:
            block, places = self.outer
            self.kept.parents[stream] = block.parents(reference).subset(places)
        return self.kind(reference).parents(self, stream)

    def kind(self, column: str) -> Kind:
        """How a column of this table is declared."""
        return self.population.columns[self.table][column]

    def _draw(self, path: str) -> pl.Series:
        if self.outer is not None and path in self.outer[0].kept.columns:
            block, places = self.outer
            return block.kept.columns[path].gather(places)
        reference, _, column = path.partition(".")
        if not column:
            return self.kind(path).draw(self, self.population.stream(self.table, path))
        values = self.parents(reference).column(column)
        return without(values, self.column(reference).is_null().to_numpy())
