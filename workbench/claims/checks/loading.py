"""Related rows: loaded one by one, or together (S1.5, S5.4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab, Site
from workbench.measurement.calls import LEAST_ROUNDS
from workbench.measurement.estimate import exactly, figures
from workbench.patterns import loading, progress
from workbench.patterns.latency import Distances, measure
from workbench.patterns.scratch import scratch

INDEX = "CREATE INDEX ON workbench_lab.collection_repositories (repository_id)"


def catalogue(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Lazy against selectin for a page of repositories with tags and collections."""
    site = lab.site("deployer")
    rounds, seconds = _effort(lab, parameters)
    names = lab.parameters(parameters, "variants")
    page, near = loading.Page(lab.parameters(parameters, "parents")), lab.at_distance(site, 0)
    variants = loading.variants(page, names)
    found = measure(_addresses(lab, site, parameters), variants, rounds=rounds, seconds=seconds)
    more = [
        row
        for parents in lab.parameters(parameters, "other_parents")
        for row in _at(near, loading.Page(parents), names, rounds, seconds)
    ]
    by_fan_out = [
        row
        for wider in _fan_outs(lab, parameters)
        for row in _at(near, wider, names, LEAST_ROUNDS, seconds)
    ]
    note = f"{_indexed(site, page, rounds, seconds)}; {_exploded(by_fan_out)}"
    return _finding(found, "selectin", [*_rows(found, page), *more, *by_fan_out], note)


def _at(
    address: str, page: loading.Page, names: Sequence[str], rounds: int, seconds: float
) -> list[dict[str, Any]]:
    """The records of another page, at one address."""
    variants = loading.variants(page, names)
    return _rows(measure({0.0: address}, variants, rounds=rounds, seconds=seconds), page)


def _rows(found: Distances, page: loading.Page) -> list[dict[str, Any]]:
    """The records, each with the page that it is about."""
    about = {"parents": page.parents, "relations": len(page.relations), "order": page.order}
    return [{**row, **about} for row in found.records()]


def _fan_outs(lab: Lab, parameters: Mapping[str, Any]) -> list[loading.Page]:
    """Pages by how many relations are shown and by how many rows belong to a repository.

    The newest repositories have tags only, popular ones some of each, the oldest very many.
    """
    parents, names = lab.parameters(parameters, "fan_out_parents"), tuple(loading.RELATIONS)
    orders: tuple[loading.Order, ...] = ("newest", "popular", "oldest")
    return [
        loading.Page(parents, names[:count], order)
        for order in orders
        for count in lab.parameters(parameters, "fan_outs")
    ]


def _exploded(records: list[dict[str, Any]]) -> str:
    """What a join multiplies at worst, beside selectin on the same page."""
    most, page = max(records, key=lambda row: row["rows"]), ("relations", "order")
    (beside,) = (
        row
        for row in records
        if row["variant"] == "selectin" and all(row[name] == most[name] for name in page)
    )
    return (
        f"for {most['relations']} relations of the {most['parents']} {most['order']} repositories "
        f"{most['variant']} moves {most['rows']:,} rows in {figures(most['ms'])} ms, selectin "
        f"{beside['rows']:,} in {figures(beside['ms'])} ms"
    )


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
