"""Synthetic datasets: a folder each, drawn by a seeded generator and loaded by COPY."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import workbench
from workbench.datasets import spec
from workbench.datasets.spec import SCALES, Spec
from workbench.errors import InputError, UnknownName

__all__ = ["SCALES", "Spec", "available", "for_statements", "for_tables", "open"]


def available() -> tuple[Spec, ...]:
    """The shipped datasets, by name."""
    return tuple(spec.read(file.parent) for file in sorted(_shipped().glob("*/dataset.toml")))


def open(name_or_path: str | Path) -> Spec:
    """The shipped dataset of that name, or the one in that folder.

    Raises UnknownName when there is neither, SpecError when its dataset.toml cannot be used.
    """
    names = [file.parent.name for file in _shipped().glob("*/dataset.toml")]
    if str(name_or_path) in names:
        return spec.read(_shipped() / str(name_or_path))
    if Path(name_or_path).is_dir():
        return spec.read(Path(name_or_path))
    raise UnknownName("dataset or folder", str(name_or_path), names)


def for_tables(names: Iterable[str]) -> Spec:
    """The shipped dataset that has all the tables; each as ``table`` or ``schema.table``.

    Where several have them, the one that calls most of them exactly so: a bare ``table`` is
    sooner one without a schema. Raises UnknownName for a table that no dataset has, InputError
    when no dataset has all.
    """
    specs, wanted = available(), list(dict.fromkeys(names))
    tables = {one.name: _spellings(one.table_names) for one in specs}
    homes = [one for one in specs if tables[one.name].issuperset(wanted)]
    if homes:
        return max(homes, key=lambda one: len({*wanted}.intersection(one.table_names)))
    everything = {name for spellings in tables.values() for name in spellings}
    for name in wanted:
        if name not in everything:
            raise UnknownName("table", name, everything, "the shipped datasets")
    where = (f"{w} is in {' and '.join(d for d in tables if w in tables[d])}" for w in wanted)
    raise InputError(f"no dataset has all the tables: {', '.join(where)}; name one with --dataset")


def for_statements(tables: Iterable[Iterable[str]]) -> Spec | None:
    """The shipped dataset for statements that name these tables, None where they name none.

    A statement that names a table of no dataset does not count while another one is at home.
    Raises as ``for_tables``.
    """
    named = [names for each in tables if (names := list(each))]
    if not named:
        return None
    try:
        return for_tables(chain.from_iterable(named))
    except UnknownName:
        known = [names for names in named if _at_home(names)]
        if not known:
            raise
        return for_tables(chain.from_iterable(known))


def _at_home(tables: Iterable[str]) -> bool:
    try:
        for_tables(tables)
    except InputError:
        return False
    return True


def _spellings(names: Iterable[str]) -> set[str]:
    return {form for name in names for form in (name, name.rpartition(".")[2])}


def _shipped() -> Path:
    """The folder of the shipped datasets: in the wheel, else beside the package."""
    package = Path(workbench.__file__).parent
    inside = package / "shipped_datasets"
    return inside if inside.is_dir() else package.parent / "datasets"
