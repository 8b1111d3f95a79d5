"""Connections: one per request, or kept in a pool; what a pool costs and what it gives.

A pool bounds how many connections there are. It saves the price of connecting (a process of the
server, several round trips, authentication); it does not make the server faster: throughput is
connections / time of use (Little 1961) until processors or disks are busy, and falls after that.

A pooler between application and server, such as PgBouncer, bounds the connections of many
application processes together; with pooling by transaction one connection serves many clients,
but what belongs to a session is lost between transactions: SET, advisory locks, LISTEN, temporary
tables, and prepared statements where the pooler does not follow them. It is not measured here.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, NullPool, text

from workbench.db import connect
from workbench.measurement.calls import Race, race
from workbench.measurement.estimate import Estimate, median_of
from workbench.patterns.engines import engine

Work: TypeAlias = Callable[[Connection], object]


@dataclass(frozen=True)
class Pool:
    """What ``create_engine`` is told: kept connections, those on demand, and the longest wait."""

    size: int
    overflow: int = 0
    timeout_s: float = 30.0
    pre_ping: bool = False
    recycle_s: int = -1

    def __str__(self) -> str:
        """``10 + 20``."""
        return f"{self.size} + {self.overflow}"

    @property
    def most(self) -> int:
        """The most connections that it gives out."""
        return self.size + self.overflow

    @contextmanager
    def on(self, conninfo: str) -> Iterator[Engine]:
        """An engine with this pool, disposed of at the end."""
        pooled = engine(
            conninfo,
            pool_size=self.size,
            max_overflow=self.overflow,
            pool_timeout=self.timeout_s,
            pool_pre_ping=self.pre_ping,
            pool_recycle=self.recycle_s,
        )
        with disposed(pooled):
            yield pooled


@contextmanager
def disposed(own: Engine) -> Iterator[Engine]:
    """Close an engine's connections at the end."""
    try:
        yield own
    finally:
        own.dispose()


@contextmanager
def unpooled(conninfo: str) -> Iterator[Engine]:
    """An engine that connects for each request and keeps nothing."""
    with disposed(engine(conninfo, poolclass=NullPool)) as own:
        yield own


def waits(ms: float) -> Work:
    """What holds its connection while it waits, and needs no processor."""
    return query("SELECT pg_sleep(:seconds)", seconds=ms / 1000)


def query(statement: str, **values: object) -> Work:
    """One statement and all its rows."""
    prepared = text(statement)
    return lambda connection: connection.execute(prepared, values).all()


def request(own: Engine, work: Work) -> object:
    """What a web request does: get a connection, work, give it back."""
    with own.connect() as connection:
        return work(connection)


def engine_per_request(conninfo: str, work: Work) -> object:
    """The mistake: each request builds an engine, with a pool, a dialect and its caches."""
    with disposed(engine(conninfo)) as own:
        return request(own, work)


@dataclass(frozen=True)
class Cost:
    """The same work by five ways, one client.

    ``open`` has a connection at hand, ``pool`` gets it from a pool, ``pre_ping`` from one that
    asks whether it is alive, ``connect`` connects, ``engine`` builds an engine that connects.
    """

    race: Race
    connect_ms: Estimate

    def overhead_ms(self, way: str) -> list[float]:
        """What a request takes beyond the same statement on an open connection, by round."""
        pairs = zip(self.race.times_ms[way], self.race.times_ms["open"], strict=True)
        return [max(took - bare, 0.001) for took, bare in pairs]

    def records(self) -> list[dict[str, Any]]:
        """One row per way: variant, ms, low_ms, high_ms, rounds, overhead_ms."""
        return [
            {**row, "overhead_ms": median_of(self.overhead_ms(row["variant"]), "ms").value}
            for row in self.race.records()
        ]


def cost(
    conninfo: str,
    work: Work,
    *,
    repeats: int = 5,
    rounds: int = 15,
    seconds: float = 5.0,
    seed: int = 0,
) -> Cost:
    """What the work takes by each way, in turn, the mean of ``repeats`` requests each time.

    Raises MeasurementError when the answers differ.
    """
    with (
        Pool(1).on(conninfo) as pool,
        Pool(1, pre_ping=True).on(conninfo) as pinged,
        unpooled(conninfo) as fresh,
        Pool(1).on(conninfo) as held,
        held.connect() as at_hand,
    ):

        def by_hand() -> object:
            answer = work(at_hand)
            at_hand.rollback()  # as giving a connection back does
            return answer

        ways: dict[str, Callable[[], object]] = {
            "engine": lambda: engine_per_request(conninfo, work),
            "connect": lambda: request(fresh, work),
            "pre_ping": lambda: request(pinged, work),
            "pool": lambda: request(pool, work),
            "open": by_hand,
        }
        repeated = {name: partial(_repeat, way, repeats) for name, way in ways.items()}
        raced = race(repeated, rounds=rounds, seconds=seconds, seed=seed)
    each = {name: tuple(ms / repeats for ms in times) for name, times in raced.times_ms.items()}
    return Cost(Race(each), connect_ms(conninfo))


def _repeat(way: Callable[[], object], times: int) -> list[object]:
    return [way() for _ in range(times)]


def connect_ms(conninfo: str, times: int = 25) -> Estimate:
    """What it takes to connect and to close, in milliseconds."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        connect(conninfo).close()
        took.append((time.perf_counter() - started) * 1000)
    return median_of(took, "ms")
