"""Load on a web server: what is sent, when, and what came back.

In an open loop requests arrive when they are due, whether or not earlier ones were answered, and
the wait counts from the moment a request was due; a generator that waits for answers first would
leave out the worst waits ("coordinated omission"). A closed loop keeps a number of clients busy
and finds out how much the server can do. The load itself is made in another process (``driver``).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from workbench.errors import MeasurementError

NO_ANSWER = 0
"""The status of a request that was refused, broken off or not answered in time."""


@dataclass(frozen=True)
class Call:
    """One request; ``client`` is sent as ``X-Client`` and tells answers apart afterwards."""

    path: str
    method: str = "GET"
    body: str = ""
    client: str = ""
    accept_encoding: str = ""


@dataclass(frozen=True)
class Block:
    """A stretch of load on one server.

    With ``arrivals_s`` (as many as calls, in seconds from the start) the loop is open, else
    ``clients`` send the calls one after the other. A call gets no more than ``patience_s``.
    """

    name: str
    url: str
    calls: tuple[Call, ...]
    arrivals_s: tuple[float, ...] = ()
    clients: int = 10
    patience_s: float = 10.0

    @property
    def bound_s(self) -> float:
        """What it takes at the very most, in seconds."""
        if self.arrivals_s:
            return self.arrivals_s[-1] + 2 * self.patience_s + 5
        return self.patience_s * (len(self.calls) / self.clients + 2)


@dataclass(frozen=True)
class Outcome:
    """What came of a block: one entry per call, in their order."""

    name: str
    seconds: float
    ms: tuple[float, ...]
    statuses: tuple[int, ...]
    clients: tuple[str, ...]
    bytes_received: int

    @property
    def answered_per_s(self) -> float:
        """Successful answers in a second."""
        return sum(200 <= status < 300 for status in self.statuses) / self.seconds

    @property
    def errors(self) -> int:
        """Calls without an answer, or with one that says that the server failed."""
        return sum(status == NO_ANSWER or status >= 500 for status in self.statuses)

    def quantile_ms(self, share: float, clients: Iterable[str] | None = None) -> float:
        """The wait that ``share`` of all calls (of some clients) stay below, in milliseconds."""
        chosen = None if clients is None else set(clients)
        waits = [
            ms for ms, c in zip(self.ms, self.clients, strict=True) if not chosen or c in chosen
        ]
        return float(np.quantile(waits, share))

    def count(self, status: int, client: str | None = None) -> int:
        """How many calls (of a client) ended with a status."""
        both = zip(self.statuses, self.clients, strict=True)
        return sum(s == status and client in (None, c) for s, c in both)


def require_success(outcomes: Iterable[Outcome]) -> None:
    """Raise MeasurementError, with the statuses, when a call failed; a refusal (4xx) is none."""
    failed = Counter(
        status
        for outcome in outcomes
        for status in outcome.statuses
        if status == NO_ANSWER or status >= 500
    )
    if failed:
        told = ", ".join(f"{n} × {status or 'no answer'}" for status, n in failed.items())
        raise MeasurementError(f"the web server failed under load: {told}")


Drive: TypeAlias = Callable[[Sequence[Block]], list[Outcome]]
"""Puts blocks on their servers, one after the other, from another process."""


def poisson(per_s: float, seconds: float, *, seed: int = 0) -> tuple[float, ...]:
    """Times of independent arrivals, ``per_s`` a second on average, in ``seconds``."""
    random = np.random.default_rng(seed)
    gaps = random.exponential(1 / per_s, round(per_s * seconds * 2 + 20))
    times = np.cumsum(gaps)
    return tuple(float(t) for t in times[times < seconds])


def steady(per_s: float, seconds: float) -> tuple[float, ...]:
    """Times of arrivals in equal distances."""
    return tuple(number / per_s for number in range(round(per_s * seconds)))


def encode(blocks: Sequence[Block]) -> str:
    """Blocks as one line of JSON."""
    return json.dumps([asdict(block) for block in blocks])


def decode(line: str) -> list[Block]:
    """The blocks of a line."""
    return [
        Block(
            **{
                **given,
                "calls": tuple(Call(**call) for call in given["calls"]),
                "arrivals_s": tuple(given["arrivals_s"]),
            }
        )
        for given in json.loads(line)
    ]


def encode_outcomes(outcomes: Sequence[Outcome]) -> str:
    """Outcomes as one line of JSON."""
    return json.dumps([asdict(outcome) for outcome in outcomes])


def decode_outcomes(line: str) -> list[Outcome]:
    """The outcomes of a line."""
    return [Outcome(**_with_tuples(given)) for given in json.loads(line)]


def _with_tuples(given: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
