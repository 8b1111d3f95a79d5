"""From what an experiment found to a verdict and a sentence. Pure.

An interval may lie across the end of a promised range, so each promised figure has a set of
outcomes that are still possible. The headline leads: where it is refuted the claim is; where it is
partly kept so is the claim; where it is kept, the other figures must be kept too. A verdict is
given when every possible combination comes to the same one, else the claim is inconclusive. Where
places of the axis are decided differently, the claim depends on the axis.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal, TypeAlias

from workbench.claims.claim import Claim, Finding, Point, Promise, Verdict
from workbench.errors import MeasurementError
from workbench.measurement.estimate import Estimate, figures
from workbench.measurement.verdict import MIN_EFFECT

Outcome: TypeAlias = Literal["refuted", "partly", "confirmed"]
LEVELS: tuple[Outcome, ...] = ("refuted", "partly", "confirmed")
_WORDS = {"refuted": "no gain", "partly": "a gain below the promise", "confirmed": "promise kept"}


@dataclass(frozen=True)
class Kept:
    """What became of one promised figure; more than one outcome where it is not decided."""

    promise: Promise
    measured: Estimate
    outcomes: tuple[Outcome, ...]

    @property
    def word(self) -> str:
        """``partly``, or ``partly or confirmed``."""
        return " or ".join(self.outcomes)


@dataclass(frozen=True)
class Turn:
    """Where along the axis the outcome changes: about ``at``, surely between ``low`` and ``high``.

    ``at`` is interpolated between the two places, on logarithms where all figures are positive.
    """

    at: float
    low: float
    high: float
    before: Outcome
    after: Outcome


@dataclass(frozen=True)
class Ruling:
    """The verdict on a claim and a sentence with its figures."""

    verdict: Verdict
    sentence: str
    kept: tuple[Kept, ...] = ()
    turns: tuple[Turn, ...] = ()


def rule(claim: Claim, finding: Finding) -> Ruling:
    """The verdict; raises MeasurementError for a finding that does not fit the claim."""
    _require_fitting(claim, finding)
    kept = tuple(
        Kept(promise, measured, outcomes(promise, measured))
        for promise in claim.promises
        for measured in [finding.measured[promise.figure]]
    )
    turns = turning_points(claim.promises[0], finding.points)
    if turns:
        return Ruling("depends", _dependence(claim, turns), kept, turns)
    possible = {_combined(choice) for choice in product(*(each.outcomes for each in kept))}
    if len(possible) == 1:
        return Ruling(possible.pop(), "; ".join(map(_figure, kept)), kept)
    words = " or ".join(level for level in LEVELS if level in possible)
    figures = map(_figure, kept if len(kept) > 1 else ())
    return Ruling(
        "inconclusive", "; ".join([f"{words}, the interval leaves it open", *figures]), kept
    )


def settle(ruling: Ruling, earlier: Ruling, when: str) -> Ruling:
    """The ruling in the light of an earlier run of the same experiment with the same seed."""
    if ruling.verdict == earlier.verdict:
        return ruling
    sentence = (
        f"two runs disagree: {ruling.verdict} now ({ruling.sentence}), "
        f"{earlier.verdict} at {when[:16]} ({earlier.sentence})"
    )
    return Ruling("inconclusive", sentence, ruling.kept, ruling.turns)


def outcomes(promise: Promise, measured: Estimate) -> tuple[Outcome, ...]:
    """Every outcome that the interval leaves possible, from the worst to the best."""
    worst, best = sorted((_level(promise, measured.low), _level(promise, measured.high)))
    possible = range(worst, best + 1)
    return tuple(LEVELS[each] for each in possible if each != 1 or _has_middle(promise))


def turning_points(promise: Promise, points: Sequence[Point]) -> tuple[Turn, ...]:
    """Where the outcome of the headline changes between places that are decided.

    A place between them that is not decided, but surely no longer what it was, ends the bracket.
    """
    places = sorted(points, key=lambda point: point.at)
    possible = [outcomes(promise, point.measured) for point in places]
    decided = [number for number, found in enumerate(possible) if len(found) == 1]
    turns = []
    for last, following in pairwise(decided):
        (before,), (after,) = possible[last], possible[following]
        if before == after:
            continue
        first = next(n for n in range(last + 1, following + 1) if before not in possible[n])
        start, end = places[last], places[first]
        at = _crossing(promise, start, end, {before, after})
        turns.append(Turn(at, start.at, end.at, before, after))
    return tuple(turns)


def _combined(choice: Sequence[Outcome]) -> Outcome:
    headline, *others = choice
    if headline == "confirmed" and any(other != "confirmed" for other in others):
        return "partly"
    return headline


def _level(promise: Promise, value: float) -> int:
    """0 no gain, 1 better than neutral, 2 as promised."""
    sign = 1 if promise.better == "higher" else -1
    bar, floor = _bar(promise), _floor(promise)
    if bar is not None and sign * value >= sign * bar:
        return 2
    if floor is None or sign * value <= sign * floor:
        return 0
    return 2 if bar is None else 1


def _bar(promise: Promise) -> float | None:
    """From where on the promise is kept; None where only a gain is promised."""
    return promise.low if promise.better == "higher" else promise.high


def _floor(promise: Promise) -> float | None:
    """Up to where there is no gain worth the name: neutral, and 5 % beside it for a ratio."""
    if promise.neutral is None:
        return None
    margin = {("x", 1.0): MIN_EFFECT, ("%", 0.0): 100 * MIN_EFFECT}
    sign, bar = (1 if promise.better == "higher" else -1), _bar(promise)
    floor = promise.neutral + sign * margin.get((promise.unit, promise.neutral), 0.0)
    return promise.neutral if bar is not None and sign * floor >= sign * bar else floor


def _has_middle(promise: Promise) -> bool:
    return promise.neutral is not None and _bar(promise) is not None


def _crossing(promise: Promise, a: Point, b: Point, both: set[Outcome]) -> float:
    """The place between ``a`` and ``b`` where the figure passes the limit between outcomes."""
    floor, bar = _floor(promise), _bar(promise)
    limit = floor if "refuted" in both and floor is not None else bar
    y, z = a.measured.value, b.measured.value
    if limit is None or y == z:
        return (a.at + b.at) / 2
    if min(y, z, limit) > 0:
        y, z, limit = math.log(y), math.log(z), math.log(limit)
    part = min(1.0, max(0.0, (limit - y) / (z - y)))
    if a.at > 0:
        between = math.exp(math.log(a.at) + part * (math.log(b.at) - math.log(a.at)))
        return min(max(between, a.at), b.at)
    return a.at + part * (b.at - a.at)


def _dependence(claim: Claim, turns: Sequence[Turn]) -> str:
    """``by round trip: no gain up to about 0.4 ms (0 to 1), then promise kept``."""
    axis, _, unit = (claim.axis or "").partition(", ")
    parts = [
        f"{_WORDS[turn.before]} up to about {figures(turn.at)}{_after(unit)} "
        f"({figures(turn.low)} to {figures(turn.high)})"
        for turn in turns
    ]
    return f"by {axis}: {', then '.join([*parts, _WORDS[turns[-1].after]])}"


def _figure(kept: Kept) -> str:
    return f"{measured(kept)}, promised {promised(kept.promise)}: {kept.word}"


def measured(kept: Kept) -> str:
    """The figure as it is read: ``speed-up 4.5 x (4 to 5)``, ``3 statements``."""
    figure = kept.promise.figure
    return f"{figure} {kept.measured}" if figure != kept.promise.unit else str(kept.measured)


def promised(promise: Promise) -> str:
    """The promise as it is read: ``3 to 10 x``, ``at most 30 connections``, ``above 1 x``.

    A figure that is called like its unit does not repeat it: statements, at most 2.
    """
    low, high = promise.low, promise.high
    unit = "" if promise.unit == promise.figure else promise.unit
    if low is not None and low == high:
        return f"{figures(low)}{_after(unit)}"
    if promise.better == "lower" and high is not None:
        return f"at most {figures(high)}{_after(unit)}"
    if low is not None and high is not None:
        return f"{figures(low)} to {figures(high)}{_after(unit)}"
    if low is not None:
        return f"at least {figures(low)}{_after(unit)}"
    word = "above" if promise.better == "higher" else "below"
    return f"{word} {figures(promise.neutral or 0.0)}{_after(unit)}"


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""


def _require_fitting(claim: Claim, finding: Finding) -> None:
    """Raise MeasurementError unless every promised figure was measured in the promised unit."""
    for promise in claim.promises:
        measured = finding.measured.get(promise.figure)
        if measured is None:
            found = ", ".join(finding.measured) or "nothing"
            raise MeasurementError(
                f"{claim.id}: the check measured no {promise.figure!r}, but {found}"
            )
        _require_sound(claim, promise, measured)
    for point in finding.points:
        _require_sound(claim, claim.promises[0], point.measured)
    if finding.points and claim.axis is None:
        raise MeasurementError(f"{claim.id}: there are points but the ledger names no axis")


def _require_sound(claim: Claim, promise: Promise, measured: Estimate) -> None:
    if measured.unit != promise.unit:
        raise MeasurementError(
            f"{claim.id}: {promise.figure} was measured in {measured.unit!r}, "
            f"the promise is in {promise.unit!r}"
        )
    if not measured.low <= measured.value <= measured.high:  # also where one is not a number
        raise MeasurementError(
            f"{claim.id}: {promise.figure} {measured.value} lies outside of its own interval "
            f"{measured.low} to {measured.high}"
        )
