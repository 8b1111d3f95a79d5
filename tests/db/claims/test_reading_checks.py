"""The checks of claims about reading: each measures every figure that its claim promises."""

import pytest

from workbench.claims.checks import facets, loading, pagination
from workbench.claims.entries import claim
from workbench.claims.verdict import rule

EFFORT = {"rounds": 6, "seconds": 0}
NEAR = {"distances_ms": [0, 2], **EFFORT}
TINY = {
    "S1.2": (facets.folded, NEAR),
    "S1.5": (
        loading.catalogue,
        {
            "parents": 6,
            "other_parents": [3],
            "fan_outs": [1, 2],
            "fan_out_parents": 2,
            "variants": ["lazy", "joined", "selectin", "aggregate"],
            **NEAR,
        },
    ),
    "S1.10": (facets.statistics, NEAR),
    "S2.1": (
        pagination.window,
        {"history_rows": [300, 3000], "days": 10, "depths": [10, 1000], **EFFORT},
    ),
    "S2.2": (
        pagination.streaming,
        {
            "rows": [1200, 3000],
            "variants": ["fetchall", "server cursor"],
            "rounds": 6,
            "other_rounds": 1,
        },
    ),
    "S5.4": (loading.progress_page, {"rows": 8, **NEAR}),
}
LAST_POINT = {"S2.1": 3000, "S2.2": 3000}


@pytest.mark.parametrize("identifier", TINY)
def test_a_check_measures_what_its_claim_promises(lab, identifier):
    check, parameters = TINY[identifier]
    entry = claim(identifier)
    finding = check(lab, parameters)
    assert rule(entry, finding).verdict in (
        "confirmed",
        "partly",
        "refuted",
        "depends",
        "inconclusive",
    )
    assert {promise.figure for promise in entry.promises} <= set(finding.measured)
    assert finding.points[-1].at == LAST_POINT.get(identifier, 2)
    assert finding.note
    assert all(row["variant"] for row in finding.records)


def test_a_catalogue_is_loaded_with_few_and_many_related_rows(lab):
    given = {**TINY["S1.5"][1], "distances_ms": [0, 1], "variants": ["lazy", "joined", "selectin"]}
    finding = loading.catalogue(lab, {**given, "fan_outs": [3], "fan_out_parents": 2})
    rows = {
        (row["order"], row["variant"]): row["rows"]
        for row in finding.records
        if row["relations"] == 3
    }
    assert rows["oldest", "joined"] > 10 * rows["oldest", "selectin"]
    assert rows["newest", "joined"] <= rows["newest", "selectin"]
    assert f"{rows['oldest', 'joined']:,} rows" in finding.note


def test_the_statements_of_the_pages(lab):
    lazy, fast = (row for row in rows(lab) if row["variant"] in ("lazy", "joined"))
    assert lazy["statements"] > fast["statements"] == 1


def rows(lab):
    """What S5.4 keeps for tables, of the nearest distance."""
    found = loading.progress_page(lab, {"rows": 8, "distances_ms": [0, 1], **EFFORT})
    return [row for row in found.records if row["added_ms"] == 0]


def test_a_window_costs_what_it_holds_only_with_the_index(lab):
    finding = pagination.window(lab, TINY["S2.1"][1])
    assert finding.measured["work at 10 times the history"].value < 1.5
    without = [
        row["touched_rows"]
        for row in finding.records
        if row["index"] == "without" and row["variant"] == "stop early"
    ]
    assert without == [300, 3000]
