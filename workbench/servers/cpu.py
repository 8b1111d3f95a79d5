"""The file in which Linux counts the CPU time of one Postgres backend."""

from pathlib import Path

PROC = Path("/proc")


def schedstat(postmaster_pid: int, backend_pid: int) -> Path | None:
    """``/proc/<pid>/schedstat`` of a backend, or None where it cannot be had.

    ``postmaster_pid`` counts in our PID namespace, ``backend_pid`` in the backend's own (a
    container has one); ``NSpid`` in its status file lists both. The file's first number is the
    time on the CPU in nanoseconds.
    """
    for status in PROC.glob("[0-9]*/status"):
        fields = _fields(status)
        if fields.get("PPid") != str(postmaster_pid):
            continue
        if fields.get("NSpid", status.parent.name).split()[-1] == str(backend_pid):
            return counting(status.with_name("schedstat"))
    return None


def is_first_of_container(pid: int) -> bool:
    """Whether ``pid`` in our namespace is process 1 of a container; tells whether we see it."""
    numbers = _fields(PROC / str(pid) / "status").get("NSpid", "").split()
    return len(numbers) > 1 and numbers[-1] == "1"


def _fields(status: Path) -> dict[str, str]:
    """The lines of a status file, by name; empty when the process has ended."""
    try:
        lines = status.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def counting(file: Path) -> Path | None:
    """The file if it can be read and the kernel keeps it, else None."""
    try:
        nanoseconds = int(file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return file if nanoseconds > 0 else None
