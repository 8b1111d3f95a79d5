"""Jobs and their results: workers for each kind, results that expire (S2.5, S2.6)."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.measurement.estimate import exactly
from workbench.patterns import expiry, queues
from workbench.patterns.latency import connected
from workbench.patterns.scratch import scratch
from workbench.patterns.workers import Kind, Load


def separate(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """56 workers for all jobs against 50 for waiting, 4 for computing, 2 for limited ones.

    The headline is that of the two kinds without a limit that waits longer in the shared pool.
    """
    limited = lab.parameters(parameters, "limited")
    seconds = lab.parameters(parameters, "seconds")
    kinds = [
        Kind("waiting", 50, every_ms=lab.parameters(parameters, "waiting_every_ms"), takes_ms=30),
        Kind("computing", 4, every_ms=lab.parameters(parameters, "computing_every_ms"), takes_ms=5),
        Kind("limited", 2, at_once=limited, per_second=limited / seconds),
    ]
    with (
        scratch(lab.site("prmetrics").conninfo) as private,
        connected(private.conninfo) as application,
    ):
        found = queues.measure(
            application,
            private,
            kinds,
            arms=lab.parameters(parameters, "arms"),
            seconds=seconds,
            rounds=lab.parameters(parameters, "rounds"),
            seed=lab.seed,
        )
    free: tuple[Load, ...] = ("waiting", "computing")
    starved = max(free, key=lambda kind: found.p95_ms("shared", kind).value)
    by_kind = "; ".join(
        f"{kind.load} {found.p95_ms('shared', kind.load)} shared, "
        f"{found.p95_ms('separate', kind.load)} separate"
        for kind in kinds
    )
    challenger = (
        f". One pool in which no kind takes more than its share: {found.shorter(starved, 'capped')}"
        if "capped" in found.runs
        else ""
    )
    return Finding(
        measured={"shorter p95 wait": found.shorter(starved)},
        records=found.records(),
        note=(
            f"p95 waits: {by_kind}. {limited} limited jobs are due at once and may start at "
            f"{limited / seconds:.0f} a second: in the shared pool each takes a worker while it "
            f"waits for its turn{challenger}"
        ),
    )


def bounded(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Rows of a result store at twice the days, with results that expire after 24 h."""
    days, rows = (lab.parameters(parameters, name) for name in ("days", "rows"))
    with scratch(lab.site("prmetrics").conninfo) as private:
        found = expiry.measure(private, days=days, rows=rows)
    halves = [day for day in range(1, days // 2 + 1) if day & (day - 1) == 0]
    last = {way: found.of(way)[-1] for way in expiry.WAYS}
    sizes = "; ".join(
        f"{way} {day.rows:,} rows, {day.size_bytes / 2**20:.1f} MiB, {day.expire_ms:.0f} ms and "
        f"{day.expire_wal_bytes / 2**10:.0f} kB of log on the last day"
        for way, day in last.items()
    )
    growth = {day: found.growth("delete_and_vacuum", day) for day in halves}
    return Finding(
        measured={"rows kept at twice the days": exactly(growth[halves[-1]], "x")},
        points=tuple(Point(day, exactly(times, "x")) for day, times in growth.items()),
        records=found.records(),
        note=f"after {days} days of {rows:,} results: {sizes}",
    )


CHECKS = {"separate": separate, "bounded": bounded}
