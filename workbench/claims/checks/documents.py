"""GIN on documents: what containment gains, what other lookups gain, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.claims.arms import Bench, bench
from workbench.claims.claim import Finding, Point
from workbench.claims.filters import spread
from workbench.claims.lab import Lab
from workbench.db import fetch_value
from workbench.indexes import write_price
from workbench.indexes.write_price import WritePrice
from workbench.measurement.calls import Race
from workbench.measurement.estimate import typical_speedup

LIST = """SELECT id, repository, title, created_at FROM pull_requests
WHERE {} ORDER BY created_at DESC LIMIT 20"""
DDL = {
    "labels": "CREATE INDEX lab_labels ON pull_requests USING gin (labels)",
    "summary": "CREATE INDEX lab_summary ON pull_requests USING gin (llm_summary)",
    "files": "CREATE INDEX lab_files ON pull_requests USING gin (files)",
    "labels_path": """CREATE INDEX lab_labels_path ON pull_requests
        USING gin (labels jsonb_path_ops)""",
    "summary_path": """CREATE INDEX lab_summary_path ON pull_requests
        USING gin (llm_summary jsonb_path_ops)""",
    "type": "CREATE INDEX lab_type ON pull_requests ((llm_summary ->> 'type'))",
}
ARMS = {
    "none": (),
    "jsonb_ops": ("labels", "summary", "files"),
    "jsonb_path_ops": ("labels_path", "summary_path"),
    "expression": ("type",),
}


@dataclass(frozen=True)
class Lookup:
    """One way of asking a document; ``matching_pct`` is the share of rows it finds."""

    operator: str
    where: str
    matching_pct: float


CONTAINS = (
    """llm_summary @> '{"risk": {"level": "critical"}}'""",
    """files @> '[{"path": "src/search/schema.py"}]'""",
    """llm_summary @> '{"type": "revert"}'""",
    """labels @> '["postmortem"]'""",
    """labels @> '["security"]'""",
    """labels @> '["documentation"]'""",
    """labels @> '["enhancement"]'""",
    """labels @> '["bug"]'""",
)
OTHERS = {
    "?": "labels ? 'postmortem'",
    "?|": "labels ?| array['rollback', 'hotfix']",
    "->>": "llm_summary ->> 'type' = 'revert'",
    "@?": """llm_summary @? '$.risk.level ? (@ == "critical")'""",
}


def containment(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S2.3: lookups of every kind without an index, with GIN of either class, with a btree."""
    rounds, seconds = (lab.parameters(parameters, name) for name in ("rounds", "seconds"))
    site = lab.site("prmetrics")
    with bench(lab, site, DDL, rounds=rounds, seconds=seconds) as on:
        several = spread(CONTAINS, lab.parameters(parameters, "lookups"))
        lookups = [_lookup(on, "@>", where) for where in several]
        lookups += [_lookup(on, sign, where) for sign, where in OTHERS.items()]
        used = {(each, arm): _used(on, each, arm) for each in lookups for arm in ARMS}
        raced = {each: _raced(on, each, used) for each in lookups}
        prices = _prices(on, lab, parameters)
        costs = [_cost(on, name, prices.get(name)) for name in DDL]
    contains = sorted(
        (each for each in lookups if each.operator == "@>"), key=lambda each: each.matching_pct
    )
    tasks = [_times(raced[each]) for each in contains]
    return Finding(
        measured={"speed-up": typical_speedup(tasks, seed=lab.seed)},
        points=tuple(
            Point(each.matching_pct, raced[each].speedup("none", "jsonb_ops", seed=lab.seed))
            for each in contains
        ),
        records=[
            {"operator": each.operator, "lookup": each.where, "matching_pct": each.matching_pct}
            | {"used": used[each, row["variant"]], **row}
            for each in lookups
            for row in raced[each].records()
        ]
        + costs,
        note=_note(costs, used),
    )


def _lookup(on: Bench, operator: str, where: str) -> Lookup:
    query = f"SELECT 100.0 * count(*) FILTER (WHERE {where}) / count(*) FROM pull_requests"  # noqa: S608
    return Lookup(operator, where, float(fetch_value(on.connection, query)))


def _raced(on: Bench, each: Lookup, used: Mapping[tuple[Lookup, str], bool]) -> Race:
    """Without an index, and under every arm whose indexes the lookup can use."""
    arms = {arm: names for arm, names in ARMS.items() if not names or used[each, arm]}
    if each.operator == "@>":
        arms["jsonb_ops"] = ARMS["jsonb_ops"]
    return on.race(LIST.format(each.where), arms)


def _used(on: Bench, each: Lookup, arm: str) -> bool:
    return on.uses(LIST.format(each.where), ARMS[arm])


def _times(race: Race) -> tuple[Sequence[float], Sequence[float]]:
    return race.times_ms["none"], race.times_ms["jsonb_ops"]


def _prices(on: Bench, lab: Lab, parameters: Mapping[str, Any]) -> dict[str, WritePrice]:
    """What some of the indexes add to a row that is inserted, beside one another."""
    priced = lab.parameters(parameters, "priced")
    found = write_price.measure_set(
        on.connection,
        [on.indexes[name] for name in priced],
        backend_cpu=on.backend_cpu,
        seed=lab.seed,
        seconds=lab.parameters(parameters, "write_seconds"),
    ).indexes
    return {name: found[on.indexes[name]] for name in priced}


def _cost(on: Bench, name: str, price: WritePrice | None) -> dict[str, Any]:
    """Bytes of the index, and what it adds to an inserted row where that was measured."""
    return {
        "index": name,
        "ddl": DDL[name],
        "size_bytes": on.built(name).size_bytes,
        "insert_us": price and price.insert_us,
        "insert_us_ci": price and price.insert_us_ci,
        "wal_bytes": price and price.wal_bytes,
    }


def _note(costs: Sequence[Mapping[str, Any]], used: Mapping[tuple[Lookup, str], bool]) -> str:
    """Which operators each kind of index serves, and what it costs on the summaries."""
    parts = []
    for arm, name in (("jsonb_ops", "summary"), ("jsonb_path_ops", "summary_path")):
        serves = dict.fromkeys(each.operator for (each, a), u in used.items() if a == arm and u)
        row = next(row for row in costs if row["index"] == name)
        price = f", {row['insert_us']:.1f} µs a row inserted" if row["insert_us"] else ""
        size = row["size_bytes"] / 2**20
        parts.append(f"{arm} serves {' '.join(serves)} ({size:.1f} MB on llm_summary{price})")
    return f"{'; '.join(parts)}; ->> wants a btree on the expression"


CHECKS = {"containment": containment}
