"""How the lab's applications reach Postgres and Redis, and which optimisations a request has on.

``LAB_ADDRESSES`` holds the addresses as JSON. A request names its optimisations itself
(``?with=pool,indexes``), so that one running server shows every step of a ladder in turn.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import redis.asyncio
from sqlalchemy import Engine, Executable, NullPool, RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request

from workbench.patterns.engines import async_engine, engine

VARIABLE = "LAB_ADDRESSES"
POOL_SIZE, OVERFLOW = 20, 10
SMALL = {"pool_size": 5, "max_overflow": 10}
REDIS_CONNECTIONS = 20

Rows: TypeAlias = Sequence[RowMapping]
Ways: TypeAlias = frozenset[str]


def variables(database: str, redis: str = "", **others: str | int) -> dict[str, str]:
    """The environment that an application finds its addresses in.

    ``pool`` and ``overflow`` are the connections that each process keeps and may add.
    """
    return {VARIABLE: json.dumps({"database": database, "redis": redis, **others})}


def ways(request: Request) -> Ways:
    """The optimisations that a request has on."""
    return frozenset(request.query_params.get("with", "").split(",")) - {""}


def _kind(on: Ways) -> str:
    """``pool``, ``small`` or, for a connection of each request's own, nothing."""
    return "pool" if "pool" in on else "small" if "small" in on else ""


@dataclass(frozen=True)
class Connections:
    """The pools of one process, each made when it is first used."""

    addresses: Mapping[str, Any]
    _blocking: dict[str, Engine] = field(default_factory=dict)
    _asynchronous: dict[str, AsyncEngine] = field(default_factory=dict)

    @classmethod
    def of_environment(cls) -> "Connections":
        """Those that the environment names."""
        return cls(json.loads(os.environ[VARIABLE]))

    def blocking(self, on: Ways) -> Engine:
        """Connections of the blocking driver, kept or not."""
        kind = _kind(on)
        if kind not in self._blocking:
            self._blocking[kind] = engine(self.addresses["database"], **self._options(kind))
        return self._blocking[kind]

    def asynchronous(self, on: Ways) -> AsyncEngine:
        """Connections of the asynchronous driver, kept or not."""
        kind = _kind(on)
        if kind not in self._asynchronous:
            made = async_engine(self.addresses["database"], **self._options(kind))
            self._asynchronous[kind] = made
        return self._asynchronous[kind]

    def _options(self, kind: str) -> dict[str, Any]:
        if kind == "pool":
            sizes = {"pool": POOL_SIZE, "overflow": OVERFLOW, **self.addresses}
            return {"pool_size": int(sizes["pool"]), "max_overflow": int(sizes["overflow"])}
        return dict(SMALL) if kind == "small" else {"poolclass": NullPool}

    @cached_property
    def redis(self) -> "redis.asyncio.Redis":
        """Connections to Redis; who finds all of them in use waits for one."""
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            self.addresses["redis"], max_connections=REDIS_CONNECTIONS, timeout=30
        )
        return redis.asyncio.Redis.from_pool(pool)

    async def rows(
        self, on: Ways, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Rows:
        """The rows of a statement in a transaction of its own.

        Without ``async`` the call blocks the event loop, which is the mistake to be shown.
        """
        if "async" in on:
            async with self.asynchronous(on).begin() as connection:
                result = await connection.execute(statement, values or {})
                return list(result.mappings()) if result.returns_rows else []
        with self.blocking(on).begin() as connection:
            result = connection.execute(statement, values or {})
            return list(result.mappings()) if result.returns_rows else []

    async def close(self) -> None:
        """Close every pool that was made."""
        for own in self._asynchronous.values():
            await own.dispose()
        for pool in self._blocking.values():
            pool.dispose()
        if "redis" in self.__dict__:
            await self.redis.aclose()


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
    """The state of an application while it runs: its process's connections."""
    connections = Connections.of_environment()
    yield {"connections": connections}
    await connections.close()


def connections_of(request: Request) -> Connections:
    """The connections of the process that answers a request."""
    found: Connections = request.state.connections
    return found
