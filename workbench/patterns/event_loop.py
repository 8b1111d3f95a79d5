"""A database call in an asynchronous program: in the event loop, in a thread, asynchronous.

A blocking call stops everything that shares the loop, also what asks the database nothing: the
health check, the timer, the other clients. How late the loop is, a heartbeat tells.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import Engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from workbench.errors import MeasurementError
from workbench.measurement.calls import LEAST_ROUNDS
from workbench.measurement.estimate import Estimate, less, median_of, speedup
from workbench.patterns.engines import async_engine, engine

Rows: TypeAlias = list[tuple[Any, ...]]
Ask: TypeAlias = Callable[[], Coroutine[Any, Any, Rows]]

VARIANTS = ("blocking", "thread", "asynchronous")
THREADS = 40
"""As many as Starlette's pool has; ``asyncio.to_thread`` has four more than processors."""

TICK_S = 0.002


async def blocking(pool: Engine, statement: str) -> Rows:
    """Rows by a blocking driver in a coroutine: the loop stands still meanwhile."""
    with pool.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


async def in_thread(pool: Engine, statement: str, threads: ThreadPoolExecutor) -> Rows:
    """Rows by the same driver in a thread, as ``asyncio.to_thread`` or a ``def`` endpoint do it."""

    def ask() -> Rows:
        with pool.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    return await asyncio.get_running_loop().run_in_executor(threads, ask)


async def asynchronous(pool: AsyncEngine, statement: str) -> Rows:
    """Rows by an asynchronous driver; the loop does other work while the server does its."""
    async with pool.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


@dataclass(frozen=True)
class Block:
    """A stretch of load: requests answered, and how late each tick of the heartbeat came.

    ``beats`` is how often the loop came round to its heartbeat; ticks that it slept through count
    in ``lags_ms`` all the same.
    """

    requests: int
    seconds: float
    lags_ms: tuple[float, ...]
    beats: int

    @property
    def throughput_per_s(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds

    @property
    def lag_p99_ms(self) -> float:
        """The lateness that 99 of 100 ticks stay below."""
        return float(np.quantile(self.lags_ms, 0.99))


@dataclass(frozen=True)
class Comparison:
    """Blocks of every variant under one load, taken in turn."""

    clients: int
    blocks: Mapping[str, tuple[Block, ...]]

    def throughput(self, name: str) -> Estimate:
        """Requests in a second."""
        return median_of([block.throughput_per_s for block in self.blocks[name]], "1/s")

    def lag(self, name: str) -> Estimate:
        """Lag of the event loop, its 99th percentile in milliseconds."""
        return median_of([block.lag_p99_ms for block in self.blocks[name]], "ms")

    def less_lag(self, slow: str = "blocking", fast: str = "asynchronous") -> Estimate:
        """By how many percent the lag of ``fast`` is smaller."""
        before, after = ([b.lag_p99_ms for b in self.blocks[name]] for name in (slow, fast))
        return less(before, after)

    def gain(self, slow: str = "blocking", fast: str = "asynchronous") -> Estimate:
        """How many times as many requests ``fast`` answers."""
        before, after = (
            [1 / block.throughput_per_s for block in self.blocks[name]] for name in (slow, fast)
        )
        return speedup(before, after)

    def records(self) -> list[dict[str, Any]]:
        """One row per variant: clients, variant, requests_per_s, lag_p99_ms, with intervals."""
        return [
            {
                "clients": self.clients,
                "variant": name,
                "requests_per_s": rate.value,
                "low_requests_per_s": rate.low,
                "high_requests_per_s": rate.high,
                "lag_p99_ms": lag.value,
                "low_lag_p99_ms": lag.low,
                "high_lag_p99_ms": lag.high,
                "blocks": rate.samples,
            }
            for name in self.blocks
            for rate, lag in [(self.throughput(name), self.lag(name))]
        ]


def measure(
    conninfo: str,
    statement: str,
    *,
    clients: int = 16,
    rounds: int = 8,
    seconds: float = 0.3,
    variants: Sequence[str] = VARIANTS,
    seed: int = 0,
) -> Comparison:
    """Every variant under ``clients`` concurrent requests, in blocks of ``seconds`` in turn.

    Raises MeasurementError when two variants give different rows.
    """
    arguments = (conninfo, statement, clients, rounds, seconds, tuple(variants), seed)
    if not _in_a_loop():
        return _measured(*arguments)
    with ThreadPoolExecutor(1) as thread:  # a notebook's own loop runs in this one
        return thread.submit(_measured, *arguments).result()


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _measured(
    conninfo: str,
    statement: str,
    clients: int,
    rounds: int,
    seconds: float,
    variants: Sequence[str],
    seed: int,
) -> Comparison:
    order = random.Random(seed)
    blocks: dict[str, list[Block]] = {name: [] for name in variants}
    with asyncio.Runner() as runner, _asking(conninfo, statement, clients, runner) as asks:
        _require_same({name: runner.run(asks[name]()) for name in variants})
        for turn in range(1 + max(rounds, LEAST_ROUNDS)):
            for name in order.sample(list(variants), k=len(variants)):
                block = runner.run(load(asks[name], clients, seconds))
                if turn > 0:  # the first turn opens the connections
                    blocks[name].append(block)
    return Comparison(clients, {name: tuple(found) for name, found in blocks.items()})


async def load(ask: Ask, clients: int, seconds: float) -> Block:
    """One block: each client asks again as soon as it has its answer, until the time is over."""
    heart = _Heart()
    heartbeat = asyncio.create_task(heart.beat())
    await asyncio.sleep(TICK_S)
    started = time.perf_counter()
    counts = await asyncio.gather(
        *(_client(ask, started + seconds) for _ in range(clients)), return_exceptions=True
    )
    took = time.perf_counter() - started
    await asyncio.sleep(2 * TICK_S)
    heartbeat.cancel()
    for count in counts:
        if isinstance(count, BaseException):
            raise count
    requests = sum(count for count in counts if isinstance(count, int))
    return Block(requests, took, tuple(heart.lags_ms), heart.beats)


async def _client(ask: Ask, deadline: float) -> int:
    done = 0
    while time.perf_counter() < deadline:
        await ask()
        done += 1
        await asyncio.sleep(0)  # the answer goes out; a server's loop turns here as well
    return done


class _Heart:
    """Notes for each planned tick how late it is; one long stop delays all the ticks within it."""

    def __init__(self) -> None:
        self.lags_ms: list[float] = []
        self.beats = 0

    async def beat(self) -> None:
        """Tick until the task is cancelled."""
        planned = time.perf_counter()
        while True:
            planned += TICK_S
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
            self.beats += 1
            now = time.perf_counter()
            while planned + TICK_S < now:
                self.lags_ms.append(1000 * (now - planned))
                planned += TICK_S
            self.lags_ms.append(1000 * (now - planned))


@contextmanager
def _asking(
    conninfo: str, statement: str, clients: int, runner: asyncio.Runner
) -> Iterator[dict[str, Ask]]:
    """The variants, ready to be called on the runner's loop, each with a pool of its own."""
    pool = engine(conninfo, pool_size=min(clients, THREADS), max_overflow=0)
    own = async_engine(conninfo, pool_size=clients, max_overflow=0)
    with ThreadPoolExecutor(THREADS) as threads:
        try:
            yield {
                "blocking": lambda: blocking(pool, statement),
                "thread": lambda: in_thread(pool, statement, threads),
                "asynchronous": lambda: asynchronous(own, statement),
            }
        finally:
            pool.dispose()
            runner.run(own.dispose())


def _require_same(answers: Mapping[str, Rows]) -> None:
    (first, expected), *others = answers.items()
    for name, answer in others:
        if answer != expected:
            raise MeasurementError(f"{name} and {first} give different rows for one statement")
