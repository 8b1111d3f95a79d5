"""The project page of a review platform, whose optimisations are switched on by the request.

``pool``, ``indexes`` (the tables that have them), ``async``, ``cache`` (Redis, 60 s).
"""

import json

from sqlalchemy import TextClause, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.patterns.json_rows import objects
from workbench.patterns.web.connecting import Connections, Ways, connections_of, lifespan, ways

TTL_MS = 60_000
VIEWS = {
    "sessions": """SELECT s.id, s.branch, s.status, s.created_at, s.result -> 'score' AS score,
u.full_name FROM {sessions} s LEFT JOIN auth.users u ON u.id = s.requested_by
WHERE s.project_id = :project ORDER BY s.created_at DESC, s.id DESC LIMIT 20""",
    "findings": """SELECT id, severity, category, rule, file_path, line, created_at
FROM {findings} WHERE project_id = :project AND status = 'open'
ORDER BY severity DESC, created_at DESC, id DESC LIMIT 50""",
    "facets": """SELECT category, severity, count(*) AS findings FROM {findings}
WHERE project_id = :project AND status = 'open' GROUP BY category, severity
ORDER BY category, severity""",
}
PLAIN = {"sessions": "analysis_sessions", "findings": "findings"}
INDEXED = {"sessions": "analysis_sessions_indexed", "findings": "findings_indexed"}


def statement(view: str, on: Ways) -> TextClause:
    """The statement of a view on the tables with indexes or on those without."""
    return text(VIEWS[view].format(**(INDEXED if "indexes" in on else PLAIN)))


async def load(connections: Connections, project: int, view: str, on: Ways) -> bytes:
    """One view of a project as JSON."""
    rows = await connections.rows(on, statement(view, on), {"project": project})
    return json.dumps(objects(rows)).encode()


async def page(request: Request) -> Response:
    """One view of a project, from the cache if that is switched on."""
    on, view, connections = ways(request), request.path_params["view"], connections_of(request)
    project = request.path_params["project"]
    if view not in VIEWS:
        return JSONResponse({"error": f"there is no view {view}"}, status_code=404)
    if "cache" not in on:
        return Response(await load(connections, project, view, on), media_type="application/json")
    key = f"workbench:web:{project}:{view}"
    found = await connections.redis.get(key)
    if found is None:
        found = await load(connections, project, view, on)
        await connections.redis.set(key, found, px=TTL_MS)
    return Response(found, media_type="application/json")


app = Starlette(routes=[Route("/projects/{project:int}/{view}", page)], lifespan=lifespan)
