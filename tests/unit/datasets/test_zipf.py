import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.datasets.zipf import Zipf

laws = st.builds(
    Zipf,
    st.integers(1, 3_000),
    st.sampled_from([0.0, 0.3, 0.5, 1.0, 1.4, 2.0, 3.0]),
    st.sampled_from([0.0, 1.0, 50.0]),
)


@settings(deadline=None)
@given(laws, st.floats(0, 1, exclude_max=True))
def test_share_and_quantile_are_inverse(law, u):
    place = law.quantile(np.array([u]))
    assert law.share(place)[0] == pytest.approx(u, abs=1e-9)


@settings(deadline=None)
@given(laws, st.lists(st.floats(0, 1, exclude_max=True), min_size=1))
def test_ranks_stay_inside(law, shares):
    ranks = law.ranks(np.array(shares))
    assert ((ranks >= 0) & (ranks < law.size)).all()


@pytest.mark.parametrize(
    "law", [Zipf(1, 1.0), Zipf(600, 0.8, 12.0), Zipf(2_000, 1.0), Zipf(7, 0.0)]
)
def test_many_shares_have_the_same_ranks_as_few(law):
    borders = law.share(np.arange(law.size + 1.0))
    near = [np.nextafter(borders, 0.0), borders, np.nextafter(borders, 1.0)]
    u = np.concatenate([np.random.default_rng(1).random(20_000), *near, [0.0, 1.0]])
    few = [law.ranks(some) for some in np.array_split(u, 30)]
    assert (law.ranks(u) == np.concatenate(few)).all()


@settings(deadline=None)
@given(laws, st.data())
def test_different_ranks_differ_and_rise(law, data):
    count = data.draw(st.integers(1, min(law.size, 40)))
    turn = data.draw(st.floats(-1, 1, exclude_min=True, exclude_max=True))
    within = np.array(
        data.draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=count, max_size=count))
    )
    position, counts = np.arange(count), np.full(count, count)
    ranks = law.different(np.full(count, turn), within, position, counts)
    assert (np.diff(ranks) > 0).all()
    assert ranks[0] >= 0
    assert ranks[-1] < law.size
    steps = (within * 65_536).astype(np.uint16).reshape(1, -1)
    quick = law.quick_different(np.array([turn]), steps, np.array([count]))[0]
    assert (np.diff(quick) > 0).all()
    assert quick[0] >= 0
    assert quick[-1] < law.size


def test_one_of_different_ranks_has_the_law_itself():
    law, rng = Zipf(100, 1.0), np.random.default_rng(1)
    n = 100_000
    turn = rng.random(n) + rng.random(n) - 1
    zero, one = np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    drawn = np.bincount(law.different(turn, rng.random(n), zero, one), minlength=100) / n
    wanted = np.diff(law.share(np.arange(101.0)))
    assert abs(drawn - wanted).max() < 0.005


def test_the_first_ranks_have_the_most():
    shares = np.diff(Zipf(1_000, 1.0).share(np.arange(1_001.0)))
    assert shares[0] == pytest.approx(2 * shares[1], rel=0.2)
    flat = np.diff(Zipf(1_000, 1.0, shift=10.0).share(np.arange(1_001.0)))
    assert flat[0] < 1.2 * flat[1]
