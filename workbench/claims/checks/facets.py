"""Several aggregates in one statement (S1.2, S1.10)."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.measurement.estimate import Estimate, exactly
from workbench.patterns import facets
from workbench.patterns.latency import Distances, Variant, connected
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
    plain = facets.compare({ms: lab.at_distance(site, ms) for ms in distances}, variants, **effort)
    with scratch(site.conninfo, through=lab.at_distance(site, 0)) as private:
        private.copy("repositories", None)
        for statement in (*facets.INDEXES, "VACUUM (ANALYZE) repositories"):
            private.connection.execute(statement.replace("repositories", PRIVATE))
        indexed = facets.compare({0.0: private.conninfo}, variants, **effort)
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
    gain: Estimate = indexed.speedup(slow, fast, 0.0)
    fits = "; ".join(str(each) for each in plain.fits() if each.variant in (slow, fast))
    return (
        f"{fits}; with an index for each facet, one statement is {gain} as fast without a network"
    )


CHECKS = {"folded": folded, "statistics": statistics}
