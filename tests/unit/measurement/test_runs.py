"""How many loops a sample has, and which clock a comparison stands on."""

import pytest

from workbench.measurement.runs import Run, choose_basis, loops_for, time_ms


def run(wall_ms=10.0, cpu_ms=9.5, waiting_ms=0.1, workers=0, writes=False) -> Run:
    return Run("arm", wall_ms, cpu_ms, waiting_ms, buffers=5, workers=workers, writes=writes)


@pytest.mark.parametrize(
    ("times", "loops"),
    [((0.01, 0.02), 10), ((0.2, 0.4), 5), ((0.01, 0.9), 2), ((0.01, 50.0), 1), ((3.0, 3.0), 1)],
)
def test_loops_fill_two_ms_of_the_slower_arm(times, loops):
    assert loops_for([run(wall_ms=each) for each in times]) == loops


def test_what_writes_runs_once_in_a_transaction():
    assert loops_for([run(wall_ms=0.01), run(wall_ms=0.01, writes=True)]) == 1


def test_cpu_time_is_preferred():
    basis, _ = choose_basis([[run()], [run()]])
    assert basis == "cpu"
    assert time_ms(run(), basis) == 9.5


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (run(cpu_ms=None, waiting_ms=None), "cannot be read"),
        (run(workers=2), "parallel workers"),
        (run(cpu_ms=1.0, waiting_ms=8.0), "80% of the time waiting"),
    ],
)
def test_wall_clock_is_taken_when_cpu_time_would_mislead(odd, words):
    basis, why = choose_basis([[run()], [odd]])
    assert basis == "wall"
    assert words in why
    assert time_ms(odd, basis) == 10.0


def test_waiting_now_and_then_does_not_change_the_clock():
    assert choose_basis([[run(), run(), run(cpu_ms=1.0, waiting_ms=9.0)]])[0] == "cpu"
