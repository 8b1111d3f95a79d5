"""Related rows: loaded one by one, or together (S1.5, S5.4)."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab, Site
from workbench.measurement.estimate import exactly
from workbench.patterns import loading, progress
from workbench.patterns.latency import Distances, measure
from workbench.patterns.scratch import scratch

INDEX = "CREATE INDEX ON workbench_lab.collection_repositories (repository_id)"


def catalogue(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Lazy against selectin for a page of repositories with tags and collections."""
    site = lab.site("deployer")
    rounds, seconds = _effort(lab, parameters)
    names = lab.parameters(parameters, "variants")
    page = loading.Page(lab.parameters(parameters, "parents"))
    variants = loading.variants(page, names)
    found = measure(_addresses(lab, site, parameters), variants, rounds=rounds, seconds=seconds)
    more = [
        {**row, "parents": parents}
        for parents in lab.parameters(parameters, "other_parents")
        for row in measure(
            {0.0: lab.at_distance(site, 0)},
            loading.variants(loading.Page(parents), names),
            rounds=rounds,
            seconds=seconds,
        ).records()
    ]
    records = [{**row, "parents": page.parents} for row in found.records()]
    return _finding(found, "selectin", records + more, _indexed(site, page, rounds, seconds))


def _indexed(site: Site, page: loading.Page, rounds: int, seconds: float) -> str:
    """The gain that is left when the lazy queries have the index that the schema lacks."""
    with scratch(site.conninfo) as private:
        private.copy("collection_repositories", None)
        private.connection.execute(INDEX)
        variants = loading.variants(page, ("lazy", "selectin"))
        found = measure({0.0: private.conninfo}, variants, rounds=rounds, seconds=seconds)
    gain = found.speedup("lazy", "selectin", 0.0)
    return (
        "no index begins with collection_repositories.repository_id, so each lazy load of "
        f"collections reads the table; with one, selectin is {gain} as fast without a network"
    )


def progress_page(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Lazy against joined for the newest rows of progress with their projects."""
    site = lab.site("learning")
    rounds, seconds = _effort(lab, parameters)
    page = progress.Page(lab.parameters(parameters, "rows"))
    addresses = _addresses(lab, site, parameters)
    found = measure(addresses, progress.variants(page), rounds=rounds, seconds=seconds)
    lazy = found.counts["lazy"].statements
    note = (
        f"lazy sends {lazy} statements for {page.rows} rows, because rows share projects and the "
        "session keeps those it has seen"
    )
    return _finding(found, "joined", found.records(), note)


def _finding(found: Distances, fast: str, records: list[dict[str, Any]], note: str) -> Finding:
    """The gain at the middle distance, which is that of two machines in one place."""
    points = tuple(Point(at, found.speedup("lazy", fast, at)) for at in found.races)
    fits = "; ".join(str(each) for each in found.fits() if each.variant in ("lazy", fast))
    return Finding(
        {
            "speed-up": points[len(points) // 2].measured,
            "statements": exactly(found.counts[fast].statements, "statements"),
        },
        points,
        records,
        f"{fits}; {note}",
    )


def _addresses(lab: Lab, site: Site, parameters: Mapping[str, Any]) -> dict[float, str]:
    return {
        float(ms): lab.at_distance(site, ms) for ms in lab.parameters(parameters, "distances_ms")
    }


def _effort(lab: Lab, parameters: Mapping[str, Any]) -> tuple[int, float]:
    return lab.parameters(parameters, "rounds"), lab.parameters(parameters, "seconds")


CHECKS = {"catalogue": catalogue, "progress": progress_page}
