"""Ways to forget what was cached of something that has changed, and what each costs.

An entry is named ``KEY:PAGE``: all pages of one key must go when it changes. Patterns look at every
key of the whole Redis, so their cost grows with what others keep there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench.measurement.calls import Race, race
from workbench.patterns.caching import ABSENT, Cache

BATCH = 500

Drop: TypeAlias = Callable[[Cache, int], None]


def entry(key: int, page: int = 1) -> str:
    """The name of one page of a key."""
    return f"{key}:{page}"


def keep(cache: Cache, key: int) -> None:
    """Leave the old entries until their time is over."""


def drop_by_keys(cache: Cache, key: int) -> None:
    """KEYS and a pattern: one command that walks over everything while all others wait."""
    found = cache.client.keys(f"{cache.prefix}{key}:*")
    if found:
        cache.client.unlink(*found)


def drop_by_scan(cache: Cache, key: int) -> None:
    """SCAN and a pattern: the same walk in steps, so that others come in between."""
    found = list(cache.client.scan_iter(f"{cache.prefix}{key}:*", count=BATCH))
    if found:
        cache.client.unlink(*found)


def put_in_set(cache: Cache, key: int, page: int, value: Any) -> None:  # noqa: ANN401
    """Keep a page and note its name in the set of its key, for ``drop_by_set``."""
    cache.put(entry(key, page), value)
    cache.client.sadd(f"{cache.prefix}pages:{key}", entry(key, page))


def drop_by_set(cache: Cache, key: int) -> None:
    """The names that were noted when the entries were put; nothing is searched."""
    noted = f"{cache.prefix}pages:{key}"
    names = (name.decode() for name in cache.client.smembers(noted) if isinstance(name, bytes))
    cache.client.unlink(noted, *(cache.prefix + name for name in names))


def drop_key(cache: Cache, key: int) -> None:
    """The one entry whose name is known: for what has a single page."""
    cache.drop(entry(key))


VARIANTS: Mapping[str, Drop] = {
    "KEYS pattern": drop_by_keys,
    "SCAN pattern": drop_by_scan,
    "set of names": drop_by_set,
    "one known name": drop_key,
}


@dataclass(frozen=True)
class Cost:
    """What it costs to forget one key's entries while Redis holds so many keys."""

    keys: int
    race: Race
    commands: Mapping[str, int]

    def records(self) -> list[dict[str, Any]]:
        """One row per variant: keys, variant, ms with interval, commands sent to Redis."""
        return [
            {"keys": self.keys, **row, "commands": self.commands[row["variant"]]}
            for row in self.race.records()
        ]


def measure(cache: Cache, keys: Iterable[int], *, pages: int = 1, rounds: int = 9) -> list[Cost]:
    """The cost of every variant with so many keys in Redis, which is emptied before and after.

    Each variant forgets ``pages`` pages of one key, put anew before each call.
    """
    variants = VARIANTS if pages == 1 else {n: VARIANTS[n] for n in list(VARIANTS)[:-1]}
    found = []
    for count in keys:
        cache.client.flushdb()
        fill(cache, count)
        timed = race(
            {name: _forgets(cache, drop) for name, drop in variants.items()},
            rounds=rounds,
            before_each=lambda: _put_pages(cache, pages),
        )
        sent = {name: _commands(cache, drop, pages) for name, drop in variants.items()}
        found.append(Cost(count, timed, sent))
    cache.client.flushdb()
    return found


def fill(cache: Cache, count: int) -> None:
    """Put ``count`` entries of other keys into Redis."""
    for start in range(0, count, 10_000):
        names = (f"{cache.prefix}{key}:1" for key in range(start + 1, min(start + 10_000, count)))
        cache.client.mset(dict.fromkeys((*names, f"{cache.prefix}other:{start}"), "{}"))


def _put_pages(cache: Cache, pages: int) -> None:
    for page in range(1, pages + 1):
        put_in_set(cache, 0, page, {"page": page})


def _forgets(cache: Cache, drop: Drop) -> Callable[[], None]:
    return lambda: drop(cache, 0)


def left(cache: Cache, key: int, pages: int) -> int:
    """How many pages of a key are still there."""
    return sum(cache.get(entry(key, page)) is not ABSENT for page in range(1, pages + 1))


def _commands(cache: Cache, drop: Drop, pages: int) -> int:
    """How many commands Redis got for one call."""
    _put_pages(cache, pages)
    before = cache.client.info("stats")["total_commands_processed"]
    drop(cache, 0)
    return int(cache.client.info("stats")["total_commands_processed"]) - int(before) - 1
