"""One statement of a workload, as the user wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """A query that Postgres itself runs for each of ``rows`` rows that a statement writes."""

    text: str
    rows: float


@dataclass(frozen=True)
class Query:
    """A statement with its name, its weight and the values for its parameters.

    ``sql`` is the user's text, unchanged, without the closing semicolon. ``text`` is what is sent:
    the same, with every parameter written as ``$1``, ``$2``, …; ``slots`` names the parameter in
    each of these places and ``parameters`` holds the values that the file gave; ``origin`` says
    where values come from that it did not give. ``checks`` are run with it.
    """

    name: str
    sql: str
    text: str
    slots: tuple[str, ...] = ()
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    weight: float = 1.0
    source: str = ""
    line: int = 1
    origin: str = ""
    checks: tuple[Check, ...] = ()

    @property
    def values(self) -> tuple[str | None, ...]:
        """The value for each of ``slots``, None where none is known."""
        return tuple(self.parameters.get(slot) for slot in self.slots)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of parameters that have no value yet."""
        return tuple(dict.fromkeys(s for s in self.slots if s not in self.parameters))


@dataclass(frozen=True)
class Failure:
    """A statement that cannot be used, and why; the others of its file still can."""

    name: str
    sql: str
    line: int
    reason: str
    source: str = ""
    weight: float = 1.0

    def __str__(self) -> str:
        """One line: where it stands and what is wrong."""
        place = f"{self.source}:{self.line}" if self.source else f"line {self.line}"
        return f"{place}: {self.name}: {self.reason}"
