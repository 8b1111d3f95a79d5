"""Pages of an application, each one statement by its key, with a cache in front of them.

``compare`` puts one stream of readers and writers in front of the database alone and in front of
caches that differ in what a write does to them; ``repeats`` times the same page again and again.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Engine, text

from workbench.measurement.calls import LEAST_ROUNDS, Race, race
from workbench.measurement.estimate import Estimate, less, median_of
from workbench.patterns.caching import Cache, emptied
from workbench.patterns.invalidation import Drop, drop_by_scan, drop_key, keep
from workbench.patterns.json_rows import plain
from workbench.patterns.replaying import Replay, Source, replay
from workbench.patterns.streams import Event, SimulatedClock, stream

NONE, EXPIRY = "no cache", "expiry only"
UNCACHED = 40
DROPS: Mapping[str, Drop] = {
    EXPIRY: keep,
    "dropped by pattern": drop_by_scan,
    "dropped by name": drop_key,
}

LEARNING_LIST = """SELECT id, project_number, slug, title, difficulty, skills
FROM projects WHERE phase = :key AND is_published ORDER BY project_number"""
LEARNING_PROGRESS = """SELECT p.project_number, p.title, p.phase, p.difficulty, u.status, u.score,
u.updated_at FROM user_progress u JOIN projects p ON p.id = u.project_id
WHERE u.user_id = :key ORDER BY p.phase, p.project_number"""
LEARNING_PROGRESS_WRITE = "UPDATE user_progress SET updated_at = now() WHERE user_id = :key"
LEARNING_PHASES = """SELECT p.phase, count(*) AS begun, avg(u.score)::float AS score
FROM user_progress u JOIN projects p ON p.id = u.project_id
WHERE u.user_id <> :key GROUP BY p.phase ORDER BY p.phase"""
REVIEW_SESSIONS = """SELECT s.id, s.branch, s.status, s.tokens_used, s.created_at,
s.result -> 'score' AS score, u.full_name FROM analysis_sessions s
LEFT JOIN auth.users u ON u.id = s.requested_by
WHERE s.project_id = :key ORDER BY s.created_at DESC LIMIT 20"""
REVIEW_SESSIONS_WRITE = """UPDATE analysis_sessions SET tokens_used = coalesce(tokens_used, 0) + 1
WHERE id = (SELECT id FROM analysis_sessions WHERE project_id = :key
ORDER BY created_at DESC LIMIT 1)"""


@dataclass(frozen=True)
class Page:
    """A page by its key, and the statement that changes it; a ``Source`` for caches.

    Each load takes a connection from the pool and gives it back, as a request does.
    """

    pool: Engine
    read: str
    change: str = ""

    def load(self, key: int) -> list[list[Any]]:
        """The rows of the page, as JSON has them."""
        with self.pool.connect() as connection:
            rows = connection.execute(text(self.read), {"key": key})
            return [[plain(value) for value in row] for row in rows]

    def write(self, key: int) -> None:
        """Change what the page shows."""
        with self.pool.begin() as connection:
            connection.execute(text(self.change), {"key": key})


@dataclass(frozen=True)
class Comparison:
    """Replays of the same streams by each arm; one stream a round."""

    write_share: float
    ttl_s: float
    replays: Mapping[str, tuple[Replay, ...]]

    def less_latency(self, arm: str) -> Estimate:
        """By how many percent a reader waits less, on the mean over a stream."""
        before, after = ([r.mean_ms for r in self.replays[name]] for name in (NONE, arm))
        return less(before, after)

    def hits(self, arm: str) -> Estimate:
        """Percent of reads answered from the cache."""
        return median_of([each.hit_share for each in self.replays[arm]], "%")

    def fewer_loads(self, arm: str) -> Estimate:
        """Percent of queries spared."""
        return median_of([each.fewer_loads for each in self.replays[arm]], "%")

    def stale(self, arm: str) -> Estimate:
        """Percent of reads that were no longer true."""
        return median_of([each.stale_share for each in self.replays[arm]], "%")

    def records(self) -> list[dict[str, Any]]:
        """One row per arm: reads, hits, queries, stale reads, waits of readers and writers."""
        return [self._record(arm, found) for arm, found in self.replays.items()]

    def _record(self, arm: str, found: Sequence[Replay]) -> dict[str, Any]:
        mean = median_of([each.mean_ms for each in found], "ms")
        waits = [ms for each in found for ms in each.write_ms]
        return {
            "writes_per_100": 100 * self.write_share,
            "ttl_s": self.ttl_s,
            "arm": arm,
            "reads": sum(each.reads for each in found),
            "hits_percent": median_of([each.hit_share for each in found], "%").value,
            "queries": sum(each.loads for each in found),
            "stale_reads": sum(each.stale for each in found),
            "oldest_stale_s": max(each.oldest_stale_s for each in found),
            "mean_ms": mean.value,
            "low_mean_ms": mean.low,
            "high_mean_ms": mean.high,
            "write_ms": median_of(waits, "ms").value if waits else None,
        }


def compare(
    source: Source,
    url: str,
    keys: Sequence[int],
    *,
    ttl_s: float,
    per_s: float,
    events: int = 300,
    write_share: float = 0.0,
    skew: float = 1.0,
    arms: Iterable[str] = DROPS,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> Comparison:
    """Each arm replays one stream a round, in random turn and from an empty Redis.

    The first third of a stream only fills the cache. Without a cache every read is a query, so of
    that arm the last UNCACHED events are enough.
    """
    order = random.Random(seed)
    found: dict[str, list[Replay]] = {name: [] for name in (NONE, *arms)}
    for turn in range(rounds):
        drawn = seed * 1000 + turn
        given = stream(keys, events, per_s=per_s, skew=skew, writes=write_share, seed=drawn)
        for name in order.sample(list(found), k=len(found)):
            if name == NONE:
                result = replay(given[-UNCACHED:], source, None, SimulatedClock())
            else:
                result = _cached(name, given, source, url, ttl_s)
            found[name].append(result)
    return Comparison(write_share, ttl_s, {name: tuple(rs) for name, rs in found.items()})


def _cached(name: str, events: Sequence[Event], source: Source, url: str, ttl_s: float) -> Replay:
    """What comes of the last two thirds of a stream behind a cache."""
    clock = SimulatedClock()
    with emptied(url) as client:
        cache = Cache(client, ttl_s, clock)
        return replay(events, source, cache, clock, drop=DROPS[name], warm_up=len(events) // 3)


@dataclass(frozen=True)
class Repeats:
    """One page asked for again and again: by the query, and from the cache."""

    page: str
    race: Race

    @property
    def query_ms(self) -> Estimate:
        """How long the query takes."""
        return self.race.median_ms("query")

    @property
    def saved(self) -> Estimate:
        """By how many percent the cached page is there sooner."""
        return self.race.speedup("query", "cache").mapped(lambda x: 100 * (1 - 1 / x), "%")

    @property
    def speedup(self) -> Estimate:
        """How many times as fast the cached page is there."""
        return self.race.speedup("query", "cache")

    def records(self) -> list[dict[str, Any]]:
        """One row per variant: page, variant, ms with its interval, rounds."""
        return [{"page": self.page, **row} for row in self.race.records()]


def repeats(
    pages: Mapping[str, tuple[Source, int]], url: str, *, rounds: int = 41, seconds: float = 2.0
) -> list[Repeats]:
    """Each page, a source and a key, by its query and from the cache; the query time rises.

    Raises MeasurementError when the cached page differs from the query's.
    """
    found = []
    with emptied(url) as client:
        cache = Cache(client, ttl_s=3600)
        for name, (source, key) in pages.items():
            cache.put(name, source.load(key))
            variants = {"query": partial(source.load, key), "cache": partial(cache.get, name)}
            found.append(Repeats(name, race(variants, rounds=rounds, seconds=seconds)))
    return sorted(found, key=lambda each: each.query_ms.value)
