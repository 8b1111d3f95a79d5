"""Clients at the same time: threads that send requests, and what became of them.

The clients share this machine and one Python with all that they do between requests, so every
block says how much processor time they took: near one core they are the limit, not the server.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import exc

from workbench.measurement.estimate import Estimate, median_of, share, speedup

Request: TypeAlias = Callable[[], object]

REFUSED: tuple[type[Exception], ...] = (exc.TimeoutError, exc.OperationalError)
"""What a client sees when the pool or the server has no connection for it, or has lost it."""


@dataclass(frozen=True)
class Block:
    """What ``clients`` clients got in ``seconds``: a time for each request that was served.

    ``failures`` counts the others by the exception's name; ``client_cores`` is the processor time
    of this process by wall time.
    """

    clients: int
    seconds: float
    times_ms: tuple[float, ...]
    failures: Mapping[str, int]
    client_cores: float

    @property
    def served(self) -> int:
        """How many requests were served."""
        return len(self.times_ms)

    @property
    def asked(self) -> int:
        """How many requests there were."""
        return self.served + sum(self.failures.values())

    @property
    def per_second(self) -> float:
        """Requests served per second."""
        return self.served / self.seconds

    def quantile_ms(self, part: float) -> float:
        """The time within which this part of the served requests was done, in milliseconds."""
        return float(np.quantile(self.times_ms, part)) if self.times_ms else float("nan")


def closed_loop(clients: int, seconds: float, request: Request, *, think_s: float = 0.0) -> Block:
    """Each client sends the next request when it has the answer, for ``seconds``.

    ``think_s`` is its pause between the two. Without a pause a client that gives its connection
    back often takes it again before one that waits has woken up.
    """

    def client(until: float, send: Callable[[], None]) -> None:
        while time.perf_counter() < until:
            send()
            time.sleep(think_s)

    return _run(clients, seconds, request, client)


def burst(requests: int, request: Request) -> Block:
    """All requests at once, each by a client of its own."""

    def client(until: float, send: Callable[[], None]) -> None:
        send()

    return _run(requests, 0.0, request, client)


def _run(
    clients: int,
    seconds: float,
    request: Request,
    client: Callable[[float, Callable[[], None]], None],
) -> Block:
    times: list[float] = []
    failures: Counter[str] = Counter()
    gate = threading.Barrier(clients + 1)

    def send() -> None:
        started = time.perf_counter()
        try:
            request()
        except REFUSED as error:
            failures[type(error).__name__] += 1
        else:
            times.append((time.perf_counter() - started) * 1000)

    def work() -> None:
        gate.wait()
        client(time.perf_counter() + seconds, send)

    with ThreadPoolExecutor(clients) as threads:
        working = [threads.submit(work) for _ in range(clients)]
        gate.wait()
        started, cpu = time.perf_counter(), time.process_time()
        for each in working:
            each.result()  # an exception that is no refusal is a mistake, not a figure
        took, used = time.perf_counter() - started, time.process_time() - cpu
    return Block(clients, took, tuple(times), dict(failures), used / took)


@dataclass(frozen=True)
class Blocks:
    """Blocks of the same load, taken in turn with those of other arms."""

    blocks: Sequence[Block]

    @property
    def per_second(self) -> Estimate:
        """Requests served per second."""
        return median_of([block.per_second for block in self.blocks], "1/s")

    @property
    def served(self) -> Estimate:
        """The share of requests that were served."""
        asked = sum(block.asked for block in self.blocks)
        return share(sum(block.served for block in self.blocks), asked)

    def throughput_over(self, other: "Blocks", *, seed: int = 0) -> Estimate:
        """How many times as many requests a second as the other arm's."""
        return speedup(
            [1 / block.per_second for block in other.blocks],
            [1 / block.per_second for block in self.blocks],
            seed=seed,
        )

    def times_ms(self, part: float = 0.5) -> list[float]:
        """The median (or another quantile) of each block's times."""
        return [block.quantile_ms(part) for block in self.blocks]

    def record(self) -> dict[str, Any]:
        """The figures as one row of a table."""
        rate = self.per_second
        failures: Counter[str] = Counter()
        for block in self.blocks:
            failures.update(block.failures)
        return {
            "clients": self.blocks[0].clients,
            "blocks": len(self.blocks),
            "per_second": rate.value,
            "low_per_second": rate.low,
            "high_per_second": rate.high,
            "p50_ms": float(np.median(self.times_ms())),
            "p95_ms": float(np.median(self.times_ms(0.95))),
            "served_percent": self.served.value,
            "failures": dict(failures),
            "client_cores": float(np.median([block.client_cores for block in self.blocks])),
        }


def in_turn(
    arms: Mapping[str, Callable[[], Block]], *, blocks: int = 6, seed: int = 0
) -> dict[str, Blocks]:
    """A block of every arm per round, in random order; the first round only warms up."""
    order, names = np.random.default_rng(seed), list(arms)
    found: dict[str, list[Block]] = {name: [] for name in names}
    for turn in range(blocks + 1):
        for place in order.permutation(len(names)):
            block = arms[names[place]]()
            if turn:
                found[names[place]].append(block)
    return {name: Blocks(taken) for name, taken in found.items()}
