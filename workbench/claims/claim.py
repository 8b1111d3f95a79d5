"""A claim, its promised figures, and what an experiment found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from workbench.measurement.estimate import Estimate

Verdict: TypeAlias = Literal[
    "confirmed", "partly", "refuted", "depends", "inconclusive", "not run", "not measurable"
]


@dataclass(frozen=True)
class Promise:
    """One promised figure: ``low`` to ``high`` in ``unit``; ``high`` is None where it is open.

    ``neutral`` is the figure that means no gain at all (1 for a ratio, 0 for percent less).
    ``better`` says in which direction the figure improves: with ``lower`` the promise is kept
    at or below ``high``.
    """

    figure: str
    unit: str
    low: float | None
    high: float | None
    neutral: float | None
    better: Literal["higher", "lower"] = "higher"


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger; the first of ``promises`` is the headline.

    ``check`` names the experiment in ``checks``; ``parameters`` are handed to it. ``axis`` names
    what the sign or size of the gain may change along. ``unmeasurable`` is the reason why there
    can be no experiment.
    """

    id: str
    system: str
    title: str
    text: str
    promises: tuple[Promise, ...]
    experiment: str
    check: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    axis: str | None = None
    unmeasurable: str | None = None


@dataclass(frozen=True)
class Point:
    """The headline figure at one place of the axis, such as 5 ms of round trip."""

    at: float
    measured: Estimate


@dataclass(frozen=True)
class Finding:
    """What an experiment found: an estimate for every promised figure, by its name.

    ``points`` hold the headline along the claim's axis, in its order. ``records`` are the rows
    behind it for tables and plots. ``note`` is a sentence on what else was seen.
    """

    measured: Mapping[str, Estimate]
    points: tuple[Point, ...] = ()
    records: Sequence[Mapping[str, Any]] = ()
    note: str = ""
