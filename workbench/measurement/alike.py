"""Two arms under which a statement has the same plan: there is nothing to compare, only to time."""

from dataclasses import replace

from workbench.measurement import environment
from workbench.measurement.comparison import Comparison, measured, timed_out
from workbench.measurement.limits import Limits
from workbench.measurement.lopsided import BASIS_REASON, runs_within
from workbench.measurement.runs import Arm, Subject, choose_basis
from workbench.measurement.statistics import LOOKS

SHARE = 4  # of the seconds for a comparison
SAME = "the plan is the same"


def compare_alike(subject: Subject, before: Arm, after: Arm, limits: Limits) -> Comparison:
    """No difference; a few runs under ``before`` tell the times of both arms."""
    runs = runs_within(subject, before, limits.seconds / SHARE, LOOKS[0] + 1)
    runs = runs[1:] or runs  # the first warms up
    if runs:
        basis, why = choose_basis([runs])
        sample, reason = measured(subject, before, runs, limits), "so the runs are those of both"
    else:
        basis, why = "wall", BASIS_REASON
        sample = timed_out(subject, before, limits.timeout_s, runs=1)
        reason = f"and it did not finish within {limits.timeout_s:g} s"
    return Comparison(
        before=sample,
        after=replace(sample, name=after.name),
        verdict="no difference",
        reason=f"{SAME}, {reason}",
        basis=basis,
        basis_reason=why,
        environment=environment.record(subject.connection, f"{basis}: {why}"),
    )
