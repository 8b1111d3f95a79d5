"""A comparison in words and as JSON."""

import json
import math
from dataclasses import replace

import pytest

from workbench.measurement.comparison import Comparison, Sample
from workbench.measurement.environment import Environment
from workbench.measurement.runs import Run
from workbench.plans.parse import parse

PLAN = parse([{"Plan": {"Node Type": "Result", "Total Cost": 0.01}}])
WHERE = Environment("18.4", {}, "cpu", 2, None, "Linux", "3.11", "0.1", "cpu", "2026-01-01")
RUN = Run("x", 10.0, 9.5, 0.0, buffers=5, workers=0)


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(
        before=Sample("without", 20, 12.34, (12.0, 12.9), 12.2, 935, PLAN),
        after=Sample("with", 20, 0.0512, (0.05, 0.06), 0.0499, 4, PLAN),
        verdict="faster",
        reason="p = 1e-11 by Mann–Whitney",
        speedup=244.5,
        speedup_ci=(230.1, 251.9),
        p_value=1e-11,
        basis="cpu",
        basis_reason="…",
        pairs=((RUN, RUN),) * 20,
        environment=WHERE,
    )


def test_words_have_verdict_times_ratio_and_interval(comparison):
    assert str(comparison) == (
        "faster: 12.2 ms before, 0.0499 ms after, ratio 244 "
        "(99 % interval 230 to 252, CPU time, 20 pairs); p = 1e-11 by Mann–Whitney"
    )


def test_on_the_wall_clock_the_words_show_its_times(comparison):
    words = str(replace(comparison, basis="wall"))
    assert "12.3 ms before, 0.0512 ms after" in words
    assert "wall clock" in words


def test_what_timed_out_is_a_bound_in_words_and_null_in_json(comparison):
    before = Sample("without", 2, None, None, None, None, PLAN, timed_out_ms=60_000)
    bounded = replace(comparison, before=before, speedup_ci=(1000, math.inf), pairs=())
    assert "over 60000 ms before" in str(bounded)
    assert "1000 to any" in str(bounded)
    found = json.loads(json.dumps(bounded.to_dict(), allow_nan=False))
    assert found["speedup_ci"] == [1000, None]
    assert found["before"]["median_ms"] is None
    assert found["before"]["timed_out_ms"] == 60_000


def test_without_a_ratio_only_the_reason_is_left(comparison):
    unknown = replace(comparison, verdict="inconclusive", speedup=None, reason="neither finished")
    assert str(unknown).endswith("after; neither finished")


def test_json_keeps_plan_and_environment(comparison):
    found = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert found["after"]["plan"]["Plan"]["Node Type"] == "Result"
    assert found["environment"]["server_version"] == "18.4"
    assert found["verdict"] == "faster"
