"""The list of a catalogue of repositories; answers over 1,000 bytes are gzipped on request."""

from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.patterns.compression import LEAST_BYTES, LEVEL
from workbench.patterns.json_rows import objects
from workbench.patterns.web.connecting import connections_of, lifespan

ON = frozenset({"async", "pool"})
LIST = """SELECT id, url, owner, name, description, language, category, stars, topics,
health_status, created_at, metadata FROM repositories
WHERE id > :after AND deleted_at IS NULL ORDER BY id LIMIT :size"""


async def listing(request: Request) -> JSONResponse:
    """One page of repositories, those after a key."""
    after, size = (int(request.query_params.get(name, "20")) for name in ("after", "size"))
    rows = await connections_of(request).rows(ON, text(LIST), {"after": after, "size": size})
    return JSONResponse(objects(rows))


app = Starlette(
    routes=[Route("/repositories", listing)],
    middleware=[Middleware(GZipMiddleware, minimum_size=LEAST_BYTES, compresslevel=LEVEL)],
    lifespan=lifespan,
)
