"""A stand-in for somebody else's API: it takes its time and counts how often it is asked.

``UPSTREAM_LATENCY_MS`` is how long an answer takes. ``POST /forget`` sets the count back.
"""

import asyncio
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

LATENCY_S = float(os.environ.get("UPSTREAM_LATENCY_MS", "0")) / 1000

calls = 0


async def repository(request: Request) -> JSONResponse:
    """What the outside knows about a repository."""
    global calls
    calls += 1
    await asyncio.sleep(LATENCY_S)
    number = int(request.path_params["number"])
    return JSONResponse({"id": number, "stars": number * 7 % 1000, "license": "MIT"})


async def count(request: Request) -> JSONResponse:
    """How many times a repository was asked for."""
    return JSONResponse({"calls": calls})


async def forget(request: Request) -> JSONResponse:
    """Count from nothing again."""
    global calls
    calls = 0
    return JSONResponse({"calls": calls})


app = Starlette(
    routes=[
        Route("/repositories/{number:int}", repository),
        Route("/calls", count),
        Route("/forget", forget, methods=["POST"]),
    ]
)
