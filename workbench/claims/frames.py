"""Claims and results as data frames, one row for each."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.claims.claim import Claim
from workbench.claims.result import Result

if TYPE_CHECKING:
    import pandas


def ledger(claims: Iterable[Claim]) -> "pandas.DataFrame":
    """One row for each promised figure; one without a figure for what cannot be measured."""
    import pandas

    return pandas.DataFrame([row for claim in claims for row in _promises(claim)])


def results(found: Iterable[Result]) -> "pandas.DataFrame":
    """One row for each claim: its headline with the ends of its interval, and the verdict."""
    import pandas

    return pandas.DataFrame([_result(each) for each in found])


def points(found: Iterable[Result]) -> "pandas.DataFrame":
    """One row for each place of an axis: id, axis, at, measured, low, high, unit."""
    import pandas

    rows = [
        {"id": each.claim.id, "axis": each.claim.axis, "at": point.at}
        | {"measured": point.measured.value, "low": point.measured.low}
        | {"high": point.measured.high, "unit": point.measured.unit}
        for each in found
        for point in each.points
    ]
    return pandas.DataFrame(rows, columns=["id", "axis", "at", "measured", "low", "high", "unit"])


def records(found: Iterable[Result]) -> "pandas.DataFrame":
    """The rows that the experiments wrote down."""
    import pandas

    rows = [row for each in found if each.finding for row in each.finding.records]
    return pandas.DataFrame(rows)


def _promises(claim: Claim) -> Iterator[dict[str, Any]]:
    same = {"axis": claim.axis, "check": claim.check, "unmeasurable": claim.unmeasurable}
    start = {"id": claim.id, "system": claim.system, "title": claim.title, "text": claim.text}
    for promise in claim.promises or (None,):
        names = ("figure", "unit", "low", "high", "neutral", "better")
        yield start | {name: getattr(promise, name, None) for name in names} | same


def _result(found: Result) -> dict[str, Any]:
    headline, run = found.headline, found.run
    promise = found.claim.promises[0] if found.claim.promises else None
    return {
        "id": found.claim.id,
        "system": found.claim.system,
        "title": found.claim.title,
        "verdict": found.ruling.verdict,
        "text": found.claim.text,
        "figure": promise and promise.figure,
        "unit": promise and promise.unit,
        "promised_low": promise and promise.low,
        "promised_high": promise and promise.high,
        "neutral": promise and promise.neutral,
        "better": promise and promise.better,
        "measured": headline and headline.value,
        "measured_low": headline and headline.low,
        "measured_high": headline and headline.high,
        "axis": found.claim.axis,
        "turns_at": found.ruling.turns[0].at if found.ruling.turns else None,
        "sentence": found.ruling.sentence,
        "note": found.finding.note if found.finding else "",
        "measured_at": run and run.measured_at,
        "seconds": run and run.seconds,
    }
