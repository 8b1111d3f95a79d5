"""Several aggregates in one statement (S1.2, S1.10)."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.measurement.estimate import exactly
from workbench.patterns import facets
from workbench.patterns.latency import Distances, Variant, connected, measure
from workbench.patterns.scratch import scratch

FACETS, STATISTICS = ("separate", "grouping sets"), ("separate", "one pass")


def folded(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Five facet queries against one with GROUPING SETS, and against the other ways."""
    with connected(lab.site("deployer").conninfo) as app:
        variants = facets.facets(app)
    return _finding(lab, parameters, variants, FACETS)


def statistics(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """A count each against one pass with FILTER."""
    return _finding(lab, parameters, facets.statistics(), STATISTICS)


def _finding(
    lab: Lab,
    parameters: Mapping[str, Any],
    variants: Mapping[str, Variant],
    names: tuple[str, str],
) -> Finding:
    """The gain at the middle distance, which is that of two machines in one place."""
    site = lab.site("deployer")
    effort = {name: lab.parameters(parameters, name) for name in ("rounds", "seconds")}
    distances = [float(ms) for ms in lab.parameters(parameters, "distances_ms")]
    plain = measure({ms: lab.at_distance(site, ms) for ms in distances}, variants, **effort)
    with scratch(site.conninfo, through=lab.at_distance(site, 0)) as private:
        private.copy("repositories", None)
        for statement in (*facets.INDEXES, "VACUUM (ANALYZE) repositories"):
            private.connection.execute(statement.replace("repositories", PRIVATE))
        indexed = measure({0.0: private.conninfo}, variants, **effort)
    slow, fast = names
    points = tuple(Point(ms, plain.speedup(slow, fast, ms)) for ms in distances)
    return Finding(
        {
            "speed-up": points[len(points) // 2].measured,
            "statements": exactly(plain.counts[fast].statements, "statements"),
        },
        points,
        [{**row, "indexes": "as shipped"} for row in plain.records()]
        + [{**row, "indexes": "one for each facet"} for row in indexed.records()],
        _note(plain, indexed, slow, fast),
    )


PRIVATE = "workbench_lab.repositories"


def _note(plain: Distances, indexed: Distances, slow: str, fast: str) -> str:
    """What one statement costs by distance, and what indexes change."""
    fits = "; ".join(str(each) for each in plain.fits() if each.variant in (slow, fast))
    gains = ", ".join(
        f"{name} {indexed.speedup(slow, name, 0.0)}" for name in indexed.counts if name != slow
    )
    return (
        f"{fits}; with an index for each facet, which narrow statements read instead of the table, "
        f"the gain over separate statements without a network is: {gains}"
    )


CHECKS = {"folded": folded, "statistics": statistics}
