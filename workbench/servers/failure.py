"""Why a Postgres did not start, read from its log."""

from workbench.errors import ServerError

# A fault of the machine, not of the data: making the data anew would not help.
NOT_THE_DATA = ("shared memory", "Cannot allocate memory", "semaphores", "socket", "Permission")


class Unusable(ServerError):
    """Scratch data with which Postgres does not start."""


def is_full(log: str) -> bool:
    """Whether the disk was full."""
    return "No space left on device" in log or "Disk quota exceeded" in log


def from_log(log: str) -> ServerError:
    """The error for a server that ended: Unusable if its data are to blame."""
    said = last_complaint(log)
    if any(cause in log for cause in NOT_THE_DATA):
        return ServerError(f"Postgres did not start: {said}")
    return Unusable(f"Postgres did not start: {said}")


def last_complaint(log: str) -> str:
    """The last fatal line of a log without its time stamp, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for line in reversed(lines):
        for level in ("FATAL:", "PANIC:", "error:"):
            if level in line:
                return line.partition(level)[2].strip()
    return lines[-1] if lines else "it wrote nothing to its log"
