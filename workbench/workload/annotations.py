"""Comment lines above a statement that name it, weigh it and give its parameters values.

``-- name: open_todos``, ``-- weight: 120`` (calls), ``-- param: user_id=17``. A parameter may be
written as ``user_id``, ``:user_id``, ``1`` or ``$1``; the ``%s`` of a statement are 1, 2, … in
order. Its value is all that follows the ``=``, without the blanks around it. ``NULL`` is null. A
value in single quotes is what stands between them, a doubled quote in it being one: ``'NULL'`` is
a word and ``'  '`` two blanks.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

from workbench.errors import StatementError
from workbench.workload.script import Comment

KEYS = ("name", "weight", "param")

_KEYED = re.compile(r"--+[ \t]*([A-Za-z_]+)[ \t]*:(?!:)(.*)", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^']|'')*)'", re.DOTALL)


class Annotation(NamedTuple):
    """One such line: its key in small letters, what follows the colon, where it stands."""

    key: str
    value: str
    line: int


@dataclass(frozen=True)
class Annotations:
    """What the lines above one statement say."""

    name: str | None = None
    weight: float = 1.0
    parameters: Mapping[str, str | None] = field(default_factory=dict)


def keyed(comments: Iterable[Comment]) -> list[Annotation]:
    """The lines whose key is one of ours or looks like a misspelt one; the rest are comments."""
    found = []
    for comment in comments:
        match = _KEYED.match(comment.text)
        if match and _meant(match[1].lower()):
            found.append(Annotation(match[1].lower(), match[2].strip(), comment.line))
    return found


def _meant(key: str) -> str | None:
    """Which key a word is, or is a misspelling of: near enough, or its letters out of order."""
    for known in KEYS:
        swapped = key[0] == known[0] and sorted(key) == sorted(known)
        if swapped or SequenceMatcher(None, key, known).ratio() >= 0.8:
            return known
    return None


def interpret(lines: Sequence[Annotation], slots: Sequence[str]) -> Annotations:
    """The values of the lines, for a statement with parameters ``slots``; raises StatementError."""
    name, weight = None, 1.0
    parameters: dict[str, str | None] = {}
    for line in lines:
        if line.key not in KEYS:
            raise _error(line, f"is not known; did you mean -- {_meant(line.key)}:?")
        if line.key == "param":
            slot, value = _parameter(line, slots)
            if slot in parameters:
                raise _error(line, f"gives {slot} a second value")
            parameters[slot] = value
        elif any(other.key == line.key and other.line < line.line for other in lines):
            raise _error(line, "is the second above one statement; keep one")
        elif line.key == "weight":
            weight = _weight(line)
        else:
            name = _name(line)
    return Annotations(name, weight, parameters)


def _error(line: Annotation, fault: str) -> StatementError:
    text = f"-- {line.key}: {line.value}".rstrip()
    return StatementError(f"{text!r} in line {line.line} {fault}")


def _name(line: Annotation) -> str:
    if not line.value:
        raise _error(line, "names nothing")
    return line.value


def _weight(line: Annotation) -> float:
    try:
        weight = float(line.value)
    except ValueError:
        raise _error(line, "is not a number; a weight is how often it is called") from None
    if not (weight > 0 and math.isfinite(weight)):
        raise _error(line, "must be above zero and finite")
    return weight


def _parameter(line: Annotation, slots: Sequence[str]) -> tuple[str, str | None]:
    name, equals, value = line.value.partition("=")
    slot = name.strip().lstrip(":$")
    if not equals:
        raise _error(line, f"has no value; write -- param: {slot or 'name'}=value")
    if slot not in slots:
        known = f"has {', '.join(slots)}" if slots else "has none"
        raise _error(line, f"names no parameter of the statement, which {known}")
    return slot, _value(value.strip())


def _value(text: str) -> str | None:
    if text.upper() == "NULL":
        return None
    quoted = _QUOTED.fullmatch(text)
    return quoted[1].replace("''", "'") if quoted else text
