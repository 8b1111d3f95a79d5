"""Claims and findings for the tests of verdicts."""

from hypothesis import strategies as st

from workbench.claims.claim import Claim, Finding, Point, Promise
from workbench.measurement.estimate import Estimate, exactly

FASTER = Promise("speed-up", "x", 3.0, 10.0, 1.0)
LESS = Promise("less time", "%", 80.0, 90.0, 0.0)
ANY_GAIN = Promise("speed-up", "x", None, None, 1.0)
FEWER = Promise("statements", "statements", 1.0, 2.0, 5.0, "lower")
LIMIT = Promise("most connections", "connections", 1.0, 30.0, None, "lower")


def claim(*promises: Promise, axis: str | None = "round trip, ms") -> Claim:
    return Claim(
        "S1.1", "deployer", "A title", "A text.", promises, "An experiment.", "a.b", {}, axis
    )


def between(low: float, high: float, unit: str = "x") -> Estimate:
    return Estimate((low + high) / 2, low, high, unit, 9)


def found(*measured: tuple[Promise, Estimate], points: tuple[Point, ...] = ()) -> Finding:
    return Finding({promise.figure: estimate for promise, estimate in measured}, points)


def at(place: float, value: float, width: float = 0.0, unit: str = "x") -> Point:
    return Point(place, Estimate(value, value - width, value + width, unit, 9))


FIGURES = st.floats(-1000, 1000).map(lambda value: round(value, 3) + 0.0)  # no minus zero


@st.composite
def promises(draw: st.DrawFn, figure: str = "a figure") -> Promise:
    """A promise that the ledger would accept."""
    better = draw(st.sampled_from(["higher", "lower"]))
    unit, neutral = draw(st.sampled_from([("x", 1.0), ("%", 0.0), ("ms", None), ("ms", 7.0)]))
    bar = None if neutral is not None and draw(st.booleans()) else draw(FIGURES)
    if bar is not None and neutral is not None:
        bar = neutral + (abs(bar) + 0.01) * (1 if better == "higher" else -1)
    low, high = (bar, None) if better == "higher" else (None, bar)
    return Promise(figure, unit, low, high, neutral, better)


@st.composite
def intervals(draw: st.DrawFn, unit: str) -> Estimate:
    low, value, high = sorted(draw(FIGURES) for _ in range(3))
    return Estimate(value, low, high, unit, 9)


def inside(data: st.DataObject, estimate: Estimate) -> Estimate:
    """A figure that the interval holds, known exactly."""
    value = data.draw(st.floats(estimate.low, estimate.high))
    return exactly(value, estimate.unit)
