"""Verdicts: what decides, what does not, and what the reason says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measurement.statistics import LOOKS
from workbench.measurement.verdict import judge

OPPOSITE = {"faster": "slower", "slower": "faster"}


def noisy(seed, ratio=1.0, n=20, sigma=0.05):
    """Times of two arms whose true ratio is ``ratio``."""
    before, after = np.random.default_rng(seed).lognormal(sigma=sigma, size=(2, n))
    return list(before * ratio), list(after)


@pytest.mark.parametrize(("n", "words"), [(1, "1 pair cannot"), (5, "5 pairs cannot")])
def test_few_pairs_are_never_a_verdict(n, words):
    judgement = judge([100.0] * n, [1.0] * n)
    assert judgement.verdict == "inconclusive"
    assert words in judgement.reason


def test_six_pairs_far_apart_are_enough():
    judgement = judge(*noisy(1, ratio=3, n=6))
    assert judgement.verdict == "faster"
    assert judgement.speedup_ci[0] > 1.5


def test_quiet_and_equal_is_no_difference():
    judgement = judge(*noisy(2, sigma=0.01))
    assert judgement.verdict == "no difference"
    assert "5%" in judgement.reason


def test_a_small_difference_is_no_difference_however_significant():
    judgement = judge(*noisy(3, ratio=1.02, n=80, sigma=0.005))
    assert judgement.p_value < 1e-6
    assert judgement.verdict == "no difference"


def test_the_same_difference_counts_with_a_smaller_minimum_effect():
    assert judge(*noisy(3, ratio=1.02, n=80, sigma=0.005), min_effect=0.01).verdict == "faster"


def test_noise_is_inconclusive_not_equal():
    judgement = judge(*noisy(4, n=20, sigma=0.4))
    assert judgement.verdict == "inconclusive"
    assert "interval" in judgement.reason or "p =" in judgement.reason


def test_drift_that_both_arms_share_does_no_harm():
    before, after = noisy(5, ratio=1.2, n=40, sigma=0.02)
    ramp = np.linspace(1, 1.3, 40)
    judgement = judge(list(before * ramp), list(after * ramp))
    assert judgement.verdict == "faster"
    assert judgement.self_check.passed


def test_a_difference_that_comes_and_goes_is_inconclusive():
    before, after = noisy(6, n=80, sigma=0.01)
    before = [x * (1.5 if i >= 30 else 1) for i, x in enumerate(before)]
    undisturbed = judge(before[30:], after[30:])
    judgement = judge(before[:60], after[:60])
    assert undisturbed.verdict == "faster"
    assert judgement.verdict == "inconclusive"
    assert judgement.self_check.kind == "the ratio of early and late pairs"
    assert "self-check failed: the ratio of early and late pairs differs by" in judgement.reason


def test_a_difference_that_depends_on_who_runs_first_is_inconclusive():
    before, after = noisy(7, ratio=1.2, n=80, sigma=0.01)
    swapped = list(np.random.default_rng(7).random(80) < 0.5)
    before = [x * (1 if swap else 1.3) for x, swap in zip(before, swapped, strict=True)]
    after = [x * (1.3 if swap else 1) for x, swap in zip(after, swapped, strict=True)]
    judgement = judge(before, after, after_first=swapped)
    assert judgement.verdict == "inconclusive"
    assert judgement.self_check.kind == "the ratio of pairs in either order"


def test_an_arm_that_differs_from_itself_as_much_as_from_the_other_is_inconclusive():
    before, after = noisy(8, ratio=1.1, n=40, sigma=0.01)
    uneven = [1.2 if i % 2 else 1 for i in range(40)]
    judgement = judge(
        [x * k for x, k in zip(before, uneven, strict=True)],
        [x * k for x, k in zip(after, uneven, strict=True)],
    )
    assert judgement.verdict == "inconclusive"
    assert judgement.self_check.kind == "the same arm in odd and even pairs"


@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.9, 1.0, 1.1, 2.0]), st.integers(6, 30))
def test_swapped_arms_get_the_opposite_verdict(seed, ratio, n):
    before, after = noisy(seed, ratio, n)
    judgement, swapped = judge(before, after), judge(after, before)
    assert swapped.speedup == pytest.approx(1 / judgement.speedup)
    assert swapped.p_value == pytest.approx(judgement.p_value)
    if judgement.decided and swapped.decided:
        assert swapped.verdict == OPPOSITE.get(judgement.verdict, judgement.verdict)


def sequential(before, after, looks=LOOKS):
    """The verdict of a comparison that stops at the first look that decides."""
    judgements = (judge(before[:n], after[:n]) for n in looks)
    return next((j.verdict for j in judgements if j.decided), "inconclusive")


def test_equal_arms_are_not_called_different():
    verdicts = [sequential(*noisy(seed, n=80)) for seed in range(60)]
    assert not {"faster", "slower"} & set(verdicts)


def test_ten_percent_is_found_within_forty_pairs():
    looks = (20, 40)
    verdicts = [sequential(*noisy(seed, 1.1, n=40), looks) for seed in range(60)]
    assert verdicts.count("faster") >= 57
