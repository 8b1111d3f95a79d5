"""Comparing two arms of which one is so slow that there is time for few of its runs, or for none.

Two or three slow runs are enough where many of the other arm are all faster: it is the same test
of Mann and Whitney, with samples of different sizes. All that is known of a run that reached the
time limit is that it takes longer.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from workbench.errors import TimedOut
from workbench.measurement import environment
from workbench.measurement.comparison import Comparison, measured, timed_out
from workbench.measurement.limits import Limits
from workbench.measurement.runs import Arm, Run, Subject, choose_basis, time_ms
from workbench.measurement.statistics import ALPHA, mann_whitney, median, median_interval

RUNS = {2: 20, 3: 9, 4: 8, 5: 8}
"""By the number of slow runs, how many of the other arm are significant: p = 2 / C(22, 2) = 0.0087.

Below 8 the interval of their median would hold less than 99 %.
"""

PLAIN = 3.0
BASIS_REASON = "an arm ran into the time limit, which is wall clock time"


def plain(pairs: Sequence[tuple[Run, Run]]) -> bool:
    """Whether the same arm takes several times as long in every (before, after) pair."""
    ratios = [before.wall_ms / after.wall_ms for before, after in pairs]
    return min(ratios) > PLAIN or max(ratios) < 1 / PLAIN


def compare_few(
    subject: Subject, before: Arm, after: Arm, pairs: Sequence[tuple[Run, Run]], limits: Limits
) -> Comparison:
    """The comparison of arms that differ plainly, when there is no time for more slow runs.

    The faster arm is run as often as is significant; the interval goes to the extremes of the few
    slow runs.
    """
    slow_is_before = pairs[0][0].wall_ms > pairs[0][1].wall_ms
    ran = [before for before, _ in pairs], [after for _, after in pairs]
    arms = (before, after) if slow_is_before else (after, before)
    slow, fast = ran if slow_is_before else ran[::-1]
    for arm, runs, more in zip(arms, (slow, fast), _missing(slow, fast, limits), strict=True):
        runs += runs_within(subject, arm, limits.timeout_s, more)
    basis, why = choose_basis(ran)
    slow_ms, fast_ms = ([time_ms(run, basis) for run in runs] for runs in (slow, fast))
    found = Comparison(
        before=measured(subject, before, ran[0], limits),
        after=measured(subject, after, ran[1], limits),
        verdict="inconclusive",
        reason=f"there was time for {len(slow)} slow runs only",
        basis=basis,
        basis_reason=why,
        environment=environment.record(subject.connection, f"{basis}: {why}"),
    )
    most_ms = max(slow_ms)
    return _judged(found, slow_ms, fast_ms, most_ms, limits, slow_is_before=slow_is_before)


def compare_with_time_out(
    subject: Subject, before: Arm, after: Arm, slow: Arm, limits: Limits, *, again: bool = False
) -> Comparison:
    """The comparison when ``slow``, one of the two arms, has run into the time limit once.

    The other arm is run up to 20 times, then ``slow`` a second time: one sample is never a verdict.
    But not when that is known to have happened ``again``. The ratio is a bound.
    """
    fast = after if slow is before else before
    runs = runs_within(subject, fast, limits.seconds, RUNS[2] + 1)
    runs = runs[1:] or runs  # the first warms up
    again = again or (bool(runs) and not runs_within(subject, slow, limits.seconds, 1))
    samples = {
        slow.name: timed_out(subject, slow, limits.timeout_s, runs=2 if again else 1),
        fast.name: measured(subject, fast, runs, limits)
        if runs
        else timed_out(subject, fast, limits.timeout_s, runs=1),
    }
    limit = f"the limit of {limits.timeout_s:g} s"
    nothing = Comparison(
        before=samples[before.name],
        after=samples[after.name],
        verdict="inconclusive",
        reason=f"neither arm finished within {limits.timeout_s:g} s",
        basis="wall",
        basis_reason=BASIS_REASON,
        environment=environment.record(subject.connection, f"wall: {BASIS_REASON}"),
    )
    if not runs:
        return nothing
    if not again:
        return replace(nothing, reason=f"{slow.name} ran into {limit} once and finished once")
    side, bound = ("before", "least") if slow is before else ("after", "most")
    reason = f"{side} ran into {limit} twice, so the ratio is at {bound} this"
    return _judged(
        replace(nothing, reason=reason),
        [1000 * limits.timeout_s] * 2,
        [run.wall_ms for run in runs],
        math.inf,
        limits,
        slow_is_before=slow is before,
    )


def _missing(slow: Sequence[Run], fast: Sequence[Run], limits: Limits) -> tuple[int, int]:
    """How many runs of each arm are significant and soonest done; none if they take too long."""
    slow_s, fast_s = (median([run.wall_ms for run in runs]) / 1000 for runs in (slow, fast))

    def seconds(more: tuple[int, int]) -> float:
        return more[0] * slow_s + more[1] * fast_s

    ways = [(few - len(slow), RUNS[few] - len(fast)) for few in RUNS if few >= len(slow)]
    soonest = min(ways, key=seconds)
    return soonest if seconds(soonest) <= limits.timeout_s else (0, 0)


def runs_within(subject: Subject, arm: Arm, seconds: float, most: int) -> list[Run]:
    """Up to so many runs, fewer when time is up, none when one ran into the limit."""
    started, runs = time.perf_counter(), list[Run]()
    try:
        while len(runs) < most and (not runs or time.perf_counter() - started < seconds):
            runs.append(subject.run(arm))
    except TimedOut:
        return []
    return runs


def _judged(
    found: Comparison,
    slow_ms: Sequence[float],
    fast_ms: Sequence[float],
    most_ms: float,
    limits: Limits,
    *,
    slow_is_before: bool,
) -> Comparison:
    """With the ratio and the verdict; ``most_ms`` is how long the slow arm may take."""
    low, high = median_interval(fast_ms)
    ratio, ends = median(slow_ms) / median(fast_ms), (min(slow_ms) / high, most_ms / low)
    p_value = _p_value(slow_ms, fast_ms)
    decided = p_value < ALPHA and ends[0] >= 1 + limits.min_effect
    if not slow_is_before:
        ratio, ends = 1 / ratio, (1 / ends[1], 1 / ends[0])
    if decided:
        found = replace(found, verdict="faster" if slow_is_before else "slower")
    reason = f"{found.reason} (p = {p_value:.2g} by Mann–Whitney)"
    return replace(found, speedup=ratio, speedup_ci=ends, p_value=p_value, reason=reason)


def _p_value(slow_ms: Sequence[float], fast_ms: Sequence[float]) -> float:
    """Mann and Whitney's, two-sided; exact where no run is between those of the other arm."""
    if min(slow_ms) > max(fast_ms):
        return 2 / math.comb(len(slow_ms) + len(fast_ms), len(slow_ms))
    return mann_whitney(slow_ms, fast_ms)
