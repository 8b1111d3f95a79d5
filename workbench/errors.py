"""What can go wrong, as a tree.

WorkbenchError                 anything the workbench itself says; its text is one clear line
├── InputError                 a file, flag or spec that cannot be used as it is
│   ├── StatementError         one SQL statement that cannot be read or planned
│   ├── UnknownName            a dataset, table, column or kind that is not there; names near ones
│   └── SpecError              a mistake in a dataset.toml, with table, column and remedy
├── ServerError                a Postgres that cannot be started, reached or used
│   └── ReadOnly               a request that would change a database that is not ours
├── TimedOut                   a statement that ran longer than its time limit
└── MeasurementError           a comparison that cannot be made
    └── NotConfirmed           a result that is not the one that was required; an AssertionError too
"""

from collections.abc import Iterable
from difflib import get_close_matches


class WorkbenchError(Exception):
    """Anything the workbench itself says; ``str()`` is one line with the value and the remedy."""


class InputError(WorkbenchError):
    """A file, flag or spec that cannot be used as it is."""


class StatementError(InputError):
    """One SQL statement that cannot be read or planned; it may point at a place in its text."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        """``line`` and ``column`` count from 1; 0 means that no place is known."""
        super().__init__(f"{message} (line {line}, column {column})" if line else message)
        self._message, self._line, self._column = message, line, column

    def in_file(self, first_line: int) -> str:
        """The message with the line of a file in which the statement begins in ``first_line``."""
        if not self._line:
            return self._message
        return f"{self._message} (line {first_line + self._line - 1}, column {self._column})"


class UnknownName(InputError):
    """A dataset, table, column or kind that is not there."""

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        """Say that ``kind`` has no ``name`` and which of ``known`` is meant, if one is near."""
        names = sorted(set(known))
        near = get_close_matches(name, names, n=3, cutoff=0.6)
        place = f" in {where}" if where else ""
        if near:
            remedy = f"did you mean {' or '.join(near)}?"
        elif names:
            remedy = f"there {'is' if len(names) == 1 else 'are'} {', '.join(names[:12])}"
        else:
            remedy = "there are none"
        super().__init__(f"there is no {kind} named {name}{place}; {remedy}")
        self.name = name
        self.near = tuple(near)


class SpecError(InputError):
    """A mistake in a dataset.toml, with table, column and remedy."""


class ServerError(WorkbenchError):
    """A Postgres that cannot be started, reached or used."""


class ReadOnly(ServerError):
    """A request that would change a database that is not ours."""


class TimedOut(WorkbenchError):
    """A statement that ran longer than its time limit."""


class MeasurementError(WorkbenchError):
    """A comparison that cannot be made."""


class NotConfirmed(MeasurementError, AssertionError):
    """A result that is not the one that was required."""
