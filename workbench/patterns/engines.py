"""SQLAlchemy engines on an address: the one place that says how the lab connects."""

from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

URL = "postgresql+psycopg://"


def engine(conninfo: str, **options: Any) -> Engine:  # noqa: ANN401 - create_engine's own options
    """An engine for a libpq connection string; ``options`` are those of ``create_engine``."""
    return create_engine(URL, creator=lambda: psycopg.connect(conninfo), **options)


def async_engine(conninfo: str, **options: Any) -> AsyncEngine:  # noqa: ANN401
    """The same with psycopg's asynchronous connections."""

    async def connect() -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(conninfo)

    return create_async_engine(URL, async_creator=connect, **options)


def driver(connection: Connection) -> psycopg.Connection:
    """The psycopg connection under one of SQLAlchemy's, in the same transaction."""
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found
