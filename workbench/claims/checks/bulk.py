"""Many rows written: one by one, or together (S1.4, S3.4)."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab, Site
from workbench.patterns import bulk_insert, bulk_update
from workbench.patterns.flush import flush_ms, flushing
from workbench.patterns.latency import connected
from workbench.patterns.scratch import scratch
from workbench.patterns.ways import Ways

SLOW = "commit_per_row"


def one_commit(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """A commit after each changed object against one commit after all of them."""
    return _together(lab, lab.site("deployer"), bulk_update, "one_commit", parameters)


def insert_endpoint(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """A commit after each new object against the ORM's bulk insert."""
    return _together(lab, lab.site("todos"), bulk_insert, "add_all", parameters)


def _together(
    lab: Lab, site: Site, pattern: ModuleType, fast: str, parameters: Mapping[str, Any]
) -> Finding:
    """The gain by number of rows, and for one number of them by disk, distance and indexes."""
    typical = lab.parameters(parameters, "typical_rows")
    names = lab.parameters(parameters, "variants")
    distance_ms = lab.parameters(parameters, "distance_ms")
    by_rows = {
        rows: _ways(lab, site, site.conninfo, pattern, rows, names, parameters)
        for rows in lab.parameters(parameters, "rows")
    }
    elsewhere = {
        "commits do not wait for the disk": flushing(site.conninfo, None),
        f"{distance_ms:g} ms away": lab.at_distance(site, distance_ms),
    }
    two = {
        where: _ways(lab, site, address, pattern, typical, (SLOW, fast, names[-1]), parameters)
        for where, address in elsewhere.items()
    }
    for indexes in lab.parameters(parameters, "indexes"):
        two[f"{indexes} indexes"] = _ways(
            lab, site, site.conninfo, pattern, typical, (SLOW, fast, names[-1]), parameters, indexes
        )
    return Finding(
        measured={"speed-up": by_rows[typical].speedup(SLOW, fast)},
        points=tuple(Point(rows, ways.speedup(SLOW, fast)) for rows, ways in by_rows.items()),
        records=[
            {"condition": where, **row}
            for where, ways in [*(("here", each) for each in by_rows.values()), *two.items()]
            for row in ways.records()
        ],
        note=_note(site, typical, fast, names[-1], {"here": by_rows[typical]} | two),
    )


def _ways(
    lab: Lab,
    site: Site,
    through: str,
    pattern: ModuleType,
    rows: int,
    names: tuple[str, ...],
    parameters: Mapping[str, Any],
    indexes: int = 0,
) -> Ways:
    with (
        scratch(site.conninfo, through=through) as private,
        connected(private.conninfo) as application,
    ):
        found: Ways = pattern.measure(
            application,
            private,
            pattern.rows_of(private.connection, rows),
            indexes=indexes,
            variants=names,
            caps={**pattern.CAPS, SLOW: lab.parameters(parameters, "most_commits")},
            rounds=lab.parameters(parameters, "rounds"),
            seconds=lab.parameters(parameters, "seconds"),
            seed=lab.seed,
        )
    return found


def _note(site: Site, rows: int, fast: str, best: str, found: Mapping[str, Ways]) -> str:
    """What the disk has to do with it."""
    gains = "; ".join(f"{where} {ways.speedup(SLOW, fast)}" for where, ways in found.items())
    most = found["here"].speedup(SLOW, best)
    return (
        f"a commit waits {flush_ms(site.conninfo)} for this disk. {rows} rows: {gains}. "
        f"{best} instead of {fast}: {most}. Loops of commits run for fewer rows than the rest; "
        "times are compared by row"
    )


CHECKS = {"one_commit": one_commit, "insert_endpoint": insert_endpoint}
