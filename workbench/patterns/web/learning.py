"""The overview page of a learning site, with a limit for each client if the request has it on.

``limit`` counts in the process, ``limit,redis`` for all processes of the site together.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.patterns.json_rows import objects
from workbench.patterns.pages import LEARNING_PHASES
from workbench.patterns.rate_limit import Buckets, SharedBuckets
from workbench.patterns.web.connecting import connections_of, lifespan, ways

ON = frozenset({"async", "pool"})


@asynccontextmanager
async def with_buckets(application: Starlette) -> AsyncIterator[dict[str, Any]]:
    """The application's connections and buckets, for as long as it runs."""
    async with lifespan(application) as state:
        reached = state["connections"]
        shared = SharedBuckets(reached.redis) if reached.addresses["redis"] else None
        yield {**state, "own": Buckets(), "shared": shared}


async def overview(request: Request) -> JSONResponse:
    """How far everybody has got, phase by phase; 429 for a client over its limit."""
    on, client = ways(request), request.headers.get("x-client", "")
    if "limit" in on:
        own, shared = request.state.own, request.state.shared
        in_time = await shared.allow(client) if shared and "redis" in on else own.allow(client)
        if not in_time:
            return JSONResponse({"error": "too many requests"}, status_code=429)
    rows = await connections_of(request).rows(ON, text(LEARNING_PHASES), {"key": 0})
    return JSONResponse(objects(rows))


app = Starlette(routes=[Route("/overview", overview)], lifespan=with_buckets)
