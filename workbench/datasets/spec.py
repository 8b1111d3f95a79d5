"""A dataset's folder, read and checked: what tables, how many rows, which columns of which kind."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.datasets import schema
from workbench.errors import InputError, SpecError

if TYPE_CHECKING:
    from workbench.datasets.block import Population
    from workbench.datasets.declaration import Table

SCALES = {"small": 100_000, "medium": 1_000_000, "large": 10_000_000}
MOST_ROWS = 2_000_000_000


@dataclass(frozen=True)
class Spec:
    """A dataset. Names and texts are read at once, columns when they are first needed."""

    name: str
    folder: Path
    title: str
    seed: int
    now: datetime
    raw: Mapping[str, Any]

    @property
    def file(self) -> Path:
        """Its dataset.toml."""
        return self.folder / "dataset.toml"

    @cached_property
    def schema(self) -> schema.Schema:
        """Its schema.sql."""
        return schema.read(self.folder / "schema.sql")

    @property
    def table_names(self) -> tuple[str, ...]:
        """Its tables, with their schema where it is not public."""
        return tuple(self.raw)

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Its tables with their columns; raises SpecError for any mistake in dataset.toml."""
        from workbench.datasets import declaration

        return declaration.read(self)

    @property
    def query_files(self) -> tuple[Path, ...]:
        """The files with its queries."""
        return tuple(sorted((self.folder / "queries").glob("*.sql")))

    @property
    def published_indexes(self) -> Path:
        """The file with the indexes that the modelled system promised."""
        return self.folder / "indexes" / "published.sql"

    def rows(self, scale: str | int) -> dict[str, int]:
        """How many rows each table has at a scale."""
        biggest = scale_rows(scale)
        return {name: table.count(biggest) for name, table in self.tables.items()}

    def population(self, scale: str | int, seed: int | None = None) -> Population:
        """All its rows at a scale and seed, to be drawn block by block."""
        from workbench.datasets import declaration

        return declaration.population(self, scale, self.seed if seed is None else seed)


def scale_rows(scale: str | int) -> int:
    """Rows of the biggest table: small, medium, large or a number; raises InputError."""
    text = str(scale).replace("_", "").replace(",", "")
    rows = SCALES.get(text) or (int(text) if text.isdecimal() else None)
    if rows is None:
        raise InputError(f"{scale!r} is no scale; take {', '.join(SCALES)} or a number of rows")
    if not 0 < rows <= MOST_ROWS:
        raise InputError(f"a scale of {rows} rows is not possible; take 1 to {MOST_ROWS}")
    return rows


def scale_name(scale: str | int) -> str:
    """``small`` for 100000, the number for others; the same name for the same rows."""
    rows = scale_rows(scale)
    return next((name for name, size in SCALES.items() if size == rows), str(rows))


def read(folder: Path) -> Spec:
    """The dataset in ``folder``; raises SpecError when it is none."""
    file = folder / "dataset.toml"
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError(
            f"{folder} is no dataset: there is no dataset.toml in it; see datasets/README.md"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{file}: cannot be read as UTF-8 text ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{file}: is not TOML: {error}") from None
    tables = _given(raw, "tables", dict, file, "write [tables.NAME] for each table")
    if not tables:
        raise SpecError(f"{file}: there are no tables; write [tables.NAME] for each table")
    unknown = [key for key in raw if key not in ("title", "seed", "now", "tables")]
    if unknown:
        raise SpecError(f"{file}: unknown key {unknown[0]}; there are title, seed, now and tables")
    now = _given(raw, "now", datetime, file, "a fixed time such as 2026-01-01T00:00:00Z")
    return Spec(
        name=_name(folder),
        folder=folder,
        title=_given(raw, "title", str, file, "what the dataset models, in quotes"),
        seed=_given(raw, "seed", int, file, "a whole number"),
        now=now if now.tzinfo else now.replace(tzinfo=UTC),
        raw=tables,
    )


def _name(folder: Path) -> str:
    """The folder's name, which becomes that of a database."""
    name = folder.resolve().name
    if name in ("postgres", "template0", "template1") or len(name.encode()) > 63:
        raise SpecError(
            f"{folder}: a database cannot be named after this folder; give it another name of at "
            "most 63 bytes"
        )
    return name


def _given(raw: Mapping[str, Any], key: str, kind: type[Any], file: Path, want: str) -> Any:  # noqa: ANN401
    if key not in raw:
        raise SpecError(f"{file}: the key {key} is missing; {want}")
    if not isinstance(raw[key], kind):
        raise SpecError(f"{file}: {key}: {raw[key]!r} does not fit; {want}")
    return raw[key]
