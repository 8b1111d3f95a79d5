"""Typical values for a parameter, picked from the statistics of the column it is compared with.

Postgres keeps a column's most common values with their shares, and bounds that cut the rest into
parts of equal size (pg_stats). Every bound is a value that was in the table. From these:

- for ``=`` and ``IN``: the most common value, one from between the bounds, one that is in neither;
- for ``<``, ``>`` and BETWEEN: ends that let about half the rows pass, one row in fifty, and none;
  two ends on one column are chosen together, as a window;
- for LIKE: the first letters of the values for ``=``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from workbench.workload.lexer import BETWEEN_TOKENS, scan

Role = Literal["equal", "above", "below", "pattern", "limit", "offset"]
Variant = Literal["common", "rare", "absent"]
VARIANTS: tuple[Variant, ...] = ("common", "rare", "absent")

INTEGERS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
DATES = ("date", "timestamp without time zone", "timestamp with time zone")
ABSENT = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "jsonb": '{"workbench": "absent"}',
}
ABSENT_TEXT = "workbench-absent"
_ROLES: dict[str, Role] = {
    "LIMIT": "limit", "FIRST": "limit", "NEXT": "limit", "OFFSET": "offset",
    "LIKE": "pattern", "ILIKE": "pattern", "~~": "pattern", "~~*": "pattern",
    ">": "above", ">=": "above", "BETWEEN": "above", "<": "below", "<=": "below",
}  # fmt: skip
# Common and rare ends of a range, in percent of the histogram; True for one end of a window.
_PERCENT: dict[tuple[Role, bool], tuple[int, int]] = {
    ("above", False): (50, 98), ("below", False): (50, 2),
    ("above", True): (25, 97), ("below", True): (75, 99),
}  # fmt: skip
_MIRRORED: dict[str, Role] = {"<": "above", "<=": "above", ">": "below", ">=": "below"}


@dataclass(frozen=True)
class Type:
    """A type as Postgres prints it, its category letter, and for arrays that of the elements."""

    name: str
    category: str
    element: "Type | None" = None

    def takes(self, other: "Type") -> bool:
        """Whether the text of a value of ``other`` can be read as one of this type."""
        if self.name == other.name or self.category == other.category == "S":
            return True
        if self.category == other.category == "N":
            return self.name not in INTEGERS or other.name in INTEGERS
        return self.name in DATES and other.name in DATES


@dataclass(frozen=True)
class Column:
    """A column's statistics, all values as text: most common first, bounds in order."""

    name: str
    type: Type
    common: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    sample: str | None = None


class Value(NamedTuple):
    """A value for a parameter and where it comes from."""

    text: str
    origin: str


def roles(text: str) -> dict[int, Role]:
    """What each parameter of a statement in Postgres' style is compared by, at its first place."""
    tokens = [token for token in scan(text) if token.kind not in BETWEEN_TOKENS]
    words = [text[token.start : token.end].upper() for token in tokens]
    found: dict[int, Role] = {}
    between = False
    for place, token in enumerate(tokens):
        closes = between and words[place] == "AND"
        between = words[place] == "BETWEEN" or (between and not closes)
        if closes:
            words[place] = "<="
        if token.kind == "parameter":
            before = words[place - 1] if place else ""
            after = words[place + 1] if place + 1 < len(words) else ""
            role = _ROLES.get(before) or _MIRRORED.get(after) or "equal"
            found.setdefault(int(words[place][1:]), role)
    return found


def choose(column: Column, wanted: Type, role: Role, window: bool) -> dict[Variant, Value]:
    """Values for a parameter of type ``wanted`` that is compared with ``column``.

    ``window``: another parameter limits the same column from the other side. A variant is left
    out where the statistics do not know one; all are where the types do not fit.
    """
    if column.type.element:
        return _elements(column, column.type.element, wanted)
    if wanted.element and wanted.element.takes(column.type):
        return _as_arrays(_equals(column))
    if not wanted.takes(column.type):
        return {}
    if role == "pattern":
        return _patterns(_equals(column))
    ranged = _ranged(column, role, window) if role in ("above", "below") else {}
    return ranged or _equals(column)


def array(element: str) -> str:
    """The literal of an array with this one element."""
    quoted = element.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"{quoted}"}}'


def _elements(column: Column, element: Type, wanted: Type) -> dict[Variant, Value]:
    """Single elements of an array column, as an array where an array is wanted."""
    if not (wanted.element or wanted).takes(element):
        return {}
    if not column.elements:
        return _equals(column) if wanted.element else {}
    absent = _absent(Column(column.name, element, column.elements))
    found: dict[Variant, Value] = {
        "common": Value(column.elements[0], f"the most common element of {column.name}"),
        "rare": Value(column.elements[-1], f"the rarest known element of {column.name}"),
        **({"absent": absent} if absent else {}),
    }
    return _as_arrays(found) if wanted.element else found


def _as_arrays(values: dict[Variant, Value]) -> dict[Variant, Value]:
    return {name: Value(array(value.text), value.origin) for name, value in values.items()}


def _equals(column: Column) -> dict[Variant, Value]:
    found: dict[Variant, Value] = {}
    if column.common:
        origin = f"the most common value of {column.name}"
        found["common"] = Value(column.common[0], origin + _share(column, 0))
        if column.bounds:
            found["rare"] = Value(_at(column.bounds, 50), f"a value of {column.name}, not common")
        elif len(column.common) > 1:
            origin = f"the rarest value of {column.name}"
            found["rare"] = Value(column.common[-1], origin + _share(column, -1))
    elif column.bounds:
        found["common"] = Value(_at(column.bounds, 50), f"a value of {column.name}, none common")
    elif column.sample is not None:
        found["common"] = Value(column.sample, f"a value of {column.name}, which has no statistics")
    absent = _absent(column)
    return {**found, "absent": absent} if found and absent else found


def _share(column: Column, place: int) -> str:
    return f" ({column.shares[place]:.2%} of the rows)" if column.shares else ""


def _ranged(column: Column, role: Role, window: bool) -> dict[Variant, Value]:
    """Ends of a range; empty where the order of the values is not known."""
    values = column.bounds or _in_order(column)
    if len(values) < 2:
        return {}
    common, rare = _PERCENT[role, window]
    found: dict[Variant, Value] = {
        "common": Value(_at(values, common), f"{common} % along the histogram of {column.name}"),
        "rare": Value(_at(values, rare), f"{rare} % along the histogram of {column.name}"),
    }
    beyond = _beyond(column.type, values, up=role == "above" or window)
    if beyond is not None:
        found["absent"] = Value(beyond, f"beyond the histogram of {column.name}")
    return found


def _in_order(column: Column) -> tuple[str, ...]:
    """The common values of a column without histogram, where they can be ordered here."""
    if column.type.category == "N":
        return tuple(sorted(_numbers(column.common), key=Decimal))
    return tuple(sorted(column.common)) if column.type.name in DATES else ()


def _at(values: Sequence[str], percent: int) -> str:
    return values[round((len(values) - 1) * percent / 100)]


def _patterns(values: dict[Variant, Value]) -> dict[Variant, Value]:
    return {
        name: Value(_prefix(value.text), f"the first letters of {value.origin}")
        for name, value in values.items()
    }


def _prefix(text: str) -> str:
    letters = text if text == ABSENT_TEXT else text[:3]
    return re.sub(r"([\\%_])", r"\\\1", letters) + "%"


def _absent(column: Column) -> Value | None:
    """A value that is in no statistics: another label, beyond all others, or an unlikely text."""
    known = (*column.common, *column.bounds)
    if column.labels:
        unused = [label for label in column.labels if label not in known]
        text = unused[0] if unused else None
    elif column.type.category == "S":
        text = None if ABSENT_TEXT in known else ABSENT_TEXT
    elif column.type.name in ABSENT:
        text = ABSENT[column.type.name]
    else:
        text = _beyond(column.type, known, up=True) or _beyond(column.type, known, up=False)
    return Value(text, f"not in the statistics of {column.name}") if text else None


def _beyond(kind: Type, known: Sequence[str], up: bool) -> str | None:
    """A value above or below all known ones, None where the type has none or it is not known."""
    if kind.category == "N":
        return _next_number(kind, known, up)
    if kind.name in DATES:
        return _next_day(known, up)
    if kind.category == "S" and known:
        return f"{known[-1]}z" if up else ""
    return None


def _numbers(known: Sequence[str]) -> list[str]:
    return [text for text in known if re.fullmatch(r"-?[0-9.]+(e[-+]?[0-9]+)?", text)]


def _next_number(kind: Type, known: Sequence[str], up: bool) -> str | None:
    numbers = [Decimal(text) for text in _numbers(known)]
    if not numbers:
        return None
    beyond = max(numbers) + 1 if up else min(numbers) - 1
    limit = INTEGERS.get(kind.name)
    return None if limit and not -limit <= beyond < limit else str(beyond)


def _next_day(known: Sequence[str], up: bool) -> str | None:
    """A day later or earlier; infinity, years B.C. and foreign date styles have none."""
    try:
        days = [datetime.fromisoformat(text) for text in known]
        if not days:
            return None
        beyond = max(days) + timedelta(days=1) if up else min(days) - timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return str(beyond.date() if len(known[0]) == len("2000-01-01") else beyond)
