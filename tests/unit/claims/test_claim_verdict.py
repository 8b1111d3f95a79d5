"""Verdicts from intervals: what they say, and what they must never say."""

from dataclasses import replace
from math import inf, nan

import pytest
from claim_examples import (
    ANY_GAIN,
    FASTER,
    FEWER,
    LESS,
    LIMIT,
    at,
    between,
    claim,
    found,
    inside,
    intervals,
    promises,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.claims.claim import Finding, Point, Promise
from workbench.claims.verdict import (
    LEVELS,
    Ruling,
    outcomes,
    promised,
    rule,
    settle,
    turning_points,
)
from workbench.errors import MeasurementError
from workbench.measurement.estimate import Estimate, exactly


@pytest.mark.parametrize(
    ("promise", "low", "high", "expected"),
    [
        (FASTER, 3.0, 9.0, "confirmed"),
        (FASTER, 20.0, 40.0, "confirmed"),
        (FASTER, 1.2, 2.9, "partly"),
        (FASTER, 1.01, 1.04, "refuted"),
        (FASTER, 0.2, 0.9, "refuted"),
        (FASTER, 2.5, 3.5, "partly or confirmed"),
        (FASTER, 0.8, 1.5, "refuted or partly"),
        (FASTER, 0.5, inf, "refuted or partly or confirmed"),
        (LESS, 81.0, 85.0, "confirmed"),
        (LESS, 6.0, 70.0, "partly"),
        (LESS, -30.0, 4.0, "refuted"),
        (ANY_GAIN, 1.1, 1.2, "confirmed"),
        (ANY_GAIN, 0.9, 1.04, "refuted"),
        (ANY_GAIN, 0.9, 1.2, "refuted or confirmed"),
        (FEWER, 1.0, 2.0, "confirmed"),
        (FEWER, 3.0, 4.0, "partly"),
        (FEWER, 5.0, 6.0, "refuted"),
        (LIMIT, 30.0, 30.0, "confirmed"),
        (LIMIT, 31.0, 31.0, "refuted"),
        (LIMIT, 29.0, 31.0, "refuted or confirmed"),
    ],
)
def test_one_promise(promise: Promise, low: float, high: float, expected: str) -> None:
    measured = Estimate(low, low, high, promise.unit, 9)
    assert " or ".join(outcomes(promise, measured)) == expected


@pytest.mark.parametrize(
    ("headline", "other", "expected"),
    [
        ((4, 5), (1, 1), "confirmed"),
        ((4, 5), (3, 3), "partly"),
        ((4, 5), (9, 9), "partly"),
        ((4, 5), (2, 3), "inconclusive"),
        ((2, 2.5), (1, 1), "partly"),
        ((2, 2.5), (1, 9), "partly"),
        ((0.5, 0.9), (1, 1), "refuted"),
        ((0.5, 0.9), (1, 9), "refuted"),
        ((2, 4), (1, 1), "inconclusive"),
        ((2, 4), (9, 9), "partly"),
    ],
)
def test_the_headline_leads_and_the_others_must_be_kept(
    headline: tuple[float, float], other: tuple[float, float], expected: str
) -> None:
    finding = found((FASTER, between(*headline)), (FEWER, between(*other, unit="statements")))
    assert rule(claim(FASTER, FEWER), finding).verdict == expected


def test_a_verdict_names_every_figure_with_its_interval_and_promise() -> None:
    finding = found((FASTER, between(4, 5)), (FEWER, exactly(3, "statements")))
    assert rule(claim(FASTER, FEWER), finding).sentence == (
        "speed-up 4.5 x (4 to 5), promised 3 to 10 x: confirmed; "
        "3 statements, promised at most 2: partly"
    )


def test_what_changes_along_the_axis_depends_on_it_and_the_turn_is_named() -> None:
    points = (at(0, 0.8), at(1, 2.0), at(5, 8.0))
    ruling = rule(claim(FASTER), found((FASTER, between(4, 5)), points=points))
    assert ruling.verdict == "depends"
    assert [(turn.before, turn.after) for turn in ruling.turns] == [
        ("refuted", "partly"),
        ("partly", "confirmed"),
    ]
    assert ruling.sentence == (
        "by round trip: no gain up to about 0.297 ms (0 to 1), then a gain below the promise "
        "up to about 1.6 ms (1 to 5), then promise kept"
    )


def test_places_that_are_not_decided_widen_the_bracket() -> None:
    points = (at(10, 0.9), at(100, 1.1, 0.3), at(1000, 2.0))
    (turn,) = turning_points(FASTER, points)
    assert (turn.low, turn.high) == (10, 1000)
    assert 10 < turn.at < 1000


def test_a_place_that_is_surely_no_longer_what_it_was_ends_the_bracket() -> None:
    points = (at(10, 0.9), at(100, 3.0, 1.0), at(1000, 4.0))
    (turn,) = turning_points(FASTER, points)
    assert (turn.low, turn.high, turn.before, turn.after) == (10, 100, "refuted", "confirmed")


def test_an_axis_without_a_turn_leaves_the_verdict_to_the_headline() -> None:
    points = (at(0, 4.0), at(1, 3.0, 1.0), at(5, 8.0))
    assert rule(claim(FASTER), found((FASTER, between(4, 5)), points=points)).verdict == "confirmed"


def test_two_runs_that_disagree_are_inconclusive_and_both_are_told() -> None:
    now, before = Ruling("confirmed", "speed-up 4 x"), Ruling("partly", "speed-up 2 x")
    settled = settle(now, before, "2026-01-01")
    assert settled.verdict == "inconclusive"
    assert all(word in settled.sentence for word in ("confirmed", "4 x", "partly", "2 x", "2026"))
    assert settle(now, replace(before, verdict="confirmed"), "2026-01-01") is now


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        (Finding({}), "S1.1: the check measured no 'speed-up', but nothing"),
        (found((LESS, between(1, 2))), "no 'speed-up', but less time"),
        (found((FASTER, between(1, 2, "%"))), "measured in '%', the promise is in 'x'"),
        (Finding({"speed-up": Estimate(nan, nan, nan, "x", 9)}), "outside of its own interval"),
        (Finding({"speed-up": Estimate(5, 1, 2, "x", 9)}), "outside of its own interval"),
        (
            found((FASTER, between(1, 2)), points=(at(1, 1.0, unit="%"),)),
            "measured in '%', the promise is in 'x'",
        ),
    ],
)
def test_a_finding_that_does_not_fit_is_refused(finding: Finding, message: str) -> None:
    with pytest.raises(MeasurementError) as refusal:
        rule(claim(FASTER), finding)
    assert message in str(refusal.value)


def test_points_need_an_axis() -> None:
    finding = found((FASTER, between(4, 5)), points=(at(0, 1.0),))
    with pytest.raises(MeasurementError, match="names no axis"):
        rule(claim(FASTER, axis=None), finding)


@pytest.mark.parametrize(
    ("promise", "words"),
    [
        (FASTER, "3 to 10 x"),
        (replace(FASTER, high=None), "at least 3 x"),
        (ANY_GAIN, "above 1 x"),
        (LIMIT, "at most 30 connections"),
        (FEWER, "at most 2"),
        (replace(FEWER, low=0.0, high=0.0), "0"),
        (replace(ANY_GAIN, better="lower"), "below 1 x"),
    ],
)
def test_promises_are_read_as_numbers(promise: Promise, words: str) -> None:
    assert promised(promise) == words


@settings(deadline=None)
@given(st.data())
def test_a_decided_verdict_is_that_of_every_figure_in_the_intervals(data: st.DataObject) -> None:
    made = [data.draw(promises(f"figure {n}")) for n in range(data.draw(st.integers(1, 3)))]
    measured = [data.draw(intervals(promise.unit)) for promise in made]
    ruling = rule(claim(*made), found(*zip(made, measured, strict=True)))
    exact = [inside(data, each) for each in measured]
    certain = rule(claim(*made), found(*zip(made, exact, strict=True)))
    assert certain.verdict in LEVELS
    assert ruling.verdict in (certain.verdict, "inconclusive")


@settings(deadline=None)
@given(st.data())
def test_a_narrower_interval_never_has_other_outcomes(data: st.DataObject) -> None:
    promise = data.draw(promises())
    wide = data.draw(intervals(promise.unit))
    narrow = inside(data, wide)
    assert set(outcomes(promise, narrow)) <= set(outcomes(promise, wide))


@settings(deadline=None)
@given(st.data())
def test_a_better_figure_never_has_a_worse_outcome(data: st.DataObject) -> None:
    promise = data.draw(promises())
    one = data.draw(intervals(promise.unit))
    worse, better = sorted((one.low, one.high), reverse=promise.better == "lower")
    (low,) = outcomes(promise, exactly(worse, promise.unit))
    (high,) = outcomes(promise, exactly(better, promise.unit))
    assert LEVELS.index(low) <= LEVELS.index(high)


@settings(deadline=None)
@given(st.data())
def test_turns_lie_in_their_brackets_and_change_the_outcome(data: st.DataObject) -> None:
    promise = data.draw(promises())
    places = data.draw(st.lists(st.floats(0, 1e6), max_size=8, unique=True))
    points = [Point(place, data.draw(intervals(promise.unit))) for place in places]
    turns = turning_points(promise, points)
    for turn in turns:
        assert turn.low <= turn.at <= turn.high
        assert turn.before != turn.after
        assert {turn.low, turn.high} <= set(places)
    decided = {o for p in points for o in [outcomes(promise, p.measured)] if len(o) == 1}
    assert bool(turns) == (len(decided) > 1)
