"""What a commit waits for: the flush of the log to disk, and how to make it cheaper or dearer.

A scratch server keeps fsync on, so that a commit takes what the disk takes. Disks differ widely,
from hundredths of a millisecond (flash behind a battery) to ten (a disk in the network, a standby
that must confirm), and with them what a pattern saves that commits less often.
"""

import time

from workbench.db import Connection, address, connect, conninfo, settings
from workbench.measurement.estimate import Estimate, median_of

_COMMIT = "/*workbench*/ SELECT pg_logical_emit_message(true, 'workbench', 'a commit')"


def flushing(site: str, added_ms: float | None) -> str:
    """An address whose commits take ``added_ms`` longer; with None they do not wait for the disk.

    The delay is Postgres' own ``commit_delay`` (100 ms at most); setting it takes a superuser.
    """
    if added_ms is None:
        options = "-c synchronous_commit=off"
    else:
        options = f"-c commit_siblings=0 -c commit_delay={round(added_ms * 1000)}"
    given = str(address(site).get("options") or "")
    return conninfo(site, options=f"{given} {options}".strip())


def flush_ms(site: str, commits: int = 40) -> Estimate:
    """What waiting for the disk adds to a commit at this address, in milliseconds."""
    with connect(site) as connection:
        pairs = [(_committed(connection, "on"), _committed(connection, "off")) for _ in range(5)]
        pairs = [
            (_committed(connection, "on"), _committed(connection, "off")) for _ in range(commits)
        ]
    return median_of([max(on - off, 0.0) for on, off in pairs], "ms")


def _committed(connection: Connection, synchronous: str) -> float:
    """Milliseconds of one commit."""
    with settings(connection, synchronous_commit=synchronous):
        started = time.perf_counter()
        connection.execute(_COMMIT)
        return (time.perf_counter() - started) * 1000
