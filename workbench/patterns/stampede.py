"""Many readers of one missing key at once: how often the source is asked by each way of reading."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench.measurement.calls import LEAST_ROUNDS
from workbench.measurement.estimate import Estimate, median_of
from workbench.patterns.caching import Cache, Load, cache_aside, emptied, locked, single_flight

Read: TypeAlias = Callable[[Cache, str, Load], Any]

GATE_S = 30.0


def variants() -> Mapping[str, Read]:
    """Ways to read a key: without care, one loader a process, one loader a Redis."""
    locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
    return {
        "cache-aside": cache_aside,
        "single flight": lambda cache, key, load: single_flight(cache, key, load, locks),
        "lock in Redis": locked,
    }


@dataclass(frozen=True)
class Stampede:
    """How often a way of reading asked the source, and until all readers had the answer."""

    variant: str
    readers: int
    loads: tuple[int, ...]
    ms: tuple[float, ...]

    @property
    def asked(self) -> Estimate:
        """How often the source was asked."""
        return median_of(self.loads, "queries")

    def record(self) -> dict[str, Any]:
        """One row: variant, readers, queries, ms with its interval."""
        ms = median_of(self.ms, "ms")
        return {
            "variant": self.variant,
            "readers": self.readers,
            "queries": self.asked.value,
            "ms": ms.value,
            "low_ms": ms.low,
            "high_ms": ms.high,
        }


def measure(
    load: Load, url: str, *, readers: int = 20, rounds: int = LEAST_ROUNDS, seed: int = 0
) -> list[Stampede]:
    """Every way of reading a key that has just expired, by ``readers`` threads, in random turns.

    ``load`` is called from all of them, so a pool behind it needs as many connections.
    """
    order, ways = random.Random(seed), variants()
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in ways}
    with emptied(url) as client:
        cache = Cache(client, ttl_s=60)
        for _ in range(rounds):
            for name in order.sample(list(ways), k=len(ways)):
                client.flushdb()
                started = time.perf_counter()
                loads, _answers = rush(ways[name], cache, "page", load, readers)
                found[name].append((loads, 1000 * (time.perf_counter() - started)))
    return [
        Stampede(name, readers, tuple(n for n, _ in each), tuple(ms for _, ms in each))
        for name, each in found.items()
    ]


def rush(read: Read, cache: Cache, key: str, load: Load, readers: int) -> tuple[int, Sequence[Any]]:
    """How often ``load`` is called when so many threads read a key at once, and their answers."""
    calls: list[int] = []
    gate = threading.Barrier(readers)

    def counted() -> Any:  # noqa: ANN401 - whatever is loaded
        calls.append(1)
        return load()

    def reader(_: int) -> Any:  # noqa: ANN401
        gate.wait(GATE_S)
        return read(cache, key, counted)

    with ThreadPoolExecutor(readers) as threads:
        answers = list(threads.map(reader, range(readers)))
    return len(calls), answers
