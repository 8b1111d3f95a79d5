"""The checks of claims about indexes: what they measure, and that they leave nothing."""

from collections.abc import Mapping
from typing import Any

import pytest

from workbench import sql
from workbench.claims import checks
from workbench.claims.entries import claim
from workbench.claims.lab import Lab
from workbench.claims.verdict import rule
from workbench.db import fetch_all, fetch_value

FEW = {"rounds": 6, "seconds": 0.0}
TINY: Mapping[str, Mapping[str, Any]] = {
    "S1.1": {"shares": [1, 60], "typical_share": 2, **FEW},
    "S2.3": {"lookups": 2, "priced": ["type"], "write_seconds": 0, **FEW},
    "S2.4": {},
    "S3.2": {"shares": [1], **FEW},
    "S4.1": {"statements": 4, "write_seconds": 0, **FEW},
    "S4.6": {"advised_statements": 3},
    "S5.3": {"rows": [300, 3000], **FEW},
}


def objects(lab: Lab, system: str) -> set[tuple[str, ...]]:
    with lab.site(system).connect() as connection:
        return {*fetch_all(connection, sql.load("schema_objects"))}


@pytest.mark.parametrize("identifier", TINY)
def test_a_check_measures_every_promise_and_leaves_nothing(lab: Lab, identifier: str) -> None:
    entry = claim(identifier)
    before = objects(lab, entry.system)
    finding = checks.find(entry.check or "")(lab, TINY[identifier])
    assert objects(lab, entry.system) == before
    rule(entry, finding)  # raises unless every figure is there in its unit
    assert all(finding.measured[promise.figure].samples for promise in entry.promises)
    assert finding.records
    assert finding.note
    assert (entry.axis is None) == (finding.points == ())


def test_every_seeded_difference_is_found_and_none_is_invented(lab: Lab) -> None:
    finding = checks.find("drift.both_sides")(lab, {})
    assert finding.measured["missed or invented"].value == 0
    seeded = [row["seeded"] for row in finding.records]
    assert (len(seeded), sum(seeded), max(seeded)) == (27, 48, 12)
    assert all(row["found"] == row["seeded"] for row in finding.records)


def test_scans_by_the_planner_are_no_use(lab: Lab) -> None:
    finding = checks.find("index_sets.roll_out")(lab, TINY["S4.6"])
    used = [row for row in finding.records if row["scans"] > row["by_the_planner"]]
    assert finding.measured["indexes in use"].value == pytest.approx(100 * len(used) / 27)
    assert finding.measured["differences after taking back"].value == 0
    with lab.site("codereview").server.connect() as connection:
        copies = "SELECT count(*) FROM pg_database WHERE datname LIKE 'workbench%'"
        assert fetch_value(connection, copies) == 0


def test_a_rare_filter_uses_its_index_and_a_common_one_does_not(lab: Lab) -> None:
    finding = checks.find("indexing.single_columns")(lab, TINY["S1.1"])
    used = {
        row["matching_pct"]: row["used"]
        for row in finding.records
        if row["column"] == "last_health_check"
    }
    assert used[min(used)]
    assert not used[max(used)]


def test_only_the_default_class_serves_keys_and_only_a_btree_serves_text(lab: Lab) -> None:
    finding = checks.find("documents.containment")(lab, TINY["S2.3"])
    serves: dict[str, set[str]] = {}
    for row in finding.records:
        if row.get("used"):
            serves.setdefault(row["variant"], set()).add(row["operator"])
    assert "?" in serves["jsonb_ops"]
    assert "?" not in serves["jsonb_path_ops"]
    assert "@>" in serves["jsonb_path_ops"]
    assert serves["expression"] == {"->>"}


def test_the_set_of_the_workbench_takes_no_more_bytes_than_the_published_one(lab: Lab) -> None:
    finding = checks.find("index_sets.published_set")(lab, TINY["S4.1"])
    sizes = [row for row in finding.records if "size_bytes" in row]
    published = sum(row["size_bytes"] for row in sizes if row["published"])
    own = sum(row["size_bytes"] for row in sizes if row["own"])
    assert 0 < own <= published
    assert {row["variant"] for row in finding.records if "variant" in row} == {
        "before",
        "published",
        "own",
    }
