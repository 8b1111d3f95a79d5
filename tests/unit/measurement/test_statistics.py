"""Tests, intervals and the level for each look, against SciPy and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, multivariate_normal, norm

from workbench.measurement.statistics import (
    ALPHA,
    LOOKS,
    NOMINAL_ALPHA,
    mann_whitney,
    median_interval,
    ratio_interval,
    ratio_of_medians,
)

times = st.floats(0.001, 1e6)


@given(st.lists(times, min_size=1, max_size=30), st.lists(times, min_size=1, max_size=30))
def test_mann_whitney_equals_scipy(first, second):
    tied = len(set(first + second)) < len(first + second)
    method = "asymptotic" if tied or max(len(first), len(second)) > 20 else "exact"
    if len(set(first + second)) == 1:
        assert mann_whitney(first, second) == 1.0
        return
    expected = mannwhitneyu(first, second, method=method).pvalue
    assert mann_whitney(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_six_pairs_without_overlap_are_the_fewest_that_can_decide():
    assert mann_whitney(range(6), range(10, 16)) < NOMINAL_ALPHA
    assert mann_whitney(range(5), range(10, 15)) > NOMINAL_ALPHA


def overall_alpha(level: float, looks: tuple[int, ...]) -> float:
    """The chance that at least one look is significant although there is no difference."""
    n = np.array(looks, dtype=float)
    correlation = np.sqrt(np.minimum.outer(n, n) / np.maximum.outer(n, n))
    z = np.full(len(n), norm.isf(level / 2))
    return 1 - multivariate_normal(np.zeros(len(n)), correlation).cdf(z, lower_limit=-z, rng=1)


def test_level_for_one_look_spends_alpha_and_not_more():
    assert 0.95 * ALPHA < overall_alpha(NOMINAL_ALPHA, LOOKS) <= ALPHA


@pytest.mark.parametrize("looks", [(20, 40, 80), (6, 10, 20), (6, 10, 20, 40, 57)])
def test_looks_left_out_or_cut_short_spend_less(looks):
    assert overall_alpha(NOMINAL_ALPHA, looks) < ALPHA


def test_sequential_mann_whitney_rejects_at_most_one_in_a_hundred_nulls():
    rng, comparisons = np.random.default_rng(7), 2000
    rejected = 0
    for _ in range(comparisons):
        before, after = rng.lognormal(sigma=0.1, size=(2, LOOKS[-1]))
        rejected += any(mann_whitney(before[:n], after[:n]) < NOMINAL_ALPHA for n in LOOKS)
    assert rejected / comparisons <= ALPHA


def lognormal(rng, n):
    return rng.lognormal(sigma=0.05, size=(2, n))


def contaminated(rng, n):
    return rng.lognormal(sigma=0.04, size=(2, n)) * np.where(rng.random((2, n)) < 0.15, 1.5, 1)


def paired(rng, n):
    return rng.lognormal(sigma=0.1, size=n) * rng.lognormal(sigma=0.03, size=(2, n))


@pytest.mark.parametrize("draw", [lognormal, contaminated, paired])
@pytest.mark.parametrize(("n", "least"), [(6, 0.93), (10, 0.965), (40, 0.97)])
def test_interval_covers_the_true_ratio(draw, n, least):
    rng, trials, hits = np.random.default_rng(n), 150, 0
    for trial in range(trials):
        before, after = draw(rng, n)
        low, high = ratio_interval(before, after / 1.1, seed=trial)
        hits += low <= 1.1 <= high
    assert hits / trials >= least


def test_interval_narrows_with_more_pairs_and_with_quieter_ones():
    rng = np.random.default_rng(3)

    def width(n, sigma):
        low, high = ratio_interval(*rng.lognormal(sigma=sigma, size=(2, n)))
        return high - low

    assert width(80, 0.1) < width(10, 0.1)
    assert width(20, 0.02) < width(20, 0.2)


@given(st.lists(st.tuples(times, times), min_size=1, max_size=20), st.integers(0, 9))
def test_interval_holds_the_ratio_and_repeats_with_its_seed(pairs, seed):
    before, after = zip(*pairs, strict=True)
    low, high = ratio_interval(before, after, seed=seed)
    assert low <= ratio_of_medians(before, after) * (1 + 1e-9)
    assert ratio_of_medians(before, after) <= high * (1 + 1e-9)
    assert (low, high) == ratio_interval(before, after, seed=seed)


@given(st.lists(times, min_size=1, max_size=100))
def test_median_interval_holds_the_median_and_lies_in_the_data(values):
    low, high = median_interval(values)
    assert low <= np.median(values) <= high
    assert {low, high} <= set(values)


@pytest.mark.parametrize("n", [8, 20, 80])
def test_median_interval_covers_but_is_not_idle(n):
    rng = np.random.default_rng(n)
    intervals = [median_interval(rng.exponential(size=n)) for _ in range(1000)]
    assert np.mean([low <= np.log(2) <= high for low, high in intervals]) >= 0.985
    if n > 8:
        assert median_interval(range(n)) != (0, n - 1)


def test_median_interval_of_20_lies_between_the_4th_and_the_17th():
    assert median_interval(range(1, 21)) == (4, 17)
