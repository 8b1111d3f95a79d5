"""Memory of one reading, in a fresh process: ``python -m workbench.patterns.footprint SOCKET``.

It answers each line, a reading as JSON, in a child of its own, forked before anything was read.
Memory that an earlier reading freed stays with the process and would hide what a later one needs.
The peak is that of Linux (VmHWM, which is set back before a reading); what ``getrusage`` calls the
peak is of no use, because it is inherited from the parent.
"""

import ctypes
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from workbench.db import one_line
from workbench.errors import MeasurementError, WorkbenchError
from workbench.patterns.streaming import Flow, read

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
PEAK_AGAIN = "5"
PR_SET_PDEATHSIG = 1


class Peak:
    """The most memory since it was last asked, in bytes beyond what there was then."""

    def __init__(self) -> None:
        if not CLEAR.exists():
            raise MeasurementError(
                "the peak of a process's memory can be read on Linux only; run this in a container"
            )
        self._start_bytes = 0

    def __call__(self) -> int:
        """Bytes; collects garbage and begins anew."""
        peak_bytes = _status("VmHWM") - self._start_bytes
        gc.collect()
        CLEAR.write_text(PEAK_AGAIN, encoding="ascii")
        self._start_bytes = _status("VmRSS")
        return peak_bytes

    def now(self) -> int:
        """Bytes held at this moment beyond what there was when the peak was last asked."""
        return _status("VmRSS") - self._start_bytes


def _status(name: str) -> int:
    """A figure of this process's memory, in bytes."""
    for line in STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise MeasurementError(f"{STATUS} does not say {name}")


def question(variant: str, address: str, rows: int, *, watched: bool = False) -> str:
    """One reading as a line for the worker."""
    asked = {"variant": variant, "address": address, "rows": rows, "watched": watched}
    return json.dumps(asked)


def flow(answer: str) -> Flow:
    """The worker's answer; raises MeasurementError with the reason when there is none."""
    said = json.loads(answer)
    if "error" in said:
        raise MeasurementError(said["error"])
    return Flow(**said)


def _answer(line: str) -> str:
    """The answer to one question, given by a child that ends with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.close(reading)
            with os.fdopen(writing, "w", encoding="utf-8") as out:
                out.write(_read(line))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as said:
        text = said.read()
    os.waitpid(child, 0)
    return text or json.dumps({"error": "the process that read ended without an answer"})


def _read(line: str) -> str:
    try:
        return json.dumps(asdict(read(**json.loads(line), memory=Peak())))
    except (WorkbenchError, SQLAlchemyError) as error:
        return json.dumps({"error": one_line(error)})


def main(arguments: Sequence[str]) -> None:
    """Answer lines on the socket that the command line names, until the other end closes."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(arguments[0])
        listener.listen(1)
        connection, _ = listener.accept()
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            while line := lines.readline():
                lines.write(_answer(line) + "\n")
                lines.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
