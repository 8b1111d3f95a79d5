"""Round trips as a price: the time of a pattern is a + b × round trip, b being how often it waits.

On localhost a loop of queries costs next to nothing, which is why it is only noticed elsewhere.
Variants are run against the same database at several distances; a line through their median
times gives a, the work itself, and b, to be held against the round trips that were counted.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from workbench.db import connect
from workbench.errors import MeasurementError
from workbench.measurement.calls import Race, race
from workbench.measurement.estimate import Estimate, figures, median_of
from workbench.measurement.statistics import ALPHA, RESAMPLES, median
from workbench.patterns.counting import Seen, count_statements
from workbench.patterns.engines import engine

Variant: TypeAlias = Callable[[Engine], Any]
Given = TypeVar("Given")

PROBES = 101


@dataclass(frozen=True)
class Count:
    """What one call of a variant sends: statements, round trips (with BEGIN and ROLLBACK), rows."""

    statements: int
    round_trips: int
    rows: int


@dataclass(frozen=True)
class Fit:
    """A variant's time as ``a_ms`` + ``b`` × round trip, with 99 % intervals."""

    variant: str
    a_ms: Estimate
    b: Estimate
    counted: Count

    @property
    def agrees(self) -> bool:
        """Whether the slope is the counted number of round trips, give or take half a one."""
        return self.b.low - 0.5 <= self.counted.round_trips <= self.b.high + 0.5

    def __str__(self) -> str:
        """``selectin: 7.1 ms + 5.02 × round trip (3 statements, 5 round trips counted)``."""
        counted = (
            f"{self.counted.statements} statements, {self.counted.round_trips} round trips counted"
        )
        doubt = "" if self.agrees else f"; the slope says {self.b.low:.1f} to {self.b.high:.1f}"
        a, b = self.a_ms.value, self.b.value
        return f"{self.variant}: {figures(a)} ms + {figures(b)} × round trip ({counted}{doubt})"


@dataclass(frozen=True)
class Distances:
    """The same variants at several distances; keys are the milliseconds that were added."""

    rtt_ms: Mapping[float, Estimate]
    races: Mapping[float, Race]
    counts: Mapping[str, Count]

    def speedup(self, slow: str, fast: str, added_ms: float) -> Estimate:
        """How many times faster ``fast`` is than ``slow`` at one distance."""
        return self.races[added_ms].speedup(slow, fast)

    def fits(self) -> tuple[Fit, ...]:
        """A line for every variant; needs two distances."""
        rtts = [estimate.value for estimate in self.rtt_ms.values()]
        return tuple(
            fit(name, rtts, [each.times_ms[name] for each in self.races.values()], count)
            for name, count in self.counts.items()
        )

    def records(self) -> list[dict[str, Any]]:
        """A row per variant and distance: added_ms, rtt_ms, statements, rows, ms, low_ms, …."""
        return [
            {
                "added_ms": added,
                "rtt_ms": self.rtt_ms[added].value,
                "statements": self.counts[row["variant"]].statements,
                "round_trips": self.counts[row["variant"]].round_trips,
                "rows": self.counts[row["variant"]].rows,
                **row,
            }
            for added, each in self.races.items()
            for row in each.records()
        ]


def measure(
    addresses: Mapping[float, str],
    variants: Mapping[str, Variant],
    *,
    rounds: int = 11,
    seconds: float = 5.0,
    seed: int = 0,
) -> Distances:
    """Every variant at every address (by the milliseconds added there), in turn, with its counts.

    ``seconds`` is for one address. Raises MeasurementError when variants differ in their answers.
    """
    rtts, races, counts = {}, {}, {}
    for added, address in addresses.items():
        rtts[added] = round_trip(address)
        with connected(address) as app:
            counts = {name: count(app, variant) for name, variant in variants.items()}
            calls = {name: _bound(variant, app) for name, variant in variants.items()}
            races[added] = race(calls, rounds=rounds, seconds=seconds, seed=seed)
    return Distances(rtts, races, counts)


def count(app: Engine, variant: Variant) -> Count:
    """What one call of a variant sends."""
    with count_statements(app) as seen:
        variant(app)
    return counted(seen)


def counted(seen: Seen) -> Count:
    """The figures of a count alone."""
    return Count(len(seen), seen.round_trips, seen.rows)


def in_session(load: Callable[[Session, Given], Any], given: Given) -> Variant:
    """A variant that loads ``given`` in a session of its own, which ends with the call."""

    def call(app: Engine) -> Any:  # noqa: ANN401
        with Session(app) as session:
            return load(session, given)

    return call


@contextmanager
def connected(address: str) -> Iterator[Engine]:
    """An engine that has connected once, so that no variant pays for the first connection."""
    app = engine(address)
    try:
        app.connect().close()
        yield app
    finally:
        app.dispose()


def round_trip(address: str, probes: int = PROBES) -> Estimate:
    """The milliseconds of one round trip: the median of ``SELECT 1`` on an open connection."""
    times = []
    with connect(address) as connection:
        for _ in range(probes):
            started = time.perf_counter()
            connection.execute("SELECT 1")
            times.append((time.perf_counter() - started) * 1000)
    return median_of(times[1:], "ms")


def fit(
    variant: str, rtts_ms: Sequence[float], times_ms: Sequence[Sequence[float]], counted: Count
) -> Fit:
    """The least-squares line through the median time at each distance, with 99 % intervals.

    The intervals come from drawing the times at each distance again (bootstrap, Efron 1979).
    Raises MeasurementError for a single distance.
    """
    if len(set(rtts_ms)) < 2:
        raise MeasurementError("a line needs two distances; measure at 0 and 5 ms, for example")
    slope, start = np.polyfit(rtts_ms, [median(times) for times in times_ms], 1)
    random = np.random.default_rng(0)
    drawn = np.array(
        [np.median(random.choice(times, (RESAMPLES, len(times))), axis=1) for times in times_ms]
    )
    slopes, starts = np.polyfit(rtts_ms, drawn, 1)
    samples = min(len(times) for times in times_ms)
    return Fit(
        variant,
        _estimate(float(start), starts, "ms", samples),
        _estimate(float(slope), slopes, "round trips", samples),
        counted,
    )


def _estimate(value: float, drawn: Any, unit: str, samples: int) -> Estimate:  # noqa: ANN401
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    return Estimate(value, min(float(low), value), max(float(high), value), unit, samples)


def _bound(variant: Variant, app: Engine) -> Callable[[], Any]:
    return lambda: variant(app)
