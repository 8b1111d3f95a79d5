"""A stream of reads and writes put through a cache, and what a cache is judged by.

That is hits, loads from the source, stale answers, and how long readers and writers wait.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.errors import MeasurementError
from workbench.patterns.caching import Cache, cache_aside
from workbench.patterns.invalidation import Drop, drop_key, entry, keep
from workbench.patterns.streams import Event, SimulatedClock


class Source(Protocol):
    """Where values come from and where they are changed."""

    def load(self, key: int) -> Any:  # noqa: ANN401
        """The current value of a key."""

    def write(self, key: int) -> None:
        """Change the value of a key."""


@dataclass(frozen=True)
class Replay:
    """What came of one stream; times are milliseconds, each read once in ``read_ms``."""

    reads: int
    hits: int
    loads: int
    stale: int
    oldest_stale_s: float
    read_ms: tuple[float, ...]
    write_ms: tuple[float, ...]

    @property
    def hit_share(self) -> float:
        """Percent of reads that the source was not asked for."""
        return 100 * self.hits / self.reads

    @property
    def fewer_loads(self) -> float:
        """Percent of loads spared, against a load for each read."""
        return 100 * (1 - self.loads / self.reads)

    @property
    def stale_share(self) -> float:
        """Percent of reads answered with a value that was no longer true."""
        return 100 * self.stale / self.reads

    @property
    def mean_ms(self) -> float:
        """Mean wait of a reader."""
        return sum(self.read_ms) / self.reads


def replay(
    events: Iterable[Event],
    source: Source,
    cache: Cache | None,
    clock: SimulatedClock,
    *,
    drop: Drop = drop_key,
    warm_up: int = 0,
) -> Replay:
    """Put a stream through the cache (None: always ask the source) and count.

    The first ``warm_up`` events only fill the cache. A read is stale when its key was changed after
    the value was loaded; the stream is served one by one, so that is exact.
    """
    tally = _Tally(source)
    for number, event in enumerate(events):
        clock.now_s, tally.counting = event.at_s, number >= warm_up
        if event.kind == "read":
            tally.read(event, cache)
        else:
            tally.change(event, cache, drop if event.kind == "write" else keep)
    return tally.result()


class _Tally:
    """The counts of a replay while it goes on."""

    def __init__(self, source: Source) -> None:
        self.source, self.counting = source, True
        self.reads = self.hits = self.loads = self.stale = 0
        self.oldest_s = 0.0
        self.read_ms: list[float] = []
        self.write_ms: list[float] = []
        self._changed_s: dict[int, float] = {}
        self._loaded: dict[int, float] = {}

    def read(self, event: Event, cache: Cache | None) -> None:
        """One read, through the cache if there is one."""
        loads = 0

        def load() -> Any:  # noqa: ANN401
            nonlocal loads
            loads += 1
            return self.source.load(event.key)

        started = time.perf_counter()
        if cache is None:
            load()
        else:
            cache_aside(cache, entry(event.key), load)
        took_ms = 1000 * (time.perf_counter() - started)
        if loads:
            self._loaded[event.key] = event.at_s
        if self.counting:
            self.reads, self.hits, self.loads = (
                self.reads + 1,
                self.hits + (not loads),
                self.loads + loads,
            )
            self.read_ms.append(took_ms)
            self._note_stale(event)

    def _note_stale(self, event: Event) -> None:
        changed_s = self._changed_s.get(event.key, -1.0)
        if changed_s > self._loaded[event.key]:
            self.stale += 1
            self.oldest_s = max(self.oldest_s, event.at_s - changed_s)

    def change(self, event: Event, cache: Cache | None, drop: Drop) -> None:
        """One change of the source, and what the cache does about it."""
        started = time.perf_counter()
        self.source.write(event.key)
        if cache is not None:
            drop(cache, event.key)
        if self.counting and event.kind == "write":
            self.write_ms.append(1000 * (time.perf_counter() - started))
        # a later reader's value may be older than several changes: the first of them counts
        if self._changed_s.get(event.key, -1.0) <= self._loaded.get(event.key, -1.0):
            self._changed_s[event.key] = event.at_s

    def result(self) -> Replay:
        """The counts as they stand; raises MeasurementError when nothing was read."""
        if not self.reads:
            raise MeasurementError("the stream has no reads after its warm-up; make it longer")
        return Replay(
            self.reads,
            self.hits,
            self.loads,
            self.stale,
            self.oldest_s,
            tuple(self.read_ms),
            tuple(self.write_ms),
        )
