"""The score of an index set, on made-up times."""

import pytest
from scoring.score import LEAST_MS, Case, Sample, cost_ratio, score

CAP_MS = 60_000.0


def case(before, after, weight=1.0, name="q", capped=(False, False)) -> Case:
    return Case(name, weight, Sample(before, capped[0]), Sample(after, capped[1]))


def times(ms: float, runs: int = 6) -> list[float]:
    """Six runs that differ a little."""
    return [ms + number / 100 for number in range(runs)]


def test_time_is_weighted_and_the_speedup_is_not():
    found = score([case([10.0], [1.0], weight=9), case([10.0], [10.0], weight=1)], [])
    assert found.time_ratio == pytest.approx((9 * 1 + 10) / 100)
    assert found.speedup == pytest.approx(10**0.5)


def test_a_runaway_counts_as_the_cap_and_is_left_out_of_the_tame_ratio():
    runaway = case([CAP_MS], [30.0], name="q17", capped=(True, False))
    found = score([runaway, case([100.0], [50.0])], [])
    assert found.runaways == ("q17",)
    assert found.time_ratio == pytest.approx(80 / (CAP_MS + 100))
    assert found.time_ratio_without_runaways == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [
        (times(10), times(12), True),
        (times(10), times(11), False),  # not by 15 %
        (times(1), times(1.25), False),  # not by 0.3 ms
        (
            [*times(10), 30.0, 30.0],
            [*times(9.9), 30.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0],
            False,
        ),  # by luck
        (times(100, 2), times(130, 2), True),
        ([100.0, 140.0], [125.0, 145.0], False),  # they overlap, and are few
    ],
)
def test_slower_needs_size_and_confidence(before, after, slower):
    assert case(before, after).slower is slower


def test_only_the_set_to_blame_for_a_cap_is_slower():
    assert case(times(10), [CAP_MS], capped=(False, True)).slower
    assert not case([CAP_MS], [CAP_MS], capped=(True, True)).slower
    assert not case([CAP_MS], times(10), capped=(True, False)).slower


def test_times_below_the_clocks_grain_do_not_make_speedups_of_thousands():
    assert case([1.0], [1e-6]).speedup == pytest.approx(1.0 / LEAST_MS)


def test_no_writes_have_no_ratio():
    assert score([case([1.0], [1.0])], []).write_ratio is None
    assert score([], []).speedup is None
    assert score([], [case([1.0], [1.5], weight=4)]).write_ratio == pytest.approx(1.5)


def test_costs_are_weighted():
    assert cost_ratio({"a": 9, "b": 1}, {"a": 10, "b": 10}, {"a": 1, "b": 10}) == 0.19
    assert cost_ratio({}, {}, {}) is None
