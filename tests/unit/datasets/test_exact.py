import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.datasets import exact


@settings(deadline=None)
@given(st.floats(1e-300, 1e300))
def test_log_is_the_logarithm(x):
    assert exact.log(np.array([x]))[0] == pytest.approx(math.log(x), rel=1e-14, abs=1e-15)


@settings(deadline=None)
@given(st.floats(-700, 700))
def test_exp_is_the_exponential(x):
    assert exact.exp(np.array([x]))[0] == pytest.approx(math.exp(x), rel=1e-13)


@settings(deadline=None)
@given(st.floats(0, 1e9), st.floats(0, 4))
def test_power_is_the_power(x, exponent):
    assert exact.power(np.array([x]), exponent)[0] == pytest.approx(x**exponent, rel=1e-12)


@settings(deadline=None)
@given(st.integers(1, 2**53 - 1))
def test_normal_quantile(step):
    u = step * 2.0**-53
    assert exact.normal_quantile(np.array([u]))[0] == pytest.approx(
        NormalDist().inv_cdf(u), rel=1e-7, abs=1e-8
    )


def test_the_ends_of_the_normal_quantile_are_finite():
    assert np.isfinite(exact.normal_quantile(np.array([0.0, 1.0 - 2**-53]))).all()


@pytest.mark.parametrize("function", [exact.log, exact.exp, exact.normal_quantile])
def test_a_long_array_has_the_bits_of_its_parts(function):
    x = np.random.default_rng(1).random(50_000)
    parts = [function(some) for some in np.array_split(x, 7)]
    assert (function(x) == np.concatenate(parts)).all()


def test_known_bits():
    """The last bit counts: another one on another machine would be another dataset."""
    x = np.array([0.1, 1.7, 12345.678])
    assert [v.hex() for v in exact.log(x).tolist()] == [
        "-0x1.26bb1bbb55515p+1",
        "0x1.0fae81914a991p-1",
        "0x1.2d79559791e31p+3",
    ]
    assert [v.hex() for v in exact.exp(x / 100).tolist()] == [
        "0x1.0041919b7ee34p+0",
        "0x1.0463a2c6aa91dp+0",
        "0x1.14600c0e6772fp+178",
    ]
    assert [v.hex() for v in exact.normal_quantile(np.array([0.001, 0.3, 0.99])).tolist()] == [
        "-0x1.8b8cbb6ee2822p+1",
        "-0x1.0c7e395d14936p-1",
        "0x1.29c5c463cecf2p+1",
    ]
