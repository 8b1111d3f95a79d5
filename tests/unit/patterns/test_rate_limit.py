"""Token buckets of one process."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.patterns.rate_limit import Buckets
from workbench.patterns.streams import SimulatedClock


def test_a_burst_then_an_even_flow() -> None:
    clock = SimulatedClock()
    buckets = Buckets(per_minute=60, burst=10, clock=clock)
    assert sum(buckets.allow("a") for _ in range(50)) == 10
    clock.now_s = 3.0
    assert sum(buckets.allow("a") for _ in range(50)) == 3
    assert sum(buckets.allow("b") for _ in range(50)) == 10
    clock.now_s = 3600.0
    assert sum(buckets.allow("a") for _ in range(50)) == 10


@given(st.lists(st.floats(0, 20), max_size=120))
def test_no_span_of_time_lets_through_more_than_burst_and_flow(pauses: list[float]) -> None:
    clock = SimulatedClock()
    buckets = Buckets(per_minute=60, burst=5, clock=clock)
    allowed = []
    for pause in pauses:
        clock.now_s += pause
        if buckets.allow("a"):
            allowed.append(clock.now_s)
    for first, start in enumerate(allowed):
        for last in range(first, len(allowed)):
            assert last - first + 1 <= 5 + (allowed[last] - start) + 1e-6
