"""A dataset's schema.sql: what is created before the rows and which keys are added after them.

Everything from the first line that starts with ALTER TABLE on is run after the rows. Keys belong
there: ALTER TABLE t ADD PRIMARY KEY (…), ADD UNIQUE (…), ADD FOREIGN KEY (…) REFERENCES ….
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, cast

from workbench.errors import SpecError

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d]\w*)'
_TABLE = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_CREATE = re.compile(rf"^\s*CREATE\s+(?:UNLOGGED\s+)?TABLE\s+({_TABLE})", re.I | re.M)
_SCHEMA = re.compile(rf"^\s*CREATE\s+SCHEMA\s+({_NAME})", re.I | re.M)
_ALTER = re.compile(rf"^ALTER\s+TABLE\s+(?:ONLY\s+)?({_TABLE})\s+([^;]*);", re.I | re.M)
_ADD = re.compile(
    rf"ADD\s+(?:CONSTRAINT\s+{_NAME}\s+)?(PRIMARY\s+KEY|UNIQUE|FOREIGN\s+KEY)[^(]*\(([^)]*)\)"
    rf"(?:\s*REFERENCES\s+({_TABLE})(?:\s*\(([^)]*)\))?)?",
    re.I,
)
_COMMENT = re.compile(r"--[^\n]*")
_MISPLACED = re.compile(
    r"\bPRIMARY\s+KEY\b|\bUNIQUE\b|\bREFERENCES\b|\bFOREIGN\s+KEY\b|\bCREATE\s+(?:UNIQUE\s+)?INDEX\b",
    re.I,
)


KeyKind: TypeAlias = Literal["primary key", "unique", "foreign key"]


@dataclass(frozen=True)
class Constraint:
    """A key of a table, as unquoted names; ``refers_to`` is the parent of a foreign key."""

    table: str
    kind: KeyKind
    columns: tuple[str, ...]
    refers_to: str | None = None


@dataclass(frozen=True)
class Schema:
    """The text of a schema.sql, in two parts."""

    file: Path
    before: str
    after: str

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables it creates, unquoted, with their schema where one is written."""
        return tuple(unquoted(found[1]) for found in _CREATE.finditer(self.before))

    @cached_property
    def schemas(self) -> tuple[str, ...]:
        """The schemas it creates, unquoted."""
        return tuple(unquoted(found[1]) for found in _SCHEMA.finditer(self.before))

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """The keys it adds."""
        found = []
        for statement in _ALTER.finditer(self.after):
            for kind, columns, parent, _ in _ADD.findall(statement[2]):
                names = tuple(unquoted(name) for name in columns.split(","))
                what = cast(KeyKind, " ".join(kind.lower().split()))
                refers_to = unquoted(parent) if parent else None
                found.append(Constraint(unquoted(statement[1]), what, names, refers_to))
        return tuple(found)

    @cached_property
    def keys(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The statements after the rows: those without and those with a foreign key."""
        statements = [found[0] for found in _ALTER.finditer(self.after)]
        foreign = [s for s in statements if re.search(r"\bFOREIGN\s+KEY\b", s, re.I)]
        return tuple(s for s in statements if s not in foreign), tuple(foreign)


def read(file: Path) -> Schema:
    """The schema in ``file``; raises SpecError when it is missing or has keys in the wrong part."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(
            f"{file}: cannot be read ({error.strerror}); write the tables there"
        ) from None
    except UnicodeDecodeError as error:
        raise SpecError(f"{file}: cannot be read as UTF-8 text ({error})") from None
    start = re.search(r"^ALTER\s+TABLE\b", text, re.I | re.M)
    cut = start.start() if start else len(text)
    misplaced = _MISPLACED.search(_COMMENT.sub("", text[:cut]))
    if misplaced:
        what = " ".join(misplaced[0].split())
        raise SpecError(
            f"{file}: {what} stands before the first ALTER TABLE; keys are added after the rows, "
            "so write it as ALTER TABLE … ADD … at the end (indexes go to indexes/published.sql)"
        )
    after = _COMMENT.sub("", text[cut:])
    rest = _ALTER.sub("", after).strip()
    if rest:
        raise SpecError(
            f"{file}: after the first ALTER TABLE stands {rest.split(chr(10))[0][:60]!r}; "
            "move it up, only ALTER TABLE … ADD …; may follow there"
        )
    return Schema(file, text[:cut], after)


def unquoted(name: str) -> str:
    """``"Order Items"`` → Order Items, Auth.Users → auth.users."""
    parts = re.findall(_NAME, name)
    return ".".join(p[1:-1].replace('""', '"') if p[0] == '"' else p.lower() for p in parts)
