"""The overview page of a learning site, with a limit for each client if the request has it on.

``limit`` counts in the process, ``limit,redis`` for all processes of the site together.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.patterns.pages import LEARNING_PHASES
from workbench.patterns.rate_limit import Buckets, SharedBuckets
from workbench.patterns.web.connecting import Connections, ways
from workbench.patterns.web.todos import plain

ON = frozenset({"async", "pool"})

connections: Connections
own: Buckets
shared: SharedBuckets | None


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """The application's connections and buckets, for as long as it runs."""
    global connections, own, shared
    connections, own = Connections.of_environment(), Buckets()
    shared = SharedBuckets(connections.redis) if connections.addresses["redis"] else None
    yield
    await connections.close()


async def overview(request: Request) -> JSONResponse:
    """How far everybody has got, phase by phase; 429 for a client over its limit."""
    on, client = ways(request), request.headers.get("x-client", "")
    if "limit" in on:
        in_time = await shared.allow(client) if shared and "redis" in on else own.allow(client)
        if not in_time:
            return JSONResponse({"error": "too many requests"}, status_code=429)
    rows = await connections.rows(ON, text(LEARNING_PHASES), {"key": 0})
    return JSONResponse([{name: plain(value) for name, value in row.items()} for row in rows])


app = Starlette(routes=[Route("/overview", overview)], lifespan=lifespan)
