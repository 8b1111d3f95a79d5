"""What a comparison of two arms found."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.markup import PLANS, as_text
from workbench.measurement.environment import Environment
from workbench.measurement.limits import Limits
from workbench.measurement.runs import Arm, Basis, Run, Subject
from workbench.measurement.statistics import median, median_interval
from workbench.measurement.verdict import SelfCheck, Verdict
from workbench.plans.diff import PlanDiff
from workbench.plans.node import Plan
from workbench.plans.parse import parse

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Sample:
    """What the runs of one arm say: medians, the 99 % interval of ``median_ms``, pages touched.

    ``median_ms`` is the execution by the server's clock, ``cpu_ms`` the backend's CPU time for it.
    What was not measured is None; ``timed_out_ms`` is the limit that an arm ran into. ``plan`` was
    run once with every step timed, except after a time-out and where that takes too long.
    """

    name: str
    runs: int
    median_ms: float | None
    ci_ms: tuple[float, float] | None
    cpu_ms: float | None
    buffers: int | None
    plan: Plan
    timed_out_ms: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Two arms, measured in turn: the verdict, what it stands on, and every run behind it.

    ``speedup`` is the ratio of medians before/after on ``basis``, with its 99 % interval, whose
    end is infinite when an arm timed out. ``basis_reason`` says why it is CPU or wall clock time.
    ``aa`` is the self-check. ``pairs`` holds each (before, after) pair of runs. ``statement`` and
    ``index`` are the SQL that was compared, empty where the arms differ by something else.
    """

    before: Sample
    after: Sample
    verdict: Verdict
    reason: str
    basis: Basis
    basis_reason: str
    environment: Environment
    speedup: float | None = None
    speedup_ci: tuple[float, float] | None = None
    p_value: float | None = None
    pairs: tuple[tuple[Run, Run], ...] = ()
    aa: SelfCheck | None = None
    statement: str = ""
    index: str = ""

    @property
    def diff(self) -> PlanDiff:
        """What changed between the plans of the two arms."""
        return self.before.plan.diff(self.after.plan)

    def require(
        self,
        verdict: Verdict,
        *,
        table: str = "",
        index: str = "",
        columns: Sequence[str] = (),
        least: float = 0,
    ) -> None:
        """Print verdict, table, index and ratio on one line, if they are the required ones.

        The plan after must use the index named ``index``; the tried index must begin with
        ``columns``; the whole interval of the ratio must lie above ``least``. Raises NotConfirmed,
        an AssertionError that says what was found instead.
        """
        from workbench.measurement.requirement import Wanted, confirm

        print(confirm(self, Wanted(verdict, table, index, columns, least)))

    _repr_pretty_ = as_text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {PLANS: {"before": self.before.plan.to_json(), "after": self.after.plan.to_json()}}

    def _repr_html_(self) -> str:
        from workbench.measurement.picture import comparison_html

        return comparison_html(self)

    def to_frame(self) -> "pandas.DataFrame":
        """One row for each pair of runs: wall clock and CPU milliseconds, and pages touched."""
        import pandas

        names = ("wall_ms", "cpu_ms", "buffers")
        rows = [
            {
                f"{side}_{name}": getattr(run, name)
                for side, run in zip(("before", "after"), pair, strict=True)
                for name in names
            }
            for pair in self.pairs
        ]
        return pandas.DataFrame(rows)

    def __str__(self) -> str:
        """One sentence with the numbers, the interval and the reason."""
        before, after = (_time(sample, self.basis) for sample in (self.before, self.after))
        found = f"{self.verdict}: {before} before, {after} after"
        if self.speedup is None or self.speedup_ci is None:
            return f"{found}; {self.reason}"
        low, high = self.speedup_ci
        clock = "CPU time" if self.basis == "cpu" else "wall clock"
        return (
            f"{found}, ratio {_figure(self.speedup)} (99 % interval {_figure(low)} to "
            f"{_figure(high)}, {clock}, {self._runs()}); {self.reason}"
        )

    def _runs(self) -> str:
        if self.pairs:
            return f"{len(self.pairs)} pairs"
        return f"{self.before.runs} runs before, {self.after.runs} after"

    def to_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON, without the raw runs; what is infinite or missing is None."""
        found = {
            name: getattr(self, name)
            for name in ("verdict", "reason", "speedup", "p_value", "basis", "basis_reason")
        }
        return {
            **found,
            "speedup_ci": _finite(self.speedup_ci),
            "aa": dataclasses.asdict(self.aa) if self.aa else None,
            "before": _sample(self.before),
            "after": _sample(self.after),
            "environment": dataclasses.asdict(self.environment),
        }


def measured(subject: Subject, arm: Arm, runs: Sequence[Run], limits: Limits) -> Sample:
    """The summary of an arm's runs, with a picture of its plan.

    A run that takes half of the seconds for the whole comparison, or more, is its own picture.
    """
    own = runs[-1].explained if runs[-1].wall_ms > 500 * limits.seconds else None
    times = [run.wall_ms for run in runs]
    cpu_ms = [run.cpu_ms for run in runs if run.cpu_ms is not None]
    return Sample(
        name=arm.name,
        runs=len(runs),
        median_ms=median(times),
        ci_ms=median_interval(times),
        cpu_ms=median(cpu_ms) if cpu_ms else None,
        buffers=round(median([run.buffers for run in runs])),
        plan=parse(own) if own else subject.picture(arm),
    )


def timed_out(subject: Subject, arm: Arm, timeout_s: float, runs: int) -> Sample:
    """The summary of an arm that ran into the time limit ``runs`` times."""
    plan = subject.picture(arm, analyze=False)
    return Sample(arm.name, runs, None, None, None, None, plan, timed_out_ms=timeout_s * 1000)


def _sample(sample: Sample) -> dict[str, Any]:
    names = ("median_ms", "cpu_ms", "buffers", "runs", "timed_out_ms")
    return {
        **{name: getattr(sample, name) for name in names},
        "ci_ms": _finite(sample.ci_ms),
        "plan": sample.plan.to_json()[0],
    }


def _finite(interval: tuple[float, float] | None) -> list[float | None] | None:
    if interval is None:
        return None
    return [value if math.isfinite(value) else None for value in interval]


def _time(sample: Sample, basis: Basis) -> str:
    if sample.timed_out_ms is not None:
        return f"over {_figure(sample.timed_out_ms)} ms"
    measured_ms = sample.cpu_ms if basis == "cpu" else sample.median_ms
    return "not measured" if measured_ms is None else f"{_figure(measured_ms)} ms"


def _figure(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    if not math.isfinite(value):
        return "any"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{digits}f}"
