"""The tables of a dataset.toml with their columns, and whether they fit together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np
import polars as pl

from workbench.datasets.block import Block, Population
from workbench.datasets.fields import Place, build
from workbench.datasets.kinds import Kind
from workbench.datasets.kinds.references import Position, Reference, dealing
from workbench.datasets.spec import Spec
from workbench.datasets.words import Words

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: ``share`` of the biggest table's rows, at most ``most``, or always ``rows``."""

    columns: dict[str, Kind]
    share: float | None = None
    most: int | None = None
    rows: int | None = None

    def count(self, biggest: int) -> int:
        """Its rows when the biggest table has ``biggest``."""
        if self.rows is not None:
            return self.rows
        assert self.share is not None
        count = max(1, round(biggest * self.share))
        return count if self.most is None else min(count, self.most)


def read(spec: Spec) -> Mapping[str, Table]:
    """The tables of ``spec``; raises SpecError for the first mistake found."""
    place = Place(str(spec.file))
    tables = {name: _table(raw, place.at(name)) for name, raw in spec.raw.items()}
    if not any(table.share == 1.0 for table in tables.values()):
        raise place.error("no table has share = 1.0; the biggest one sets the scale")
    words = Words(spec.folder / "words")
    for name, table in tables.items():
        for column, kind in table.columns.items():
            _check_column(tables, name, kind, place.at(name, column), words)
    _check_circles(tables, place)
    _check_schema(spec, tables, place)
    return tables


def population(spec: Spec, scale: str | int, seed: int) -> Population:
    """All rows of ``spec``; raises SpecError when a column cannot be drawn at this scale."""
    place = Place(str(spec.file))
    found = Population(
        columns={name: table.columns for name, table in spec.tables.items()},
        rows=spec.rows(scale),
        seed=seed,
        now_us=round(spec.now.timestamp()) * _MICROSECONDS,
        words=Words(spec.folder / "words"),
    )
    _check_capacity(spec, found.rows, place)
    for name, table in spec.tables.items():
        block = found.block(name, np.arange(min(10, found.rows[name]), dtype=np.int64))
        for column, kind in table.columns.items():
            if isinstance(kind, Reference) and kind.distinct_per:
                _check_groups(block, kind, place.at(name, column))
            _try(block, column, place.at(name, column))
    return found


def _table(raw: object, place: Place) -> Table:
    if not isinstance(raw, dict):
        raise place.error(f"{raw!r} is not a table of keys")
    table = build(Table, raw, place)
    if (table.share is None) == (table.rows is None):
        raise place.error("give either share (of the biggest table's rows) or rows (fixed)")
    if table.share is not None and not 0.0 < table.share <= 1.0:
        raise place.error(f"share {table.share:g} must be above 0 and at most 1")
    for name, count in (("rows", table.rows), ("most", table.most)):
        if count is not None and count < 1:
            raise place.error(f"{name} {count} must be at least 1")
    return table


def _all_parts(kind: Kind) -> Iterator[Kind]:
    yield kind
    for inner in kind.parts():
        yield from _all_parts(inner)


def _check_column(
    tables: Mapping[str, Table], table: str, kind: Kind, place: Place, words: Words
) -> None:
    columns = tables[table].columns
    for inner in _all_parts(kind):
        for name, least in inner.lists().items():
            words.check(name, least, place)
        if isinstance(inner, Reference):
            if inner is not kind:
                raise place.error("a reference cannot stand inside another kind; use copy")
            _check_reference(tables, table, inner, place)
        if isinstance(inner, Position) and not _is_grouped(columns.get(inner.of)):
            raise place.error(f'of: {inner.of!r} is no reference with pick = "grouped"')
    for path in kind.reads():
        _check_path(tables, table, path, place)


def _check_path(tables: Mapping[str, Table], table: str, path: str, place: Place) -> None:
    first, _, rest = path.partition(".")
    if first not in tables[table].columns:
        raise place.unknown(f"column of {table}", first, tables[table].columns)
    if rest:
        parent = tables[table].columns[first]
        if not isinstance(parent, Reference):
            raise place.error(f"{path}: {first} is no reference, so it leads to no {rest}")
        _check_path(tables, parent.table, rest, place)


def _check_reference(
    tables: Mapping[str, Table], table: str, kind: Reference, place: Place
) -> None:
    if kind.table not in tables:
        raise place.unknown("table", kind.table, tables)
    if kind.key not in tables[kind.table].columns:
        raise place.unknown(f"column of {kind.table}", kind.key, tables[kind.table].columns)
    if kind.table == table and kind.pick != "recent":
        raise place.error('a reference to its own table needs pick = "recent"')
    if kind.distinct_per and not _is_grouped(tables[table].columns.get(kind.distinct_per)):
        raise place.error(
            f'distinct_per: {kind.distinct_per!r} is no reference with pick = "grouped"'
        )


def _is_grouped(kind: Kind | None) -> bool:
    return isinstance(kind, Reference) and kind.pick == "grouped"


def _check_circles(tables: Mapping[str, Table], place: Place) -> None:
    parents = {
        name: {
            kind.table
            for kind in table.columns.values()
            if isinstance(kind, Reference) and kind.table != name
        }
        for name, table in tables.items()
    }
    _check_order(parents, place, "tables refer to each other")
    for name, table in tables.items():
        needs = {column: set(_needs(table, name, kind)) for column, kind in table.columns.items()}
        _check_order(needs, place.at(name), "columns follow from each other")


def _needs(table: Table, name: str, kind: Kind) -> Iterator[str]:
    """The columns of the same table that must be drawn first."""
    for path in kind.reads():
        first, _, rest = path.partition(".")
        yield first
        parent = table.columns[first]
        if rest and isinstance(parent, Reference) and parent.table == name:
            yield rest.partition(".")[0]


def _check_order(needs: Mapping[str, set[str]], place: Place, what: str) -> None:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise place.error(f"{what} in a circle: {circle}; take one of them out") from None


def _check_schema(spec: Spec, tables: Mapping[str, Table], place: Place) -> None:
    made = set(spec.schema.tables)
    for name in tables:
        if name not in made:
            raise place.at(name).error(f"{spec.schema.file} creates no table {name}; add it there")
    for name in sorted(made - set(tables)):
        raise place.error(f"{spec.schema.file} creates {name}, which has no [tables.{name}] here")
    for key in spec.schema.constraints:
        if key.kind != "foreign key" or len(key.columns) > 1:
            continue
        kind = tables[key.table].columns.get(key.columns[0])
        where = place.at(key.table, key.columns[0])
        if kind is not None and not (isinstance(kind, Reference) and kind.table == key.refers_to):
            raise where.error(f'a foreign key to {key.refers_to} needs kind = "reference" to it')


def _check_capacity(spec: Spec, rows: Mapping[str, int], place: Place) -> None:
    """Primary keys and uniques on one column must have as many values as there are rows."""
    for key in spec.schema.constraints:
        if key.kind == "foreign key" or len(key.columns) > 1:
            continue
        kind = spec.tables[key.table].columns.get(key.columns[0])
        if kind is None:
            continue
        needed = rows[key.table]
        most = kind.capacity(needed)
        if (most or 0) < needed:
            has = "does not promise different values" if most is None else f"has at most {most}"
            raise place.at(key.table, key.columns[0]).error(
                f"is {key.kind} but {has}, and the table has {needed} rows; take a sequence, uuid, "
                "uniform with unique = true, or a template with {number}"
            )


def _check_groups(block: Block, kind: Reference, place: Place) -> None:
    assert kind.distinct_per is not None
    biggest = dealing(block, kind.distinct_per).biggest()
    choices = kind.law(block.population.rows[kind.table]).size
    if biggest > choices:
        raise place.error(
            f"the biggest group of {kind.distinct_per} has {biggest} rows, but there are only "
            f"{choices} different {kind.table}; lower its skew, raise its shift or take fewer rows"
        )


def _try(block: Block, column: str, place: Place) -> None:
    """Draws a few rows, so that values of the wrong type are found before anything is loaded."""
    try:
        block.kind(column).trial(block, block.population.stream(block.table, column))
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise place.error(f"cannot be drawn: {' '.join(str(error).split())[:200]}") from None
