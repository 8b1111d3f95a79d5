"""The command line as a user has it: a process with its own stdout, stderr and exit status."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SMALL = ("--server", "embedded", "--scale", "5000")
SETTING = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "WORKBENCH_SERVER")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """What it said on stderr, which must be one line and no traceback."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("workbench: ")
        return lines[0].removeprefix("workbench: ")


@dataclass(frozen=True)
class Shell:
    """A user's shell in a folder of its own."""

    home: Path
    folder: Path
    before: frozenset[int] = field(repr=False)

    def variables(self, given: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in SETTING} | given

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "workbench", *words],
            cwd=self.folder,
            env=self.variables(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str, stdin: str = "", status: int = 0, **variables: str) -> Done:
        with self.start(*words, **variables) as process:
            out, err = process.communicate(stdin, timeout=120)
        assert process.returncode == status, f"{words} ended with {process.returncode}: {err}"
        assert "Traceback" not in err
        return Done(process.returncode, out, err)

    def file(self, text: str | bytes, name: str = "queries.sql") -> str:
        """A file in the folder; its name."""
        data = text.encode() if isinstance(text, str) else text
        (self.folder / name).write_bytes(data)
        return name

    def left_behind(self) -> list[str]:
        """Server processes and half-made directories that are still there after a while."""
        deadline = time.monotonic() + 10
        while (found := [*self._processes(), *self._unfinished()]) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _processes(self) -> Iterable[str]:
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if process.pid not in self.before and any(str(self.home) in word for word in words):
                yield " ".join(words)

    def _unfinished(self) -> Iterable[str]:
        return (str(path) for path in self.home.rglob(".*making*"))
