"""A to-do API whose optimisations are switched on by the request.

``small`` (5 connections and 10 more) or ``pool``, ``indexes`` (the table that has them), ``async``;
the bulk endpoint is there besides.
"""

from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, MetaData, Table, Text, insert, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.patterns.json_rows import objects
from workbench.patterns.web.connecting import Ways, connections_of, lifespan, ways

PLAIN, INDEXED = "todos", "todos_indexed"
PAGE = 20
SHOWN = ("id", "title", "priority", "due_date", "created_at")


def _table(name: str) -> Table:
    return Table(
        name,
        MetaData(),
        Column("id", BigInteger, primary_key=True),
        Column("title", Text),
        Column("description", Text),
        Column("completed", Boolean),
        Column("priority", Text),
        Column("due_date", TIMESTAMP(timezone=True)),
        Column("created_at", TIMESTAMP(timezone=True)),
    )


TABLES = {False: _table(PLAIN), True: _table(INDEXED)}


def table(on: Ways) -> Table:
    """The table with indexes or the one without."""
    return TABLES["indexes" in on]


async def newest(request: Request) -> JSONResponse:
    """The newest open to-dos of a priority."""
    on, t = ways(request), table(ways(request))
    statement = (
        select(*(t.c[name] for name in SHOWN))
        .where(~t.c.completed, t.c.priority == request.query_params.get("priority", "high"))
        .order_by(t.c.created_at.desc(), t.c.id.desc())
        .limit(PAGE)
    )
    return JSONResponse(objects(await connections_of(request).rows(on, statement)))


async def create(request: Request) -> JSONResponse:
    """One to-do, in a transaction of its own."""
    on = ways(request)
    values = await request.json()
    await connections_of(request).rows(on, insert(table(on)).values(**values))
    return JSONResponse({"created": 1}, status_code=201)


async def create_many(request: Request) -> JSONResponse:
    """As many to-dos as the list has, with one statement."""
    on = ways(request)
    values = await request.json()
    await connections_of(request).rows(on, insert(table(on)).values(values))
    return JSONResponse({"created": len(values)}, status_code=201)


app = Starlette(
    routes=[
        Route("/todos", newest),
        Route("/todos", create, methods=["POST"]),
        Route("/todos/bulk", create_many, methods=["POST"]),
    ],
    lifespan=lifespan,
)
