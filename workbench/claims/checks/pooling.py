"""Connections: kept, made for each request, and bounded (S4.2, S4.3, S5.1, S5.7)."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.measurement.estimate import Estimate, exactly, less, median_of
from workbench.patterns import pool_load, pooling
from workbench.patterns.clients import Blocks
from workbench.patterns.pooling import Cost, Pool, query, waits

BY_KEY = "SELECT * FROM {} WHERE id = 7"


def kept(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """What a request pays for its connection: a new one, or one of 20 + 10 that are kept."""
    site = lab.site("codereview")
    found = {
        ms: cost_of(lab, site.conninfo, parameters, ms)
        for ms in lab.parameters(parameters, "statements_ms")
    }
    far = cost_of(lab, lab.at_distance(site, 1), parameters)
    first = found[min(found)]
    return Finding(
        measured={"less overhead": _less_overhead(first)},
        points=tuple(Point(ms, _less_overhead(cost)) for ms, cost in found.items()),
        records=[
            {"statement_ms": ms, "rtt_ms": rtt_ms, **row}
            for ms, rtt_ms, cost in [*((ms, 0, each) for ms, each in found.items()), (0, 1, far)]
            for row in cost.records()
        ],
        note=(
            f"to connect takes {first.connect_ms}, and {far.connect_ms} at 1 ms, without "
            f"encryption; a pool adds "
            f"{median_of(first.overhead_ms('pool'), 'ms')} to the statement, pre-ping "
            f"{added(first)} more"
        ),
    )


def never_above(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """The most connections that 20 + 10 give out while 50 requests sleep at once."""
    site, requests = lab.site("codereview"), lab.parameters(parameters, "requests")
    work = waits(lab.parameters(parameters, "sleep_ms"))
    runs = [
        pool_load.timeline(site.conninfo, Pool(20, 10), work, requests)
        for _ in range(lab.parameters(parameters, "runs"))
    ]
    most_open = max(run.most_open for run in runs)
    took = median_of([1000 * run.block.seconds for run in runs], "ms")
    return Finding(
        measured={"most connections": exactly(max(run.most for run in runs), "connections")},
        records=[{"run": n, **row} for n, run in enumerate(runs) for row in run.records()],
        note=(
            f"{len(runs)} bursts of {requests}: the server had {most_open} sessions at most; all "
            f"were served, {took} for a burst, and {max(run.connects for run in runs)} "
            "connections were made for it"
        ),
    )


def per_request(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """A request with its own connection against one from 10 + 20, by clients."""
    site, pool = lab.site("learning"), Pool(10, 20)
    found = {
        clients: pool_load.compare(
            site.conninfo,
            [None, pool],
            query(BY_KEY.format("user_progress")),
            clients=clients,
            **effort(lab, parameters),
        )
        for clients in lab.parameters(parameters, "clients")
    }
    gains = {clients: _less_time(arms, pool) for clients, arms in found.items()}
    typical = lab.parameters(parameters, "typical_clients")
    many = found[max(found)]
    return Finding(
        measured={"less overhead": gains[typical]},
        points=tuple(Point(clients, gain) for clients, gain in gains.items()),
        records=[
            {"pool": name, **blocks.record()}
            for arms in found.values()
            for name, blocks in arms.items()
        ],
        note=(
            f"of a request by key; {max(found)} clients: {many['connect'].per_second} with a "
            f"connection each ({many['connect'].record()['failures'] or 'none'} refused), "
            f"{many[str(pool)].per_second} with the pool. {client_limit(many[str(pool)])}"
        ),
    )


def shared_engine(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """An engine for each request against one that all requests share."""
    cost = cost_of(lab, lab.site("learning").conninfo, parameters)
    times = cost.race.times_ms
    return Finding(
        measured={"less start-up": less(times["engine"], times["pool"], seed=lab.seed)},
        records=cost.records(),
        note=(
            f"an engine for each request takes {cost.race.median_ms('engine')}, a connection for "
            f"each {cost.race.median_ms('connect')}, the shared engine's pool "
            f"{cost.race.median_ms('pool')}"
        ),
    )


def cost_of(lab: Lab, address: str, parameters: Mapping[str, Any], statement_ms: float = 0) -> Cost:
    return pooling.cost(
        address,
        waits(statement_ms) if statement_ms else query("SELECT 1"),
        rounds=lab.parameters(parameters, "rounds"),
        seconds=lab.parameters(parameters, "seconds"),
        seed=lab.seed,
    )


def effort(lab: Lab, parameters: Mapping[str, Any]) -> dict[str, Any]:
    names = ("seconds", "blocks")
    return {**{name: lab.parameters(parameters, name) for name in names}, "seed": lab.seed}


def _less_overhead(cost: Cost) -> Estimate:
    return less(cost.overhead_ms("connect"), cost.overhead_ms("pool"))


def _less_time(arms: Mapping[str, Blocks], pool: Pool) -> Estimate:
    return less(arms["connect"].times_ms(), arms[str(pool)].times_ms())


def added(cost: Cost) -> Estimate:
    """What pre-ping adds to a request from the pool."""
    pairs = zip(cost.race.times_ms["pre_ping"], cost.race.times_ms["pool"], strict=True)
    return median_of([pinged - pool for pinged, pool in pairs], "ms")


def client_limit(blocks: Blocks) -> str:
    cores = blocks.record()["client_cores"]
    what = "are the limit" if cores > 0.8 else "are not the limit"
    return f"The clients took {cores:.2g} cores of one Python and {what}"


CHECKS = {
    "kept": kept,
    "never_above": never_above,
    "per_request": per_request,
    "shared_engine": shared_engine,
}
