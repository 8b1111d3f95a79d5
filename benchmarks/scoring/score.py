"""What a set is worth, from the times of every statement without and with it (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from workbench.measurement.statistics import ALPHA, mann_whitney, median

LEAST_MS = 0.01
SLOWER_RATIO, SLOWER_MS = 1.15, 0.3
ENOUGH = 5


@dataclass(frozen=True)
class Sample:
    """One statement under one set: its times in ms, and whether a run reached the cap."""

    ms: Sequence[float]
    capped: bool = False

    @property
    def median_ms(self) -> float:
        """The median; what is below the clock's grain counts as that."""
        return max(median(self.ms), LEAST_MS)


@dataclass(frozen=True)
class Case:
    """One statement without and with a set."""

    name: str
    weight: float
    before: Sample
    after: Sample

    @property
    def speedup(self) -> float:
        return self.before.median_ms / self.after.median_ms

    @property
    def slower(self) -> bool:
        """Whether the set makes it slower, by much and with confidence."""
        if self.before.capped or self.after.capped:
            return self.after.capped and not self.before.capped
        if self.after.median_ms <= SLOWER_RATIO * self.before.median_ms + SLOWER_MS:
            return False
        few = min(len(self.before.ms), len(self.after.ms)) < ENOUGH  # no rank test can be sure
        if few:
            return min(self.after.ms) > SLOWER_RATIO * max(self.before.ms)
        return mann_whitney(self.before.ms, self.after.ms) < ALPHA


@dataclass(frozen=True)
class Score:
    """A set on a workload; ratios are after/before, None where there is nothing to divide."""

    time_ratio: float | None
    time_ratio_without_runaways: float | None
    runaways: tuple[str, ...]
    speedup: float | None
    slower: tuple[str, ...]
    write_ratio: float | None


def score(reads: Sequence[Case], writes: Sequence[Case]) -> Score:
    """The figures of a set; runaways are statements that reach the cap without any index."""
    tame = [case for case in reads if not case.before.capped]
    return Score(
        time_ratio=time_ratio(reads),
        time_ratio_without_runaways=time_ratio(tame),
        runaways=tuple(case.name for case in reads if case.before.capped),
        speedup=exp(sum(log(case.speedup) for case in reads) / len(reads)) if reads else None,
        slower=tuple(case.name for case in reads if case.slower),
        write_ratio=time_ratio(writes),
    )


def time_ratio(cases: Iterable[Case]) -> float | None:
    """Weighted time after/before."""
    given = list(cases)
    before = sum(case.weight * case.before.median_ms for case in given)
    after = sum(case.weight * case.after.median_ms for case in given)
    return after / before if before else None


def cost_ratio(
    weights: Mapping[str, float], before: Mapping[str, float], after: Mapping[str, float]
) -> float | None:
    """Weighted planner cost after/before."""
    total = sum(weights[name] * before[name] for name in weights)
    return sum(weights[name] * after[name] for name in weights) / total if total else None
