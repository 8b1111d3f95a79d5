"""Kills at random moments, by the benchmark that counts what they leave."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "orphans.py"


@pytest.mark.parametrize(
    "kind", ["embedded", pytest.param("container", marks=pytest.mark.container)]
)
@pytest.mark.slow
def test_kills_at_random_moments_leave_nothing(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--kills", "4", "--kind", kind, "--json"],
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    tally = json.loads(done.stdout)[kind]
    assert tally["kills"] == 4
    assert tally["complaints"] == []
    left = ("processes", "containers", "socket_directories", "not_recovered", "lost_rows")
    assert {name: tally[name] for name in (*left, "half_made")} == dict.fromkeys(
        (*left, "half_made"), 0
    )
