"""What every kind of column has in common: declared as a dataclass, drawn as a polars Series.

The fields of the dataclass are the keys that dataset.toml may give, their annotations say how each
is read (``fields``), their defaults make them optional.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from workbench.datasets import streams
from workbench.datasets.fields import NONE, Place, Share
from workbench.datasets.series import as_json, spread, without
from workbench.datasets.streams import Floats, Key, Rows

if TYPE_CHECKING:
    from workbench.datasets.block import Block

Draw: TypeAlias = "Callable[[Block, Key], pl.Series]"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A column; any kind may have these keys.

    ``nulls`` is the share of rows where it is NULL; ``hidden`` columns are not in the table, other
    columns follow from them.
    """

    nulls: Share = NONE
    hidden: bool = False

    def draw(self, block: Block, stream: Key) -> pl.Series:
        """The column's values for the rows of ``block``."""
        return self._with_nulls(self.values, block, stream)

    def json(self, block: Block, stream: Key) -> pl.Series:
        """The same values as JSON text; NULL where the value is NULL."""
        return self._with_nulls(self.json_values, block, stream)

    def _with_nulls(self, values: Draw, block: Block, stream: Key) -> pl.Series:
        if not self.nulls:
            return values(block, stream)
        hidden = uniform(stream, "nulls", block.rows) < self.nulls
        if self.reads() or hidden.all():
            return without(values(block, stream), hidden)
        # what follows from no other column is drawn only where it is seen
        seen = block.subset(np.flatnonzero(~hidden))
        return spread(values(seen, stream), ~hidden)

    def values(self, block: Block, stream: Key) -> pl.Series:
        """The values before any is made NULL."""
        raise NotImplementedError

    def json_values(self, block: Block, stream: Key) -> pl.Series:
        """The values as JSON text before any is made NULL."""
        return as_json(self.values(block, stream))

    def check(self, place: Place) -> None:
        """Raises SpecError for values that do not fit together."""

    def trial(self, block: Block, stream: Key) -> pl.Series:
        """Draws all that is inside, too, so that a mistake shows before anything is loaded."""
        for inner in self.parts():
            inner.trial(block, stream)
        return self.draw(block, stream)

    def parents(self, block: Block, stream: Key) -> Block:
        """The parent's row for each row; only a reference has one."""
        raise NotImplementedError

    def capacity(self, rows: int) -> int | None:
        """How many different values there are at most for ``rows`` rows; None if not known."""
        return None

    def reads(self) -> tuple[str, ...]:
        """The other columns, as paths, that this kind needs."""
        return tuple(path for part in self.parts() for path in part.reads())

    def lists(self) -> dict[str, int]:
        """The word lists that this kind needs, and how many words at least."""
        return {}

    def parts(self) -> Iterator[Kind]:
        """The kinds inside this one."""
        for field in fields(self):
            yield from _kinds_in(getattr(self, field.name))


def _kinds_in(value: Any) -> Iterator[Kind]:  # noqa: ANN401 - whatever a field may hold
    if isinstance(value, Kind):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _kinds_in(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _kinds_in(item)


def part(stream: Key, *names: str | int) -> Key:
    """A stream of its own for one part of a column."""
    return streams.key(stream, *names)


def uniform(stream: Key, name: str | int, rows: Rows) -> Floats:
    """Random numbers in [0, 1) for one part of a column."""
    return streams.uniform(part(stream, name), rows)


def turned(stream: Key, rows: Rows) -> Floats:
    """The sum of two random numbers less one: how far strata on a circle are turned."""
    return uniform(stream, "turn", rows) + uniform(stream, "end", rows) - 1.0
