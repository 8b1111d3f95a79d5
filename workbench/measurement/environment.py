"""Where a result was measured: recorded with it, so that it can be judged later."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from workbench import db, sql


@dataclass(frozen=True)
class Environment:
    """Server, machine and software of a measurement; nothing that names a person or a password.

    The machine is the client's, which is the server's too wherever CPU time could be read.
    ``settings`` are those that change plans or times. ``clock`` says what the verdict stands on.
    """

    server_version: str
    settings: Mapping[str, str]
    cpu_model: str
    cores: int
    load_average: float | None
    operating_system: str
    python_version: str
    workbench_version: str
    clock: str
    measured_at: str


def record(connection: db.Connection | None, clock: str) -> Environment:
    """The environment of this connection, now; ``clock`` is passed through.

    Without a connection it is that of the machine alone.
    """
    server = connection.info.parameter_status("server_version") if connection else ""
    settings = db.fetch_all(connection, sql.load("measured_settings")) if connection else ()
    return Environment(
        server_version=server or "",
        settings=dict(settings),
        cpu_model=_cpu_model(),
        cores=os.cpu_count() or 1,
        load_average=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        operating_system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python_version=platform.python_version(),
        workbench_version=version("workbench"),
        clock=clock,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@cache
def _cpu_model() -> str:
    """What Linux calls the processor, elsewhere what Python knows of it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
