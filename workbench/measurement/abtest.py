"""Whether a statement runs faster under one arm than under another.

A few warm-up runs, then pairs in random order; after 6, 10, 20, 40 and 80 pairs those so far are
judged at a level corrected for the number of looks, and the comparison stops when it is decided.
Where there is no time for the first look, but the difference is plain, few slow runs have to do.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench import db
from workbench.errors import MeasurementError
from workbench.measurement import clock, environment, statistics
from workbench.measurement.alike import compare_alike
from workbench.measurement.comparison import Comparison, measured
from workbench.measurement.limits import Limits
from workbench.measurement.lopsided import compare_few, compare_with_time_out, plain
from workbench.measurement.runs import (
    Arm,
    ArmTimedOut,
    Run,
    Subject,
    choose_basis,
    loops_for,
    sample_interleaved,
    time_ms,
)
from workbench.measurement.verdict import Judgement, judge
from workbench.plans.explain import refuse_unplannable

__all__ = ["Arm", "Comparison", "Limits", "compare"]

Tidy = Callable[[db.Connection], None]
NEARLY = 1.5  # times the seconds, where that is enough for the first look
FEW = 2, 3  # pairs that a plain difference gets at any price, and within one statement's limit


def compare(
    connection: db.Connection,
    statement: str,
    values: Sequence[str | None] = (),
    *,
    before: Arm,
    after: Arm,
    backend_cpu: Path | None = None,
    seed: int = 0,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    tidy: Tidy | None = None,
    alike: bool = False,
    before_timed_out: bool = False,
) -> Comparison:
    """The statement under ``before`` and ``after``, measured in turn; nothing it writes stays.

    ``backend_cpu`` is the schedstat file of this connection's backend, if there is one. ``tidy`` is
    called outside a transaction between batches of a statement that writes, for a VACUUM of what
    it left behind. Where ``before_timed_out``, it is known to run into the limit, twice, and is not
    waited for again. Raises StatementError for a statement that fails; a time-out is a result.
    """
    refuse_unplannable(statement)
    if before.name == after.name:
        raise MeasurementError(f"both arms are named {before.name}; give them different names")
    if db.in_transaction(connection):
        raise MeasurementError("a transaction is open; commit it first, every run has its own")
    usable = backend_cpu if clock.usable(backend_cpu) else None
    subject = Subject(connection, statement, values, usable)
    with db.settings(connection, statement_timeout=max(1, round(limits.timeout_s * 1000))):
        if alike:
            return compare_alike(subject, before, after, limits)
        if before_timed_out:
            return compare_with_time_out(subject, before, after, before, limits, again=True)
        try:
            *_, (pairs, judgement) = _looks(subject, before, after, seed, limits, tidy)
        except ArmTimedOut as error:
            return compare_with_time_out(subject, before, after, error.arm, limits)
        both = [(pair.before, pair.after) for pair in pairs]
        if FEW[0] <= len(pairs) < statistics.LOOKS[0] and plain(both):
            return compare_few(subject, before, after, both, limits)
        return _comparison(subject, before, after, pairs, judgement, limits)


@dataclass(frozen=True)
class _Pair:
    """One run of each arm, and which of them came first."""

    before: Run
    after: Run
    after_first: bool


def _looks(
    subject: Subject, before: Arm, after: Arm, seed: int, limits: Limits, tidy: Tidy | None
) -> Iterator[tuple[list[_Pair], Judgement]]:
    """The pairs so far and what they say, at each look; the last is the result."""
    started = time.perf_counter()
    warm = _warm_up(subject, before, after, seed, limits)
    writes = warm.before.writes or warm.after.writes
    most = min(limits.pairs, statistics.LOOKS[-1], limits.write_pairs if writes else limits.pairs)
    pairs: list[_Pair] = []
    hopeless = _wall_s(warm) > NEARLY * limits.seconds and not plain([(warm.before, warm.after)])
    rounds = _rounds(subject, before, after, seed, loops_for([warm.before, warm.after]))
    for pair in [warm] if hopeless else rounds:
        pairs.append(pair)
        spent = time.perf_counter() - started
        out_of_time = spent * (1 + 1 / len(pairs)) > _seconds(limits, pairs, spent)
        last = out_of_time or len(pairs) >= most
        if not last and len(pairs) not in statistics.LOOKS:
            continue
        judgement = _judge(pairs, limits, seed)
        if last and not judgement.decided:
            end = f"the {limits.seconds:g} s for one comparison" if out_of_time else "all allowed"
            judgement = replace(judgement, reason=f"{judgement.reason} ({len(pairs)} pairs, {end})")
        yield pairs, judgement
        enough = len(pairs) >= limits.enough_pairs or spent > limits.cheap_s
        if last or (judgement.decided and enough):
            return
        if writes and tidy:
            tidy(subject.connection)


def _seconds(limits: Limits, pairs: Sequence[_Pair], spent: float) -> float:
    """How long it may take: longer where a few more pairs are all that is missing."""
    few = len(pairs) < FEW[1] and plain([(pair.before, pair.after) for pair in pairs])
    if few:
        return max(limits.seconds, limits.timeout_s if len(pairs) >= FEW[0] else math.inf)
    missing = statistics.LOOKS[0] - len(pairs)
    left = missing * sum(map(_wall_s, pairs)) / len(pairs)
    near = missing > 0 and spent + left <= NEARLY * limits.seconds
    return (NEARLY if near else 1) * limits.seconds


def _wall_s(pair: _Pair) -> float:
    return (pair.before.wall_ms + pair.after.wall_ms) / 1000


def _warm_up(subject: Subject, before: Arm, after: Arm, seed: int, limits: Limits) -> _Pair:
    """The last of the unmeasured pairs; there are fewer than asked for when they are slow."""
    started = time.perf_counter()
    for count, pair in enumerate(_rounds(subject, before, after, seed, loops=1), start=1):
        if count >= limits.warmups or time.perf_counter() - started > limits.cheap_s:
            return pair
    raise AssertionError("rounds never end")


def _rounds(subject: Subject, before: Arm, after: Arm, seed: int, loops: int) -> Iterator[_Pair]:
    for ran in sample_interleaved(subject, (before, after), seed=seed, loops=loops):
        yield _Pair(ran[before.name], ran[after.name], after_first=next(iter(ran)) == after.name)


def _judge(pairs: Sequence[_Pair], limits: Limits, seed: int) -> Judgement:
    """What the pairs say on the clock they allow."""
    before, after = [pair.before for pair in pairs], [pair.after for pair in pairs]
    basis, _ = choose_basis([before, after])
    return judge(
        [time_ms(run, basis) for run in before],
        [time_ms(run, basis) for run in after],
        after_first=[pair.after_first for pair in pairs],
        min_effect=limits.min_effect,
        seed=seed,
    )


def _comparison(
    subject: Subject,
    before: Arm,
    after: Arm,
    pairs: Sequence[_Pair],
    judgement: Judgement,
    limits: Limits,
) -> Comparison:
    ran = [pair.before for pair in pairs], [pair.after for pair in pairs]
    basis, why = choose_basis(ran)
    return Comparison(
        before=measured(subject, before, ran[0], limits),
        after=measured(subject, after, ran[1], limits),
        verdict=judgement.verdict,
        reason=judgement.reason,
        speedup=judgement.speedup,
        speedup_ci=judgement.speedup_ci,
        p_value=judgement.p_value,
        basis=basis,
        basis_reason=why,
        pairs=tuple(zip(*ran, strict=True)),
        aa=judgement.self_check,
        environment=environment.record(subject.connection, f"{basis}: {why}"),
    )
