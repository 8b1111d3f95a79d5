"""Reading a backend's CPU time."""

from pathlib import Path

import pytest

from workbench.errors import MeasurementError
from workbench.measurement import clock


@pytest.fixture
def process(tmp_path: Path) -> Path:
    """The schedstat file of a sleeping process whose name has spaces and brackets."""
    (tmp_path / "stat").write_text("12 (postgres: x) y (z) S 1 12 12 0")
    (tmp_path / "schedstat").write_text("2500000 40000 7\n")
    return tmp_path / "schedstat"


def test_a_reading_has_time_on_the_processor_and_in_the_queue(process):
    assert clock.read(process) == clock.Reading(cpu_ns=2_500_000, queued_ns=40_000)


def test_a_busy_process_is_read_in_the_end(process):
    process.with_name("stat").write_text("12 (postgres) R 1 12 12 0")
    assert clock.read(process).cpu_ns == 2_500_000


@pytest.mark.parametrize("content", ["", "1 2", "a b c", "1 2 3 4"])
def test_what_is_no_schedstat_is_said(process, content):
    process.write_text(content)
    with pytest.raises(MeasurementError, match="schedstat"):
        clock.read(process)
    assert not clock.usable(process)


def test_usable_needs_a_file_that_counts(process):
    assert clock.usable(process)
    process.write_text("0 0 0")
    assert not clock.usable(process)
    assert not clock.usable(process.with_name("gone") / "schedstat")
    assert not clock.usable(None)
