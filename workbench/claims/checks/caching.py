"""Answers kept in Redis: S1.3, S4.4, S5.2 and S5.6."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab, Site
from workbench.db import fetch_all
from workbench.measurement.estimate import figures
from workbench.patterns import caching, invalidation, stampede, tokens
from workbench.patterns import pages as paged
from workbench.patterns import upstream as outside
from workbench.patterns.engines import engine
from workbench.patterns.pages import Page
from workbench.patterns.scratch import Scratch, scratch

BY_PATTERN = "dropped by pattern"
READERS = 20
STUB = "workbench.patterns.web.upstream:app"
SIMULATED = "time in the stream is simulated: what expires does so by the stream's clock"


def upstream(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S1.3: calls of an outside API that a cache of 24 h spares, by density of the requests."""
    latency_ms = lab.parameters(parameters, "latency_ms")
    with lab.serve(STUB, variables={"UPSTREAM_LATENCY_MS": str(latency_ms)}) as url:
        found = outside.measure(
            url,
            lab.redis(),
            repositories=lab.parameters(parameters, "repositories"),
            densities=lab.parameters(parameters, "densities"),
            rounds=lab.parameters(parameters, "rounds"),
            seed=lab.seed,
        )
        waits = outside.waits(url, lab.redis())
    dense = {each.requests_per_repository: each for each in found}
    headline = dense[parameters["headline_density"]]
    return Finding(
        measured={"fewer calls": headline.fewer_calls},
        points=tuple(Point(density, each.fewer_calls) for density, each in dense.items()),
        records=[each.record() for each in found],
        note=f"at {headline.requests_per_repository:g} requests a day for each repository; "
        f"{headline.stale.value:.1f} % of answers had changed outside meanwhile; an answer from "
        f"the cache comes {waits.speedup('upstream', 'cache')} as fast as from an API of "
        f"{latency_ms} ms; {SIMULATED}",
    )


def responses(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S4.4: project pages kept for 60 s and dropped by pattern, by share of writes."""
    site = lab.site("codereview")
    with scratch(site.conninfo) as private, _pool(private) as pool:
        private.copy("production.analysis_sessions", None)
        page = Page(pool, paged.REVIEW_SESSIONS, paged.REVIEW_SESSIONS_WRITE)
        compared = [
            paged.compare(
                page,
                lab.redis(),
                _keys(site, "projects.projects", lab.parameters(parameters, "projects")),
                ttl_s=parameters["ttl_s"],
                per_s=lab.parameters(parameters, "per_s"),
                events=lab.parameters(parameters, "events"),
                write_share=writes / 100,
                arms=lab.parameters(parameters, "arms"),
                seed=lab.seed,
            )
            for writes in lab.parameters(parameters, "writes_per_100")
        ]
        rushed = _rushed(private, lab)
    shares = dict(zip(lab.parameters(parameters, "writes_per_100"), compared, strict=True))
    headline = shares[parameters["headline_writes_per_100"]]
    costs = _dropping(lab, lab.parameters(parameters, "keys"))
    stale = "stale reads with expiry only and with dropping are in the records"
    return Finding(
        measured={
            "less latency": headline.less_latency(BY_PATTERN),
            "hits": headline.hits(BY_PATTERN),
        },
        points=tuple(Point(share, each.less_latency(BY_PATTERN)) for share, each in shares.items()),
        records=[*(row for each in compared for row in each.records()), *costs, *rushed],
        note=f"at {parameters['headline_writes_per_100']} writes per 100 requests; the hit rate is "
        f"that of the stream, {_density(lab, parameters):.1f} requests a project in 60 s; {stale}; "
        f"{_cost_note(costs)}; {READERS} readers of a page that has just expired send "
        f"{', '.join(_queries(row) for row in rushed)}; {SIMULATED}",
    )


def _rushed(private: Scratch, lab: Lab) -> list[dict[str, Any]]:
    """How often a page is queried when many ask for it in the moment in which it has expired."""
    pool = engine(private.conninfo, pool_size=READERS, max_overflow=0)
    page = Page(pool, paged.REVIEW_SESSIONS)
    try:
        found = stampede.measure(lambda: page.load(1), lab.redis(), readers=READERS)
    finally:
        pool.dispose()
    return [each.record() for each in found]


def _density(lab: Lab, parameters: Mapping[str, Any]) -> float:
    return float(
        lab.parameters(parameters, "per_s")
        * parameters["ttl_s"]
        / lab.parameters(parameters, "projects")
    )


def _dropping(lab: Lab, keys: list[int]) -> list[dict[str, Any]]:
    """What it costs to drop one project's pages, by number of keys in Redis."""
    client = caching.connect(lab.redis())
    try:
        costs = invalidation.measure(caching.Cache(client, 60), keys)
        return [row for cost in costs for row in cost.records()]
    finally:
        client.close()


def _queries(row: Mapping[str, Any]) -> str:
    return f"{row['queries']:g} queries ({row['variant']})"


def _cost_note(costs: list[dict[str, Any]]) -> str:
    most = max(row["keys"] for row in costs)
    ms = {row["variant"]: row["ms"] for row in costs if row["keys"] == most}
    return (
        f"with {most:,} keys in Redis, dropping takes {figures(ms['SCAN pattern'])} ms by pattern "
        f"and {figures(ms['set of names'])} ms by a set of names"
    )


def pages(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S5.2: the list and the progress page again and again, and in a stream of requests."""
    site = lab.site("learning")
    with scratch(site.conninfo) as private, _pool(private) as pool:
        private.copy("user_progress", None)
        progress = Page(pool, paged.LEARNING_PROGRESS, paged.LEARNING_PROGRESS_WRITE)
        timed = paged.repeats(
            {
                "project list": (Page(pool, paged.LEARNING_LIST), 3),
                "progress": (progress, 23),
                "phases": (Page(pool, paged.LEARNING_PHASES), 0),
            },
            lab.redis(),
            rounds=lab.parameters(parameters, "rounds"),
        )
        compared = paged.compare(
            progress,
            lab.redis(),
            _keys(site, "users", lab.parameters(parameters, "users")),
            ttl_s=60,
            per_s=lab.parameters(parameters, "per_s"),
            events=lab.parameters(parameters, "events"),
            write_share=parameters["writes_per_100"] / 100,
            arms=[BY_PATTERN],
            seed=lab.seed,
        )
    named = {each.page: each for each in timed}
    return Finding(
        measured={
            "less time on repeats": named["progress"].saved,
            "fewer queries": compared.fewer_loads(BY_PATTERN),
        },
        points=tuple(Point(each.query_ms.value, each.saved) for each in timed),
        records=[*(row for each in timed for row in each.records()), *compared.records()],
        note="the headline is the progress page; the list saves "
        f"{named['project list'].saved}, a page of {named['phases'].query_ms} saves "
        f"{named['phases'].saved}: what Redis spares is the query's own time, and a query by an "
        f"index takes hardly more than Redis; {SIMULATED}",
    )


def token_users(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S5.6: the user behind a token from the database and from a cache of 60 s."""
    site = lab.site("learning")
    users = _keys(site, "users WHERE is_active AND deleted_at IS NULL", parameters["users"])
    with scratch(site.conninfo) as private, _pool(private) as pool:
        private.copy("users", None)
        by_key, by_address = Page(pool, tokens.USER), Page(pool, tokens.BY_ADDRESS)
        timed = paged.repeats(
            {"by key": (by_key, users[0]), "by address": (by_address, users[0])},
            lab.redis(),
            rounds=lab.parameters(parameters, "rounds"),
        )
        compared = paged.compare(
            by_key,
            lab.redis(),
            users,
            ttl_s=tokens.TTL_S,
            per_s=lab.parameters(parameters, "per_s"),
            events=lab.parameters(parameters, "events"),
            arms=[paged.EXPIRY],
            seed=lab.seed,
        )
        windows = tokens.window(by_key, pool, lab.redis(), users[:3])
    named, disabled = {each.page: each for each in timed}, {each.arm: each for each in windows}
    slow = named["by address"]
    return Finding(
        measured={"speed-up": named["by key"].speedup, "hits": compared.hits(paged.EXPIRY)},
        points=tuple(Point(each.query_ms.value, each.speedup) for each in timed),
        records=[
            *(row for each in timed for row in each.records()),
            *compared.records(),
            *(each.record() for each in windows),
        ],
        note=f"a disabled user is let in for {disabled[paged.EXPIRY].window_s:g} s more, and not "
        "at all when the entry is dropped at once; the headline is the lookup by key; by e-mail "
        f"address, without an index, a query takes {slow.query_ms} and the cache gives "
        f"{slow.speedup}; {SIMULATED}",
    )


@contextmanager
def _pool(private: Scratch) -> Iterator[Engine]:
    """Connections that mean the private tables."""
    pool = engine(private.conninfo, pool_size=1, max_overflow=0)
    try:
        yield pool
    finally:
        pool.dispose()


def _keys(site: Site, source: str, count: int) -> list[int]:
    """The first ``count`` keys of a table."""
    with site.connect() as connection:
        rows = fetch_all(connection, f"SELECT id FROM {source} ORDER BY id LIMIT {count:d}")  # noqa: S608
    return [number for (number,) in rows]


CHECKS = {"upstream": upstream, "responses": responses, "pages": pages, "tokens": token_users}
