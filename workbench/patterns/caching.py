"""Answers kept in Redis: cache-aside with a time to live, absent values, and who may load."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import redis

Clock: TypeAlias = Callable[[], float]
Load: TypeAlias = Callable[[], Any]

ABSENT = object()
"""What ``get`` returns for a key that is not in the cache; None is a value like any other."""

PREFIX = "workbench:"
LOCK_S, POLL_S = 5.0, 0.002


class Cache:
    """Values as JSON under a prefix, each with the same time to live.

    Redis lets them expire. With a ``clock`` of simulated time they carry their own end instead,
    because Redis' clock cannot be set.
    """

    def __init__(
        self, client: "redis.Redis", ttl_s: float, clock: Clock | None = None, prefix: str = PREFIX
    ) -> None:
        self.client, self.ttl_s, self.clock, self.prefix = client, ttl_s, clock, prefix

    def get(self, key: str) -> Any:  # noqa: ANN401 - whatever was put there
        """The value of a key, or ABSENT."""
        found = self.client.get(self.prefix + key)
        if found is None:
            return ABSENT
        kept = json.loads(found)
        if self.clock is None:
            return kept
        value, ends_s = kept
        return value if self.clock() < ends_s else ABSENT

    def put(self, key: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Keep a value for the cache's time to live."""
        if self.clock is None:
            self.client.set(self.prefix + key, json.dumps(value), px=max(1, self._ttl_ms))
        else:
            self.client.set(
                self.prefix + key, json.dumps([value, self.clock() + self.ttl_s]), px=3_600_000
            )

    def drop(self, key: str) -> None:
        """Forget a key."""
        self.client.unlink(self.prefix + key)

    @property
    def _ttl_ms(self) -> int:
        return round(1000 * self.ttl_s)


def connect(url: str) -> "redis.Redis":
    """A client for an address that the lab gave; it waits at most five seconds for anything."""
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)


@contextmanager
def emptied(url: str) -> Iterator["redis.Redis"]:
    """A client of a Redis that is emptied before the block, and again after it."""
    with connect(url) as client:
        client.flushdb()
        try:
            yield client
        finally:
            client.flushdb()


def cache_aside(cache: Cache, key: str, load: Load) -> Any:  # noqa: ANN401
    """The value from the cache, else loaded and kept: also that there is none (None)."""
    found = cache.get(key)
    if found is ABSENT:
        found = load()
        cache.put(key, found)
    return found


def cache_present(cache: Cache, key: str, load: Load) -> Any:  # noqa: ANN401
    """The same without keeping what is empty: what is not there is asked for again each time."""
    found = cache.get(key)
    if found is ABSENT:
        found = load()
        if found:
            cache.put(key, found)
    return found


def single_flight(cache: Cache, key: str, load: Load, locks: Mapping[str, threading.Lock]) -> Any:  # noqa: ANN401
    """One thread of this process loads a missing key, the others wait for its value."""
    found = cache.get(key)
    if found is ABSENT:
        with locks[key]:
            found = cache_aside(cache, key, load)
    return found


def locked(cache: Cache, key: str, load: Load) -> Any:  # noqa: ANN401
    """One client of Redis loads a missing key, those of other processes wait as well.

    The lock ends by itself when its holder dies; then the next one loads.
    """
    found = cache.get(key)
    if found is ABSENT:
        name = f"{cache.prefix}lock:{key}"
        with cache.client.lock(name, LOCK_S, sleep=POLL_S, raise_on_release_error=False):
            found = cache_aside(cache, key, load)
    return found
