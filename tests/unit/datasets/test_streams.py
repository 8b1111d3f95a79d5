import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.datasets import streams


@settings(deadline=None)
@given(st.integers(1, 5_000), st.integers(0, 2**64 - 1))
def test_permuted_is_a_permutation(size, stream):
    placed = streams.permuted(streams.Key(stream), np.arange(size), size)
    assert sorted(placed.tolist()) == list(range(size))


@settings(deadline=None)
@given(st.integers(0, 2**40), st.integers(1, 300), st.integers(0, 300))
def test_a_row_has_the_same_number_in_any_block(start, length, offset):
    stream = streams.key(1, "t", "c")
    rows = np.arange(start, start + length)
    whole = streams.uniform(stream, rows)
    part = streams.uniform(stream, rows[offset:])
    assert whole[offset:].tolist() == part.tolist()


def test_numbers_are_uniform_and_independent_of_their_neighbours_and_of_other_streams():
    rows = np.arange(200_000)
    u = streams.uniform(streams.key(1, "t", "a"), rows)
    v = streams.uniform(streams.key(1, "t", "b"), rows)
    counts = np.bincount((u * 20).astype(int), minlength=20)
    assert abs(counts - 10_000).max() < 500
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 0.01
    assert abs(np.corrcoef(u, v)[0, 1]) < 0.01


def test_known_values():
    """Bits that every machine must give: whoever changes these changes every dataset."""
    stream = streams.key(2, "todos", "title")
    assert stream == 13573539986734856634
    assert streams.bits(stream, np.array([0, 1, 10**9])).tolist() == [
        15159975138469008856,
        18229938639263795963,
        3876038939223348037,
    ]
    assert streams.permuted(stream, np.arange(5), 1_000).tolist() == [958, 418, 402, 259, 133]
    assert streams.small(stream, np.array([7]), 5).tolist() == [[34569, 10083, 5853, 22519, 60542]]


def test_permuted_rows_are_spread():
    placed = streams.permuted(streams.key("x"), np.arange(100_000), 100_000)
    assert abs(np.corrcoef(placed, np.arange(100_000))[0, 1]) < 0.02
    assert abs(np.corrcoef(np.diff(placed)[1:], np.diff(placed)[:-1])[0, 1] + 0.5) < 0.02
