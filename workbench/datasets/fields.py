"""Reading the keys of one column of a dataset.toml: the annotation of a field says how.

Every mistake is a SpecError that names file, table, column and key, and says what would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NewType, TypeVar, cast, get_args, get_origin, get_type_hints

from workbench.errors import SpecError, UnknownName

Share = NewType("Share", float)
Micros = NewType("Micros", int)
NONE = Share(0.0)

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"([+-]?)(\d+(?:\.\d+)?)([smhdwy])")


@dataclass(frozen=True)
class Place:
    """Where in which dataset.toml something is written."""

    file: str
    path: str = ""

    def at(self, *names: str | int) -> Place:
        """A place further in; the path is table.column.key, so ``columns`` is left out."""
        steps = [self.path, *(str(name) for name in names if name != "columns")]
        return Place(self.file, ".".join(step for step in steps if step))

    def error(self, message: str) -> SpecError:
        """The mistake at this place."""
        return SpecError(f"{self}: {message}")

    def unknown(self, kind: str, name: str, known: Mapping[str, Any] | list[str]) -> SpecError:
        """The mistake of a name that is not there, with the near ones."""
        return self.error(str(UnknownName(kind, name, known)))

    def __str__(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file


@dataclass(frozen=True)
class Moment:
    """A point in time: fixed, or so far from the dataset's ``now``."""

    micros: int
    relative: bool

    def at(self, now_us: int) -> int:
        """Microseconds since 1970."""
        return self.micros + now_us if self.relative else self.micros


NOW = Moment(0, relative=True)

T = TypeVar("T")
Reader = Callable[[Any, Place], Any]
_READERS: dict[Any, Reader] = {}


def reads(annotation: object) -> Callable[[Reader], Reader]:
    """Registers how a field with this annotation is read."""

    def register(reader: Reader) -> Reader:
        _READERS[annotation] = reader
        return reader

    return register


def build(cls: type[T], raw: Mapping[str, Any], place: Place) -> T:
    """An instance of the dataclass ``cls`` from the keys of a TOML table."""
    hints = get_type_hints(cls)
    known = {field.name.rstrip("_"): field for field in fields(cast(Any, cls))}
    for name in raw:
        if name not in known:
            raise place.unknown("key", name, known)
    given = {}
    for name, field in known.items():
        if name in raw:
            given[field.name] = read(hints[field.name], raw[name], place.at(name))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise place.error(f"the key {name} is missing; it takes {_said(hints[field.name])}")
    return cls(**given)


def read(annotation: Any, value: Any, place: Place) -> Any:  # noqa: ANN401
    """``value`` as the annotation wants it."""
    if annotation in _READERS:
        return _READERS[annotation](value, place)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        if not isinstance(value, list) or not value:
            raise place.error(f"{value!r} is not a list with at least one item")
        return tuple(read(inner[0], item, place.at(i + 1)) for i, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict) or not value:
            raise place.error(f"{value!r} is not a table of name = value")
        return {name: read(inner[1], item, place.at(name)) for name, item in value.items()}
    if type(None) in inner:
        return read(next(a for a in inner if a is not type(None)), value, place)
    if is_dataclass(annotation) and isinstance(annotation, type):
        if not isinstance(value, dict):
            raise place.error(f"{value!r} is not a table of keys")
        return build(annotation, value, place)
    raise AssertionError(f"no reader for {annotation}")


def _said(annotation: object) -> str:
    return _READERS[annotation].__doc__ or "" if annotation in _READERS else "a list or a table"


@reads(float)
def _number(value: object, place: Place) -> float:
    """a number"""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.error(f"{value!r} is not a number")
    return float(value)


@reads(int)
def _integer(value: object, place: Place) -> int:
    """a whole number"""
    if isinstance(value, bool) or not isinstance(value, int):
        raise place.error(f"{value!r} is not a whole number")
    return value


@reads(str)
def _text(value: object, place: Place) -> str:
    """a text in quotes"""
    if not isinstance(value, str):
        raise place.error(f"{value!r} is not a text in quotes")
    return value


@reads(bool)
def _boolean(value: object, place: Place) -> bool:
    """true or false"""
    if not isinstance(value, bool):
        raise place.error(f"{value!r} is neither true nor false")
    return value


@reads(Any)
def _anything(value: object, place: Place) -> object:
    """any value"""
    return value


@reads(Share)
def _share(value: object, place: Place) -> Share:
    """a share between 0 and 1"""
    share = _number(value, place)
    if not 0.0 <= share <= 1.0:
        raise place.error(f"{value!r} is not a share; it must be between 0 and 1")
    return Share(share)


@reads(Micros)
def _duration(value: object, place: Place) -> Micros:
    """a duration such as "90s", "15m", "6h", "3d", "2w" or "1y\""""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise place.error(
            f'{value!r} is not a duration; write it as "90s", "15m", "6h", "3d", "2w" or "1y"'
        )
    sign, amount, unit = found.groups()
    micros = round(float(amount) * _UNITS[unit] * 1_000_000)
    return Micros(-micros if sign == "-" else micros)


@reads(Moment)
def moment(value: object, place: Place) -> Moment:
    """a time such as 2025-06-30T12:00:00Z, "now" or "-2y\""""
    if value == "now":
        return NOW
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return Moment((aware - _EPOCH) // timedelta(microseconds=1), relative=False)
    if isinstance(value, date):
        midnight = datetime(value.year, value.month, value.day, tzinfo=UTC)
        return Moment((midnight - _EPOCH) // timedelta(microseconds=1), relative=False)
    return Moment(_duration(value, place), relative=True)
