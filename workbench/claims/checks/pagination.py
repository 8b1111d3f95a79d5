"""A part of a long list, and all of it in constant memory (S2.1, S2.2)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab, Site
from workbench.measurement.estimate import Estimate, exactly, speedup
from workbench.patterns import pagination
from workbench.patterns.scratch import Scratch, scratch
from workbench.patterns.streaming import Flow, compare

PRIVATE = "workbench_lab.pull_requests"
HISTORY = f"""
INSERT INTO {PRIVATE} OVERRIDING SYSTEM VALUE
SELECT newest.* FROM
  (SELECT * FROM public.pull_requests ORDER BY created_at DESC, id DESC LIMIT $1) newest
ORDER BY id
"""  # noqa: S608 - a constant
STREAM = "server cursor"


def window(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Pages touched for the last days of one team, while the history before them grows."""
    site = lab.site("prmetrics")
    effort = {name: lab.parameters(parameters, name) for name in ("rounds", "seconds")}
    recent = pagination.busiest(site.conninfo, parameters["days"])
    histories = lab.parameters(parameters, "history_rows")
    records: list[dict[str, Any]] = []
    pages: dict[tuple[str, str, int], int] = {}
    with scratch(site.conninfo) as private:
        private.copy("pull_requests")
        for rows in histories:
            for indexes in ("without", "with"):
                with _history(private, rows, indexed=indexes == "with"):
                    found = pagination.last_days(private.conninfo, recent, rows, **effort)
                records += [{**each.record(), "index": indexes} for each in found]
                pages |= {(indexes, each.variant, rows): each.touched.pages for each in found}
    first, last = histories[0], histories[-1]

    def growth(indexes: str, rows: int) -> Estimate:
        pair = pages[indexes, "stop early", rows], pages[indexes, "stop early", first]
        return exactly(pair[0] / pair[1], "x")

    return Finding(
        {"work at 10 times the history": growth("with", last)},
        tuple(Point(rows, growth("with", rows)) for rows in histories[1:]),
        records + _depths(lab, site, parameters, effort),
        f"pages touched, {last:,} rows of history against {first:,}; without the index, stopping "
        f"early takes {growth('without', last)}, because all of it is sorted before the first row",
    )


@contextmanager
def _history(private: Scratch, rows: int, *, indexed: bool) -> Iterator[None]:
    """The newest ``rows`` pull requests in the private table, with or without the index."""
    private.connection.execute(f"TRUNCATE {PRIVATE}")
    private.connection.execute(HISTORY, [rows])
    if indexed:
        named = pagination.TEAM_IN_ORDER.replace("ON pull_requests", f"lab_window ON {PRIVATE}")
        private.connection.execute(named)
    private.connection.execute(f"VACUUM (ANALYZE) {PRIVATE}")
    yield
    private.connection.execute("DROP INDEX IF EXISTS workbench_lab.lab_window")


def _depths(
    lab: Lab, site: Site, parameters: Mapping[str, Any], effort: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """OFFSET against keyset by depth, with an index in the list's order."""
    with scratch(site.conninfo) as private:
        private.copy("pull_requests", None)
        private.connection.execute(pagination.IN_ORDER.replace("ON pull_requests", f"ON {PRIVATE}"))
        private.connection.execute(f"VACUUM (ANALYZE) {PRIVATE}")
        depths = lab.parameters(parameters, "depths")
        found = pagination.by_depth(private.conninfo, depths, **effort)
    return [{**each.record(), "index": "in order"} for each in found]


def streaming(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """Peak memory of reading ten times the rows, by a cursor on the server."""
    site = lab.site("prmetrics")
    rows, names = lab.parameters(parameters, "rows"), lab.parameters(parameters, "variants")
    rounds = {True: lab.parameters(parameters, "rounds"), False: parameters["other_rounds"]}
    flows = [
        flow
        for name in names
        for flow in compare(
            lab.footprint, site.conninfo, rows, [name], rounds=rounds[name == STREAM]
        )
    ]

    def growth(variant: str, number: int) -> Estimate:
        return speedup(_peaks(flows, variant, number), _peaks(flows, variant, rows[0]))

    def largest(name: str, number: int) -> float:
        return max(_peaks(flows, name, number)) / 1e6

    others = "; ".join(
        f"{name} {largest(name, rows[0]):.1f} to {largest(name, rows[-1]):.1f}" for name in names
    )
    return Finding(
        {"memory at 10 times the rows": growth(STREAM, rows[-1])},
        tuple(Point(number, growth(STREAM, number)) for number in rows[1:]),
        [_row(flows, name, number) for name in names for number in rows],
        f"MB from {rows[0]:,} to {rows[-1]:,} rows: {others}; a generator over an ordinary cursor "
        "grows like a list, because the driver has read everything before the first row",
    )


def _peaks(flows: Sequence[Flow], variant: str, rows: int) -> list[float]:
    return [each.peak_bytes for each in flows if (each.variant, each.rows) == (variant, rows)]


def _row(flows: Sequence[Flow], variant: str, rows: int) -> dict[str, Any]:
    """The medians of one variant at one number of rows."""
    own = [each for each in flows if (each.variant, each.rows) == (variant, rows)]
    return {
        "variant": variant,
        "rows": rows,
        "peak_bytes": median(each.peak_bytes for each in own),
        "first_row_ms": median(each.first_row_ms for each in own),
        "total_ms": median(each.total_ms for each in own),
        "statements": own[0].statements,
    }


CHECKS = {"window": window, "streaming": streaming}
