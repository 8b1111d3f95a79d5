"""A claim with the verdict on it, and everything the verdict stands on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.claims.claim import Claim, Finding, Point, Promise
from workbench.claims.store import Experiment, Run
from workbench.claims.verdict import Kept, Ruling, rule, settle
from workbench.errors import MeasurementError
from workbench.measurement.estimate import Estimate


@dataclass(frozen=True)
class Result:
    """The verdict on one claim; ``run`` is the latest, None where there is none to speak of."""

    experiment: Experiment
    ruling: Ruling
    run: Run | None = None

    @property
    def claim(self) -> Claim:
        """The entry of the ledger."""
        return self.experiment.claim

    @property
    def finding(self) -> Finding | None:
        """What the latest run found."""
        return None if self.run is None else self.run.finding

    @property
    def points(self) -> Sequence[Point]:
        """The headline along the axis, where it was measured there."""
        return self.finding.points if self.finding else ()

    @property
    def headline(self) -> Estimate | None:
        """The measured figure of the first promise."""
        return self.ruling.kept[0].measured if self.ruling.kept else None

    def as_dict(self) -> dict[str, Any]:
        """The object of ``--format json``; what was not measured is None."""
        claim, ruling, found, headline = self.claim, self.ruling, self.finding, self.headline
        return {
            "id": claim.id,
            "system": claim.system,
            "title": claim.title,
            "claim": claim.text,
            "verdict": ruling.verdict,
            "sentence": ruling.sentence,
            "promised": [asdict(promise) for promise in claim.promises],
            "measured": headline and _finite(headline.value),
            "ci": headline and [_finite(headline.low), _finite(headline.high)],
            "unit": headline and headline.unit,
            "figures": [_figure(kept) for kept in ruling.kept],
            "axis": claim.axis,
            "turns": [asdict(turn) for turn in ruling.turns],
            "points": [{"at": p.at, **_estimate(p.measured)} for p in found.points]
            if found
            else [],
            "note": found.note if found else "",
            "records": list(found.records) if found else [],
            "scale": self.experiment.scale,
            "seed": self.experiment.seed,
            "mode": self.experiment.mode,
            "measured_at": self.run.measured_at if self.run else None,
            "seconds": self.run.seconds if self.run else None,
            "environment": dict(self.run.environment) if self.run else {},
        }


def described(claim: Claim) -> dict[str, Any]:
    """The object of ``claims list --format json``."""
    return {
        "id": claim.id,
        "system": claim.system,
        "title": claim.title,
        "claim": claim.text,
        "promised": [asdict(promise) for promise in claim.promises],
        "experiment": claim.experiment,
        "axis": claim.axis,
        "check": claim.check,
        "parameters": dict(claim.parameters),
        "unmeasurable": claim.unmeasurable,
    }


def judged(experiment: Experiment, runs: Sequence[Run]) -> Result:
    """The verdict that stored runs give, the oldest first.

    The latest counts. Where it and the one before that also found something on the same kind of
    server come to different verdicts, the claim is inconclusive.
    """
    claim = experiment.claim
    if claim.unmeasurable is not None:
        return Result(experiment, Ruling("not measurable", claim.unmeasurable))
    if not runs:
        return Result(experiment, Ruling("not run", "not measured yet"))
    latest = runs[-1]
    if latest.finding is None:
        return Result(experiment, Ruling("not run", latest.reason or "no reason given"), latest)
    try:
        ruling = rule(claim, latest.finding)
        for earlier in reversed(runs[:-1]):
            if earlier.finding is not None and _kind(earlier) == _kind(latest):
                ruling = settle(ruling, rule(claim, earlier.finding), earlier.measured_at)
                break
    except MeasurementError as error:  # the ledger promises other figures by now
        return Result(experiment, Ruling("not run", str(error)), latest)
    return Result(experiment, ruling, latest)


def _kind(run: Run) -> object:
    """What kind of server a run was on."""
    return run.environment.get("server_kind")


def _figure(kept: Kept) -> Mapping[str, Any]:
    promise: Promise = kept.promise
    return {
        "figure": promise.figure,
        **_estimate(kept.measured),
        "promised": [promise.low, promise.high],
        "outcomes": list(kept.outcomes),
    }


def _estimate(measured: Estimate) -> dict[str, Any]:
    return {
        "measured": _finite(measured.value),
        "ci": [_finite(measured.low), _finite(measured.high)],
        "unit": measured.unit,
        "samples": measured.samples,
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
