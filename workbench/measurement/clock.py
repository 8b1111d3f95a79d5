"""The CPU time of one backend, from outside."""

import time
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import MeasurementError

ATTEMPTS = 50
PAUSE_S = 0.00005


@dataclass(frozen=True)
class Reading:
    """A backend's time on a processor and in the queue for one, both since it started."""

    cpu_ns: int
    queued_ns: int


def read(schedstat: Path) -> Reading:
    """The reading of /proc/<pid>/schedstat; raises MeasurementError when the backend is gone.

    The kernel adds a slice of time when the process gives up the processor. The answer reaches the
    client a little earlier, so the reading waits until the backend sleeps.
    """
    try:
        stat = schedstat.with_name("stat")
        for _ in range(ATTEMPTS):
            if stat.read_text().rpartition(")")[2].split()[0] == "S":
                break
            time.sleep(PAUSE_S)
        cpu, queued, _ = (int(field) for field in schedstat.read_text().split())
    except (OSError, ValueError) as error:
        raise MeasurementError(f"the CPU time in {schedstat} cannot be read: {error}") from error
    return Reading(cpu, queued)


def usable(schedstat: Path | None) -> bool:
    """Whether CPU time can be had from this file at all."""
    if schedstat is None:
        return False
    try:
        return read(schedstat).cpu_ns > 0
    except MeasurementError:
        return False
