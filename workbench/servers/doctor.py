"""What this machine offers for servers, for ``workbench doctor``."""

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.errors import WorkbenchError
from workbench.servers import background, binaries, cpu, engine, redis, scratch, settings
from workbench.servers.account import UNPRIVILEGED, server_account
from workbench.servers.choice import choose

State = Literal["ok", "missing", "note"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    check: str
    state: State
    detail: str


def examine() -> tuple[Finding, ...]:
    """All findings; nothing is started and no image is fetched."""
    named: tuple[tuple[str, Callable[[], tuple[State, str]]], ...] = (
        ("python", _python),
        ("system", _system),
        ("user", _user),
        ("embedded Postgres", _embedded),
        ("Docker engine", _engine),
        ("server auto", _auto),
        ("Redis", _redis),
        ("in the background", _background),
        ("scratch directory", _scratch),
        ("CPU time", _cpu_time),
    )
    return (*(_finding(check, look) for check, look in named), *_settings())


def _finding(check: str, look: Callable[[], tuple[State, str]]) -> Finding:
    try:
        state, detail = look()
    except WorkbenchError as error:
        return Finding(check, "missing", str(error))
    return Finding(check, state, detail)


def _python() -> tuple[State, str]:
    return "ok", f"{platform.python_version()} at {sys.executable}"


def _system() -> tuple[State, str]:
    return "ok", f"{platform.system()} {platform.release()} {platform.machine()}"


def _user() -> tuple[State, str]:
    if server_account() is None:
        return "ok", "a normal user; Postgres runs as the same"
    return "ok", f"root; Postgres runs as {UNPRIVILEGED}"


def _embedded() -> tuple[State, str]:
    found = binaries.find()
    return "ok", f"PostgreSQL {found.version} in {found.folder}"


def _engine() -> tuple[State, str]:
    reason = engine.why_not(lambda _: None, pull_s=0)
    return ("ok", f"answers and has {engine.image()}") if reason is None else ("note", reason)


def _auto() -> tuple[State, str]:
    choice = choose("auto", pull_s=0)
    return "ok", f"{choice.kind}: {choice.reason}"


def _redis() -> tuple[State, str]:
    try:
        return "ok", redis.find().described
    except WorkbenchError as error:
        return "note", f"{error} (only claims about caches need it)"


def _background() -> tuple[State, str]:
    running = background.status()
    return "ok", ", ".join(f"{held.key} ({held.kind})" for held in running) or "nothing runs"


def _scratch() -> tuple[State, str]:
    area = scratch.area()
    free_gb = shutil.disk_usage(area).free / 1e9
    return ("ok" if free_gb > 1 else "note"), f"{area}, {free_gb:.1f} GB free"


def _cpu_time() -> tuple[State, str]:
    if cpu.counting(Path("/proc/self/schedstat")) is None:
        return "note", "not to be had here: comparisons use the wall clock and need more runs"
    return "ok", "read from /proc/<pid>/schedstat of the backend"


def _settings() -> tuple[Finding, ...]:
    return tuple(
        Finding("setting", "ok", f"{setting.name} = {setting.value}: {setting.why}")
        for setting in settings.TUNED
    )
