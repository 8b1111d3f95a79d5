"""Comparing two arms of which one ran into the time limit."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from workbench.errors import TimedOut
from workbench.measurement import environment
from workbench.measurement.comparison import Comparison, measured, timed_out
from workbench.measurement.limits import Limits
from workbench.measurement.runs import Arm, Run, Subject
from workbench.measurement.statistics import ALPHA, median, median_interval

RUNS = 20
"""With two time-outs, so many runs of the other arm are significant: p = 2 / C(22, 2) = 0.0087."""

BASIS_REASON = "an arm ran into the time limit, which is wall clock time"


def compare_with_time_out(
    subject: Subject, before: Arm, after: Arm, slow: Arm, limits: Limits
) -> Comparison:
    """The comparison when ``slow``, one of the two arms, has run into the time limit once.

    The other arm is run up to 20 times, then ``slow`` a second time: one sample is never a verdict.
    The ratio is a bound, because all that is known of ``slow`` is that it takes longer.
    """
    fast = after if slow is before else before
    runs = _runs(subject, fast, limits)
    again = bool(runs) and _times_out(subject, slow)
    found = {
        slow.name: timed_out(subject, slow, limits.timeout_s, runs=2 if again else 1),
        fast.name: measured(subject, fast, runs)
        if runs
        else timed_out(subject, fast, limits.timeout_s, runs=1),
    }
    nothing = Comparison(
        before=found[before.name],
        after=found[after.name],
        verdict="inconclusive",
        reason=f"neither arm finished within {limits.timeout_s:g} s",
        basis="wall",
        basis_reason=BASIS_REASON,
        environment=environment.record(subject.connection, f"wall: {BASIS_REASON}"),
    )
    if not runs:
        return nothing
    if not again:
        reason = f"{slow.name} ran into the limit of {limits.timeout_s:g} s once and finished once"
        return replace(nothing, reason=reason)
    return _bounded(nothing, runs, limits, slow_is_before=slow is before)


def _runs(subject: Subject, arm: Arm, limits: Limits) -> list[Run]:
    """Up to 20 runs after a warm-up, fewer when time is up, none when one ran into the limit."""
    started, runs = time.perf_counter(), list[Run]()
    try:
        subject.run(arm)
        while len(runs) < RUNS and time.perf_counter() - started < limits.seconds:
            runs.append(subject.run(arm))
    except TimedOut:
        return []
    return runs


def _times_out(subject: Subject, arm: Arm) -> bool:
    try:
        subject.run(arm)
    except TimedOut:
        return True
    return False


def _bounded(
    nothing: Comparison, runs: Sequence[Run], limits: Limits, *, slow_is_before: bool
) -> Comparison:
    """At least so many times faster or slower: the limit over the other arm's median."""
    limit_ms, times = limits.timeout_s * 1000, [run.wall_ms for run in runs]
    ratio, nearest = limit_ms / median(times), limit_ms / median_interval(times)[1]
    p_value = 2 / math.comb(len(times) + 2, 2)  # Mann–Whitney's, as no run reached the limit
    decided = p_value < ALPHA and nearest >= 1 + limits.min_effect
    slow, bound = ("before", "least") if slow_is_before else ("after", "most")
    return replace(
        nothing,
        verdict=("faster" if slow_is_before else "slower") if decided else "inconclusive",
        reason=f"{slow} ran into the limit of {limits.timeout_s:g} s twice, so the ratio is at "
        f"{bound} this (p = {p_value:.2g} by Mann–Whitney)",
        speedup=ratio if slow_is_before else 1 / ratio,
        speedup_ci=(nearest, math.inf) if slow_is_before else (0.0, 1 / nearest),
        p_value=p_value,
    )
