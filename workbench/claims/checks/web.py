"""Whole applications behind HTTP: S1.9, S3.6, S4.5 and S5.5."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.db import fetch_all
from workbench.patterns.scratch import scratch
from workbench.patterns.web import abuse, ladder, processes
from workbench.patterns.web.connecting import variables

APPS = "workbench.patterns.web"
SHARED_MACHINE = (
    "server, Postgres and the process that makes the load share this machine's "
    f"{os.cpu_count()} processors"
)
OPEN = "capacity is from a closed loop, the rows with loop = open show waits at an equal rate"
TODO_INDEXES = (
    "todos_indexed (completed)",
    "todos_indexed (priority)",
    "todos_indexed (created_at)",
    "todos_indexed (completed, priority)",
)
REVIEW_INDEXES = (
    "analysis_sessions_indexed (project_id, created_at DESC)",
    "findings_indexed (project_id, status)",
)


def process_count(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S1.9: the same closed loop on servers of one, two and four processes.

    All have the same number of connections in total; four pools of the usual size would ask for
    more than Postgres lets in.
    """
    site, counts = lab.site("deployer"), lab.parameters(parameters, "processes")
    clients = lab.parameters(parameters, "clients")
    with ExitStack() as running:
        urls = {
            count: running.enter_context(
                lab.serve(
                    f"{APPS}.catalogue:app",
                    workers=count,
                    variables=variables(site.conninfo, pool=max(1, clients // count), overflow=0),
                )
            )
            for count in counts
        }
        swept = processes.measure(
            urls,
            lab.drive,
            requests=lab.parameters(parameters, "requests"),
            clients=clients,
            rounds=lab.parameters(parameters, "rounds"),
            seed=lab.seed,
        )
    return Finding(
        measured={"throughput": swept.gain(max(counts))},
        points=tuple(Point(count, swept.gain(count)) for count in counts if count > min(counts)),
        records=swept.records(),
        note=f"{SHARED_MACHINE}; a closed loop finds capacity, not the wait at a given rate",
    )


def todos_ladder(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S3.6: lists read and to-dos saved, one optimisation more on each rung."""
    with scratch(lab.site("todos").conninfo) as private:
        ladder.prepare_todos(private, TODO_INDEXES)
        with lab.serve(f"{APPS}.todos:app", variables=variables(private.conninfo)) as url:
            climbed = ladder.measure_todos(
                url,
                lab.drive,
                screens=lab.parameters(parameters, "screens"),
                saves=lab.parameters(parameters, "saves"),
                each=lab.parameters(parameters, "each"),
                rounds=lab.parameters(parameters, "rounds"),
                seed=lab.seed,
            )
            open_loop = _open_loop(lab, parameters, climbed)
    return Finding(
        measured={"throughput": climbed.gain("bulk")},
        records=[*climbed.records(), *open_loop],
        note=f"a piece of work is a list read or {lab.parameters(parameters, 'each')} to-dos "
        f"saved, so the share of saves decides how much the last rung adds; {OPEN}; "
        f"{SHARED_MACHINE}",
    )


def review_ladder(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S4.5: project pages at concurrency 10, one optimisation more on each rung."""
    site = lab.site("codereview")
    with site.connect() as connection:
        found = fetch_all(connection, "SELECT id FROM projects.projects ORDER BY id LIMIT 200")
    with scratch(site.conninfo) as private:
        ladder.prepare_review(private, REVIEW_INDEXES)
        addresses = variables(private.conninfo, lab.redis())
        with lab.serve(f"{APPS}.review:app", variables=addresses) as url:
            climbed = ladder.measure_review(
                url,
                lab.drive,
                [number for (number,) in found],
                requests=lab.parameters(parameters, "requests"),
                rounds=lab.parameters(parameters, "rounds"),
                seed=lab.seed,
            )
            open_loop = _open_loop(lab, parameters, climbed)
    return Finding(
        measured={
            "throughput": climbed.gain("cache"),
            "shorter p95": climbed.shorter_p95("cache"),
        },
        records=[*climbed.records(), *open_loop],
        note=f"a closed loop of 10 clients; the cache is warm; {OPEN}; {SHARED_MACHINE}",
    )


def _open_loop(
    lab: Lab, parameters: Mapping[str, Any], climbed: ladder.Ladder
) -> list[dict[str, Any]]:
    """Rows on how long users wait at a rate that the first rung can just keep up with."""
    return ladder.waits(
        climbed, lab.drive, rounds=lab.parameters(parameters, "open_rounds"), seed=lab.seed
    )


def rate_limit(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S5.5: an open loop of clients that behave and one that does not, limiter off and on."""
    site = lab.site("learning")
    with lab.serve(f"{APPS}.learning:app", variables=variables(site.conninfo)) as url:
        found = abuse.measure(
            url,
            lab.drive,
            abuse_per_s=lab.parameters(parameters, "abuse_per_s"),
            seconds=lab.parameters(parameters, "seconds"),
            rounds=lab.parameters(parameters, "rounds"),
            seed=lab.seed,
        )
    return Finding(
        measured={
            "shorter p95": found.shorter_p95(abuse.OFF, abuse.ON),
            "p95 against no abuser": found.shorter_p95(abuse.ON, abuse.CALM),
        },
        records=found.records(),
        note="waits count from when a request was due (open loop); without the limit they grow for "
        f"as long as the abuse lasts, here {lab.parameters(parameters, 'seconds')} s, so the gain "
        f"grows with it; {SHARED_MACHINE}",
    )


CHECKS = {
    "processes": process_count,
    "todos_ladder": todos_ladder,
    "review_ladder": review_ladder,
    "rate_limit": rate_limit,
}
