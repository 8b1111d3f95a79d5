"""Requests for what is not there: a cache that keeps only what it found asks for it each time.

Wrong links, guessed names and old bookmarks ask for keys that no row has. The answers must not
depend on what the cache keeps; the statements do.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from workbench.errors import MeasurementError
from workbench.patterns.caching import Cache, Load, cache_aside, cache_present, emptied
from workbench.patterns.counting import count_statements
from workbench.patterns.invalidation import entry
from workbench.patterns.pages import Page
from workbench.patterns.streams import Event, SimulatedClock

Fetch: TypeAlias = Callable[[Cache, str, Load], Any]


def uncached(cache: Cache, key: str, load: Load) -> Any:  # noqa: ANN401
    """The value as the source has it."""
    return load()


VARIANTS: Mapping[str, Fetch] = {
    "no cache": uncached,
    "keeps what it found": cache_present,
    "keeps also that there is none": cache_aside,
}


@dataclass(frozen=True)
class Served:
    """What one way made of a stream.

    ``empty`` answers had no rows, ``statements`` went to the database, ``entries`` are left in
    Redis, those that have expired by simulated time included.
    """

    variant: str
    requests: int
    empty: int
    statements: int
    entries: int
    mean_ms: float

    @property
    def hits_percent(self) -> float:
        """Percent of requests for which the database was not asked."""
        return 100 * (1 - self.statements / self.requests)

    @property
    def statements_per_request(self) -> float:
        """How often the database was asked for a request, on average."""
        return self.statements / self.requests

    def record(self) -> dict[str, Any]:
        """One row: the fields, and what follows from them."""
        more = {"statements_per_request": self.statements_per_request}
        return {**vars(self), **more, "hits_percent": self.hits_percent}


def compare(page: Page, url: str, events: Sequence[Event], *, ttl_s: float) -> dict[str, Served]:
    """The stream by every way, each from an empty Redis.

    Raises MeasurementError when an answer depends on the way.
    """
    answers: dict[str, list[Any]] = {}
    found = {}
    for name, fetch in VARIANTS.items():
        found[name], answers[name] = _served(name, fetch, page, url, events, ttl_s)
    for name, given in answers.items():
        if given != answers["no cache"]:
            raise MeasurementError(f"the cache that {name} gives other answers than the database")
    return found


def _served(
    name: str, fetch: Fetch, page: Page, url: str, events: Sequence[Event], ttl_s: float
) -> tuple[Served, list[Any]]:
    """The stream by one way, and its answers."""
    answers, clock = [], SimulatedClock()
    with emptied(url) as client, count_statements(page.pool) as seen:
        cache, started = Cache(client, ttl_s, clock), time.perf_counter()
        for event in events:
            clock.now_s = event.at_s
            answers.append(fetch(cache, entry(event.key), partial(page.load, event.key)))
        mean_ms = 1000 * (time.perf_counter() - started) / len(events)
        empty, entries = sum(not answer for answer in answers), client.dbsize()
    return Served(name, len(events), empty, len(seen), int(entries), mean_ms), answers
