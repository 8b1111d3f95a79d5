"""Processes told apart from later ones with the same number."""

from contextlib import suppress
from pathlib import Path

import psutil


def mark(pid: int) -> str:
    """When the process began, as text that does not change while it lives; "" if it is dead.

    On Linux in ticks since boot: the time of day that psutil derives moves when the clock is set.
    """
    with suppress(OSError, IndexError):
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        state, *fields = after_name.split()
        return "" if state in "ZX" else fields[18]
    with suppress(psutil.Error):
        return f"{psutil.Process(pid).create_time():.3f}"
    return ""


def lives(pid: int, its_mark: str) -> bool:
    """Whether the very process that had this mark still runs."""
    return its_mark != "" and mark(pid) == its_mark
