"""From two samples to "faster", "slower", "no difference" or "inconclusive", with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workbench.measurement.statistics import (
    LOOKS,
    NOMINAL_ALPHA,
    mann_whitney,
    median,
    ratio_interval,
    ratio_of_medians,
)

Verdict: TypeAlias = Literal["faster", "slower", "no difference", "inconclusive"]

MIN_EFFECT = 0.05
UNSTABLE_ALPHA = 0.001


@dataclass(frozen=True)
class SelfCheck:
    """The arms against themselves: what differs here cannot be a difference between the arms.

    ``kind`` names the split of the pairs that differs most, ``ratio`` is how many times slower its
    first part is, ``p_value`` that of Mann–Whitney. ``passed`` is False when that is more than what
    the arms differ by (or more than the minimum effect).
    """

    kind: str
    ratio: float
    p_value: float
    passed: bool


@dataclass(frozen=True)
class Judgement:
    """A verdict on pairs of runs; ``speedup`` is before/after, ``reason`` a clause in words."""

    verdict: Verdict
    reason: str
    speedup: float
    speedup_ci: tuple[float, float]
    p_value: float
    self_check: SelfCheck

    @property
    def decided(self) -> bool:
        """Whether more pairs are not needed."""
        return self.verdict != "inconclusive"


def judge(
    before: Sequence[float],
    after: Sequence[float],
    *,
    after_first: Sequence[bool] = (),
    min_effect: float = MIN_EFFECT,
    seed: int = 0,
) -> Judgement:
    """The verdict on pairs of run times, as it stands after these pairs.

    ``after_first`` tells for each pair whether ``after`` ran first. "Faster" needs a p-value below
    the level for one look, an interval without 1 and a ratio beyond ``min_effect``; "no difference"
    is equivalence: the whole interval within ``min_effect``.
    """
    speedup = ratio_of_medians(before, after)
    interval = ratio_interval(before, after, seed=seed)
    p_value = mann_whitney(before, after)
    check = self_check(before, after, after_first, beyond=max(1 + min_effect, _fold(speedup)))
    verdict, reason = _verdict(speedup, interval, p_value, 1 + min_effect)
    if len(before) < LOOKS[0]:
        verdict = "inconclusive"
        reason = f"{_pairs(len(before))} cannot show anything; {LOOKS[0]} are the least"
    elif verdict != "inconclusive" and not check.passed:
        verdict, reason = "inconclusive", _doubt(check)
    return Judgement(verdict, reason, speedup, interval, p_value, check)


def _verdict(
    speedup: float, interval: tuple[float, float], p_value: float, least: float
) -> tuple[Verdict, str]:
    """The verdict of the numbers alone; ``least`` is the ratio from which a difference counts."""
    low, high = interval
    found = f"p = {p_value:.2g} by Mann–Whitney"
    if p_value < NOMINAL_ALPHA and speedup >= least and low > 1:
        return "faster", found
    if p_value < NOMINAL_ALPHA and speedup <= 1 / least and high < 1:
        return "slower", found
    if 1 / least <= low and high <= least:
        return "no difference", f"the whole interval lies within {least - 1:.0%} of 1"
    if 1 / least < speedup < least:
        return "inconclusive", f"the interval is wider than {least - 1:.0%} on either side of 1"
    if p_value < NOMINAL_ALPHA:
        return "inconclusive", f"{found}, but the interval holds 1"
    return "inconclusive", f"{found}, not below {NOMINAL_ALPHA}, the level for one look"


def self_check(
    before: Sequence[float],
    after: Sequence[float],
    after_first: Sequence[bool] = (),
    *,
    beyond: float,
) -> SelfCheck:
    """Three splits in which equal things are compared; one that differs by ``beyond`` fails.

    Runs of the same arm in odd and in even pairs are an A/A comparison under the noise of the real
    one, so any such ratio fails. Early and late pairs, and pairs in one order and in the other,
    must agree on the ratio between the arms; there only a significant disagreement fails. Drift
    that both arms share is no fault, since random order deals with it.
    """
    b, a = _relative(before), _relative(after)
    ratios = [x / y for x, y in zip(b, a, strict=True)]
    half = len(ratios) // 2
    order = list(zip(ratios, after_first, strict=True)) if after_first else []
    checks = [
        _split("the same arm in odd and even pairs", b[::2] + a[::2], b[1::2] + a[1::2], beyond, 1),
        _split("the ratio of early and late pairs", ratios[:half], ratios[half:], beyond),
        _split(
            "the ratio of pairs in either order",
            [ratio for ratio, swapped in order if swapped],
            [ratio for ratio, swapped in order if not swapped],
            beyond,
        ),
    ]
    return min(checks, key=lambda check: (check.passed, check.p_value))


def _split(
    kind: str,
    first: Sequence[float],
    second: Sequence[float],
    beyond: float,
    level: float = UNSTABLE_ALPHA,
) -> SelfCheck:
    """One check; a part without runs passes, because it cannot be made."""
    if not first or not second:
        return SelfCheck(kind, 1.0, 1.0, passed=True)
    ratio, p_value = ratio_of_medians(first, second), mann_whitney(first, second)
    return SelfCheck(kind, ratio, p_value, passed=p_value > level or _fold(ratio) <= beyond)


def _relative(values: Sequence[float]) -> list[float]:
    """The values in units of their median, so that both arms can be pooled."""
    middle = median(values)
    return [value / middle for value in values]


def _fold(ratio: float) -> float:
    """A ratio as a number from 1 up, whichever way it points."""
    return max(ratio, 1 / ratio)


def _doubt(check: SelfCheck) -> str:
    return f"self-check failed: {check.kind} differs by {_fold(check.ratio) - 1:.0%}"


def _pairs(n: int) -> str:
    return "1 pair" if n == 1 else f"{n} pairs"
