"""What goes over the wire: statements, round trips and bytes, as libpq's own trace lists them.

A count on the driver's side would miss what the driver does by itself, such as the pipeline of
``executemany`` or the messages of COPY.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import psycopg
from sqlalchemy import Engine, event

from workbench.errors import MeasurementError


@dataclass(frozen=True)
class Wire:
    """What one task sent.

    ``round_trips`` is how often the client waited for the server, ``sent_bytes`` what it sent,
    ``statements`` what the server ran, BEGIN and COMMIT among them.
    """

    statements: int
    round_trips: int
    sent_bytes: int


def traced(engine: Engine, task: Callable[[], Any]) -> Wire:
    """Run a task once and count what its connections from ``engine`` send.

    Raises MeasurementError where libpq cannot trace (it can on Linux and macOS).
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as trace:

        def begin(driver: Any, record: Any, proxy: Any) -> None:  # noqa: ANN401
            _trace(driver.pgconn, trace)

        def end(driver: Any, record: Any) -> None:  # noqa: ANN401
            if driver is not None:
                driver.pgconn.untrace()

        event.listen(engine, "checkout", begin)
        event.listen(engine, "checkin", end)
        try:
            task()
        finally:
            event.remove(engine, "checkout", begin)
            event.remove(engine, "checkin", end)
        trace.seek(0)
        return read(trace)


def _trace(pgconn: psycopg.pq.abc.PGconn, trace: IO[str]) -> None:
    try:
        pgconn.trace(trace.fileno())
        pgconn.set_trace_flags(psycopg.pq.Trace.SUPPRESS_TIMESTAMPS)
    except psycopg.NotSupportedError as error:
        raise MeasurementError(f"messages cannot be counted on this system: {error}") from None


def read(trace: IO[str]) -> Wire:
    """The counts in a trace: lines of direction, length, message and its fields.

    The server says ReadyForQuery once for each time it was asked to answer, and CopyInResponse
    when it is asked to listen.
    """
    statements = round_trips = sent = 0
    for line in trace:
        direction, _, rest = line.partition("\t")
        length, _, fields = rest.partition("\t")
        message = fields.partition("\t")[0].strip()
        if direction == "F" and length.isdecimal():
            sent += int(length) + 1
            statements += message in ("Query", "Execute")
        elif direction == "B":
            round_trips += message in ("ReadyForQuery", "CopyInResponse", "CopyOutResponse")
    return Wire(statements, round_trips, sent)
