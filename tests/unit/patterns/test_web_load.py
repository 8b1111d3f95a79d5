"""Load on web servers, as data."""

import pytest

from workbench.errors import MeasurementError
from workbench.patterns.web.load import (
    Block,
    Call,
    Outcome,
    decode,
    decode_outcomes,
    encode,
    encode_outcomes,
    poisson,
    require_success,
    steady,
)

OUTCOME = Outcome("x", 2.0, (1.0, 2.0, 30.0, 4.0), (200, 201, 429, 200), ("a", "a", "b", "a"), 99)


def test_blocks_and_outcomes_survive_the_line() -> None:
    blocks = [
        Block("open", "http://127.0.0.1:1", (Call("/a", "POST", '{"ü": 1}', "me"),), (0.5,)),
        Block("closed", "http://127.0.0.1:1", (Call("/b"), Call("/c")), clients=2),
    ]
    assert decode(encode(blocks)) == blocks
    assert "\n" not in encode(blocks)
    assert decode_outcomes(encode_outcomes([OUTCOME])) == [OUTCOME]


def test_what_an_outcome_says() -> None:
    assert OUTCOME.answered_per_s == 1.5
    assert OUTCOME.errors == 0
    assert OUTCOME.quantile_ms(1.0) == 30.0
    assert OUTCOME.quantile_ms(1.0, ["a"]) == 4.0
    assert (OUTCOME.count(429), OUTCOME.count(429, "a"), OUTCOME.count(200)) == (1, 0, 2)


def test_a_failed_call_is_an_error_with_its_status() -> None:
    require_success([OUTCOME])
    failed = Outcome("x", 1.0, (1.0,) * 3, (500, 0, 500), ("",) * 3, 0)
    assert failed.errors == 3
    with pytest.raises(MeasurementError, match=r"2 × 500, 1 × no answer"):
        require_success([OUTCOME, failed])


def test_arrivals() -> None:
    assert steady(4, 1) == (0.0, 0.25, 0.5, 0.75)
    times = poisson(200, 20, seed=1)
    assert list(times) == sorted(times)
    assert times[0] > 0
    assert times[-1] < 20
    assert len(times) == pytest.approx(4000, rel=0.1)
    assert times == poisson(200, 20, seed=1)
    assert times != poisson(200, 20, seed=2)


def test_a_block_is_bounded_in_time() -> None:
    calls = (Call("/"),) * 100
    assert Block("x", "u", calls, clients=10, patience_s=2).bound_s == 24
    assert Block("x", "u", calls, steady(100, 1), patience_s=2).bound_s < 11
