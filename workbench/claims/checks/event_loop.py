"""Blocking calls in an asynchronous program: S1.6, S3.3 and S5.8."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.patterns import event_loop
from workbench.patterns.event_loop import Comparison

NEWEST_OPEN = """SELECT id, title, priority, created_at FROM todos
WHERE NOT completed AND priority = 'high' ORDER BY created_at DESC, id DESC LIMIT 20"""
STATEMENTS = {
    "deployer": """SELECT id, name, stars FROM repositories
WHERE category = 'devtools' AND deleted_at IS NULL ORDER BY stars DESC, id LIMIT 20""",
    "learning": """SELECT p.phase, count(*) AS begun FROM user_progress u
JOIN projects p ON p.id = u.project_id GROUP BY p.phase ORDER BY p.phase""",
}


def lag(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S1.6: how late the event loop is while requests ask the catalogue."""
    return _lag(lab, parameters, "deployer")


def statement_lag(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S5.8: the same with the learning site's statement."""
    return _lag(lab, parameters, "learning")


def _lag(lab: Lab, parameters: Mapping[str, Any], dataset: str) -> Finding:
    """The claimed step is that into a thread; the asynchronous driver is in the records."""
    compared = event_loop.measure(
        lab.site(dataset).conninfo,
        STATEMENTS[dataset],
        clients=lab.parameters(parameters, "clients"),
        rounds=lab.parameters(parameters, "rounds"),
        seconds=lab.parameters(parameters, "seconds"),
        seed=lab.seed,
    )
    return Finding(
        measured={"less lag": compared.less_lag("blocking", "thread")},
        records=compared.records(),
        note=f"p99 of the lag is {compared.lag('blocking')} with the blocking driver in the loop, "
        f"{compared.lag('thread')} in a thread, {compared.lag('asynchronous')} asynchronously; "
        "client and server share the machine's processors",
    )


def throughput(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S3.3: requests a second by number of concurrent requests.

    The headline is a statement that waits, as one does whose server has processors of its own; the
    site's own statement on this machine, where both compete for the same ones, is in the records.
    """
    site = lab.site("todos")
    wait_ms = lab.parameters(parameters, "wait_ms")
    waiting = f"SELECT pg_sleep({wait_ms / 1000}) IS NULL"

    def compared(statement: str, clients: int) -> Comparison:
        return event_loop.measure(
            site.conninfo,
            statement,
            clients=clients,
            rounds=lab.parameters(parameters, "rounds"),
            seconds=lab.parameters(parameters, "seconds"),
            seed=lab.seed,
        )

    steps = [compared(waiting, clients) for clients in lab.parameters(parameters, "clients")]
    headline = next(each for each in steps if each.clients == parameters["headline_clients"])
    own = compared(NEWEST_OPEN, headline.clients)
    records = [{"statement": "waits", **row} for each in steps for row in each.records()]
    records += [{"statement": "newest open to-dos", **row} for row in own.records()]
    return Finding(
        measured={"throughput": headline.gain()},
        points=tuple(Point(each.clients, each.gain()) for each in steps),
        records=records,
        note=f"each request waits {wait_ms} ms in Postgres (pg_sleep); with the site's own "
        f"statement, whose work is done on the client's own processors, it is {own.gain()}; "
        f"blocking calls in threads instead of an asynchronous driver: "
        f"{headline.gain('blocking', 'thread')}",
    )


CHECKS = {"lag": lag, "throughput": throughput, "statement_lag": statement_lag}
