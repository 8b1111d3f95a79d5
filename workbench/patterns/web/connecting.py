"""How the lab's applications reach Postgres and Redis, and which optimisations a request has on.

``WORKBENCH_WEB`` holds the addresses as JSON. A request names its optimisations itself
(``?with=pool,indexes``), so that one running server shows every step of a ladder in turn.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import redis.asyncio
from sqlalchemy import Engine, Executable, NullPool, RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from workbench.patterns.engines import async_engine, engine

VARIABLE = "WORKBENCH_WEB"
POOL_SIZE, OVERFLOW = 20, 10
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


@dataclass(frozen=True)
class Connections:
    """The pools of one process, each made when it is first used."""

    addresses: Mapping[str, Any]

    @classmethod
    def of_environment(cls) -> "Connections":
        """Those that the environment names."""
        return cls(json.loads(os.environ[VARIABLE]))

    @property
    def _options(self) -> dict[str, int]:
        given = self.addresses
        kept, more = given.get("pool", POOL_SIZE), given.get("overflow", OVERFLOW)
        return {"pool_size": int(kept), "max_overflow": int(more)}

    @cached_property
    def pooled(self) -> Engine:
        """Blocking connections that are kept."""
        return engine(self.addresses["database"], **self._options)

    @cached_property
    def fresh(self) -> Engine:
        """A blocking connection for each request."""
        return engine(self.addresses["database"], poolclass=NullPool)

    @cached_property
    def pooled_async(self) -> AsyncEngine:
        """Asynchronous connections that are kept."""
        return async_engine(self.addresses["database"], **self._options)

    @cached_property
    def fresh_async(self) -> AsyncEngine:
        """An asynchronous connection for each request."""
        return async_engine(self.addresses["database"], poolclass=NullPool)

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
        """The rows of a statement in a transaction of its own, with ``pool`` and ``async`` or not.

        Without ``async`` the call blocks the event loop, which is the mistake to be shown.
        """
        if "async" in on:
            pool = self.pooled_async if "pool" in on else self.fresh_async
            async with pool.begin() as connection:
                result = await connection.execute(statement, values or {})
                return list(result.mappings()) if result.returns_rows else []
        blocking = self.pooled if "pool" in on else self.fresh
        with blocking.begin() as connection:
            result = connection.execute(statement, values or {})
            return list(result.mappings()) if result.returns_rows else []

    async def close(self) -> None:
        """Close every pool that was made."""
        made = self.__dict__
        for name in ("pooled_async", "fresh_async"):
            if name in made:
                await made[name].dispose()
        for name in ("pooled", "fresh"):
            if name in made:
                made[name].dispose()
        if "redis" in made:
            await made["redis"].aclose()
