"""Pools under load: a larger one, a burst, and exhaustion (S1.7, S3.1, S3.5)."""

import os
from collections.abc import Mapping
from typing import Any

from workbench.claims.checks.pooling import BY_KEY, added, client_limit, cost_of, effort
from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.measurement.estimate import Estimate, median_of
from workbench.patterns import bulk_insert, pool_load
from workbench.patterns.clients import Blocks
from workbench.patterns.pooling import Pool, Work, query, waits
from workbench.patterns.scratch import scratch

OPEN_TODOS = "SELECT * FROM todos WHERE NOT completed ORDER BY created_at DESC LIMIT 20"


def larger(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Throughput of 20 + 30 over 5 + 10, by how long a request waits with its connection."""
    small, large, block = Pool(5, 10), Pool(20, 30), effort(lab, parameters)
    site, most = lab.site("todos").conninfo, lab.parameters(parameters, "clients")
    lengths = lab.parameters(parameters, "waits_ms")
    fewer = [(max(lengths), n) for n in lab.parameters(parameters, "fewer_clients")]
    found = {
        (ms, clients): pool_load.compare(
            site, [small, large], _by_key_then_wait(ms), clients=clients, **block
        )
        for ms, clients in [*((ms, most) for ms in lengths), *fewer]
    }
    swept = pool_load.sweep(
        site,
        lab.parameters(parameters, "sizes"),
        query(OPEN_TODOS),
        clients=most,
        **{**block, "blocks": lab.parameters(parameters, "sweep_blocks")},
    )
    gains = {ms: _gain(found[ms, most], small, large) for ms in lengths}
    return Finding(
        measured={"throughput": gains[min(lengths)]},
        points=tuple(Point(ms, gain) for ms, gain in gains.items()),
        records=[
            {"request": f"by key, then waits {ms:g} ms", "pool": name, **blocks.record()}
            for (ms, _), pools in found.items()
            for name, blocks in pools.items()
        ]
        + [{"request": "reads the table", "pool": row["size"], **row} for row in swept.records()],
        note=(
            f"with {most} clients no more than {min(most, large.most) / small.most:.3g} x is "
            f"possible, with {small.most} or fewer nothing. A request that reads the whole table "
            f"came within 5 % of its best throughput with {swept.knee} connections (cores x 2 + "
            f"disks = {2 * (os.cpu_count() or 1) + 1}). "
            f"{client_limit(found[min(lengths), most][str(large)])}"
        ),
    )


def _by_key_then_wait(ms: float) -> Work:
    return query("SELECT *, pg_sleep(:s) FROM todos WHERE id = 7", s=ms / 1000)


def burst(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """200 bulk creates at once, by how long a request may wait for a connection."""
    site, requests = lab.site("todos"), lab.parameters(parameters, "requests")
    typical = lab.parameters(parameters, "typical_timeout_s")
    many, few = (lab.parameters(parameters, name) for name in ("bursts", "other_bursts"))
    before, after = Pool(5, 10), Pool(20, 30)
    with scratch(site.conninfo) as private:
        name = private.copy("public.todos")
        rows = bulk_insert.rows_of(private.connection, lab.parameters(parameters, "rows"))
        found = {
            (str(pool), timeout): pool_load.bursts(
                private.conninfo,
                Pool(pool.size, pool.overflow, timeout_s=timeout),
                lambda connection: bulk_insert.create(connection, rows),
                requests,
                many if (timeout, pool) == (typical, after) else few,
                lambda: private.connection.execute(f"TRUNCATE {name}"),
            )
            for pool in (before, after)
            for timeout in lab.parameters(parameters, "timeouts_s")
        }
    large = {timeout: blocks for (pool, timeout), blocks in found.items() if pool == str(after)}
    small = {timeout: blocks for (pool, timeout), blocks in found.items() if pool == str(before)}
    last = median_of([1000 * block.seconds for block in large[typical].blocks], "ms")
    return Finding(
        measured={"requests served": large[typical].served},
        points=tuple(Point(timeout, blocks.served) for timeout, blocks in large.items()),
        records=[
            {"pool": pool, "timeout_s": timeout, **blocks.record()}
            for (pool, timeout), blocks in found.items()
        ],
        note=(
            f"the whole burst takes {last} when nobody is refused. "
            + "; ".join(
                f"time-out {timeout:g} s: {small[timeout].served} with 5 + 10, "
                f"{large[timeout].served} with 20 + 30"
                for timeout in large
            )
        ),
    )


def exhaustion(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """The pool of 10 + 20 under more and more clients that hold a connection for a while.

    The time-out and the hold are scaled down together; what counts is their ratio.
    """
    site, hold_s = lab.site("deployer"), lab.parameters(parameters, "hold_ms") / 1000
    pool = Pool(10, 20, lab.parameters(parameters, "timeout_s"), pre_ping=True, recycle_s=3600)
    typical = lab.parameters(parameters, "typical_clients")
    found = {}
    for clients in lab.parameters(parameters, "clients"):
        blocks = lab.parameters(parameters, "blocks") if clients == typical else 1
        found[clients] = pool_load.compare(
            site.conninfo,
            [pool],
            waits(1000 * hold_s),
            clients=clients,
            seconds=lab.parameters(parameters, "seconds"),
            think_s=0.002,
            blocks=blocks,
        )[str(pool)]
    cost = cost_of(lab, lab.at_distance(site, 1), parameters)
    work = query(BY_KEY.format("repositories"))
    lost = {
        ping: pool_load.after_restart(site.conninfo, Pool(10, pre_ping=ping), work)
        for ping in (False, True)
    }
    limit = pool_load.exhaustion_clients
    as_promised = Pool(10, 20, timeout_s=30)
    return Finding(
        measured={"requests served": found[typical].served},
        points=tuple(Point(clients, blocks.served) for clients, blocks in found.items()),
        records=[blocks.record() for blocks in found.values()] + cost.records(),
        note=(
            f"a request holds its connection for {hold_s:g} s and may wait {pool.timeout_s:g} s: "
            f"Little's law says {limit(pool, hold_s):.0f} clients. With the usual 30 s it is "
            f"{limit(as_promised, hold_s):,.0f}, and {limit(as_promised, 10):.0f} when each "
            f"request waits 10 s for another service. Pre-ping adds {added(cost)} to a request at "
            f"1 ms; after a restart {sum(lost[False].failures.values())} of 10 requests failed "
            f"without it and {sum(lost[True].failures.values())} with it. Recycling costs one "
            f"connect ({cost.connect_ms}) an hour for each connection"
        ),
    )


def _gain(found: Mapping[str, Blocks], small: Pool, large: Pool) -> Estimate:
    return found[str(large)].throughput_over(found[str(small)])


CHECKS = {"larger": larger, "burst": burst, "exhaustion": exhaustion}
