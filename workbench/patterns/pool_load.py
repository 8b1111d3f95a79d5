"""Pools under load: throughput by size, exhaustion, bursts, lost connections, the timeline."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Engine, event

from workbench.db import connect, conninfo, fetch_value
from workbench.patterns.clients import Block, Blocks, burst, closed_loop, in_turn
from workbench.patterns.pooling import Pool, Work, request, unpooled

NEAR_BEST = 0.95
"""A pool that serves this part of the best throughput is as good as the best."""

_SEEN = """/*workbench*/ SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"""
_END = """/*workbench*/ SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = $1"""


def compare(
    site: str,
    pools: Sequence[Pool | None],
    work: Work,
    *,
    clients: int,
    seconds: float = 0.5,
    think_s: float = 0.0,
    blocks: int = 6,
    seed: int = 0,
) -> dict[str, Blocks]:
    """The same load on each pool (by its name, ``5 + 10``), block by block in turn.

    The pool ``None``, by the name of ``connect``, connects for each request.
    """
    arms = {
        str(pool or "connect"): partial(_loaded, site, pool, work, clients, seconds, think_s)
        for pool in pools
    }
    return in_turn(arms, blocks=blocks, seed=seed)


def _loaded(
    site: str, pool: Pool | None, work: Work, clients: int, seconds: float, think_s: float = 0.0
) -> Block:
    """One block on a new pool whose kept connections are there already."""
    with pool.on(site) if pool else unpooled(site) as own:
        _fill(own, min(pool.size, clients) if pool else 1)
        return closed_loop(clients, seconds, lambda: request(own, work), think_s=think_s)


def _fill(own: Engine, connections: int) -> None:
    held = [own.connect() for _ in range(connections)]
    for connection in held:
        connection.close()


@dataclass(frozen=True)
class Sweep:
    """Throughput by pool size for one kind of work and so many clients."""

    clients: int
    by_size: dict[int, Blocks]

    @property
    def knee(self) -> int:
        """The smallest pool that serves 95 % of what the best one does."""
        best = max(each.per_second.value for each in self.by_size.values())
        return min(
            size for size, each in self.by_size.items() if each.per_second.value >= NEAR_BEST * best
        )

    def records(self) -> list[dict[str, Any]]:
        """A row per size, with what Little's law says: size / time of use with one connection."""
        alone = self.by_size[min(self.by_size)]
        unit = alone.per_second.value / min(self.by_size)
        return [
            {"size": size, "little_per_second": unit * min(size, self.clients), **blocks.record()}
            for size, blocks in self.by_size.items()
        ]


def sweep(
    site: str,
    sizes: Sequence[int],
    work: Work,
    *,
    clients: int,
    seconds: float = 0.5,
    blocks: int = 6,
    seed: int = 0,
) -> Sweep:
    """Pools of these sizes, without overflow, under the same load."""
    arms = {str(n): partial(_loaded, site, Pool(n), work, clients, seconds) for n in sizes}
    found = in_turn(arms, blocks=blocks, seed=seed)
    return Sweep(clients, {int(name): each for name, each in found.items()})


def exhaustion_clients(pool: Pool, hold_s: float) -> float:
    """From how many clients on some wait longer than the pool lets them.

    A closed loop of N clients waits (N - connections) × hold / connections for one (Little 1961).
    """
    return pool.most * (1 + pool.timeout_s / hold_s)


def bursts(
    site: str, pool: Pool, work: Work, requests: int, times: int, between: Callable[[], object]
) -> Blocks:
    """So many requests at once, ``times`` times; ``between`` runs before each burst."""
    blocks = []
    with pool.on(site) as own:
        for _ in range(times):
            between()
            blocks.append(burst(requests, lambda: request(own, work)))
    return Blocks(blocks)


def after_restart(site: str, pool: Pool, work: Work) -> Block:
    """Requests after the server has ended every kept connection, as a restart or fail-over does.

    As many as the pool keeps, one after the other.
    """
    name = "workbench lost"
    with pool.on(conninfo(site, application_name=name)) as own, connect(site) as owner:
        _fill(own, pool.size)
        fetch_value(owner, _END, [name])
        _await(lambda: fetch_value(owner, _SEEN, [name]) == 0)
        served = [burst(1, lambda: request(own, work)) for _ in range(pool.size)]
    times = tuple(ms for each in served for ms in each.times_ms)
    failed = [name for each in served for name in each.failures]
    return Block(1, sum(b.seconds for b in served), times, {n: failed.count(n) for n in failed}, 0)


@dataclass(frozen=True)
class Moment:
    """How many connections the pool had given out, and the server had open, at one moment."""

    ms: float
    checked_out: int
    open: int


@dataclass(frozen=True)
class Timeline:
    """What a burst did to a pool: from each check-out and check-in, and as the server saw it."""

    pool: Pool
    moments: tuple[Moment, ...]
    connects: int
    block: Block

    @property
    def most(self) -> int:
        """The most connections given out at once."""
        return max(moment.checked_out for moment in self.moments)

    @property
    def most_open(self) -> int:
        """The most connections that the server had open for this pool."""
        return max(moment.open for moment in self.moments)

    def records(self) -> list[dict[str, Any]]:
        """One row per moment: ms, checked_out, open."""
        return [vars(moment) for moment in self.moments]


def timeline(site: str, pool: Pool, work: Work, requests: int) -> Timeline:
    """Run ``requests`` at once and note each check-out and check-in as it happens."""
    name = "workbench timeline"
    with pool.on(conninfo(site, application_name=name)) as own, _noting(own) as seen:
        with _watching(site, name, seen):
            block = burst(requests, lambda: request(own, work))
        return Timeline(pool, tuple(seen.moments), seen.connects, block)


class _Seen:
    """The notes; every change of them is made under the lock."""

    def __init__(self) -> None:
        self.lock, self.started = threading.Lock(), time.perf_counter()
        self.out = self.open = self.connects = 0
        self.moments: list[Moment] = []

    def note(self, *, out: int = 0, connects: int = 0, open_: int | None = None) -> None:
        with self.lock:
            self.out += out
            self.connects += connects
            self.open = self.open if open_ is None else open_
            ms = (time.perf_counter() - self.started) * 1000
            self.moments.append(Moment(ms, self.out, self.open))


@contextmanager
def _noting(own: Engine) -> Iterator[_Seen]:
    """Counts by the pool's own events."""
    seen = _Seen()
    listeners = {
        "checkout": lambda *about: seen.note(out=1),
        "checkin": lambda *about: seen.note(out=-1),
        "connect": lambda *about: seen.note(connects=1),
    }
    for what, listener in listeners.items():
        event.listen(own, what, listener)
    yield seen


@contextmanager
def _watching(site: str, name: str, seen: _Seen) -> Iterator[None]:
    """Counts of the server's sessions, every two milliseconds."""
    over = threading.Event()

    def watch() -> None:
        with connect(site) as owner:
            while not over.wait(0.002):
                seen.note(open_=fetch_value(owner, _SEEN, [name]))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _await(there: Callable[[], bool]) -> None:
    for _ in range(500):
        if there():
            return
        time.sleep(0.01)
