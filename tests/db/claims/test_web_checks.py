"""The checks of claims about caches, the event loop and HTTP measure what their claims promise."""

import pytest

from workbench.claims.checks import caching, compression, event_loop, web
from workbench.claims.entries import claim
from workbench.claims.verdict import rule

LOOP = {"clients": 2, "rounds": 6, "seconds": 0.03}
TINY = {
    "S1.3": (
        caching.upstream,
        {
            "latency_ms": 0,
            "repositories": 5,
            "densities": [1, 10],
            "headline_density": 10,
            "rounds": 6,
        },
    ),
    "S1.6": (event_loop.lag, LOOP),
    "S1.8": (compression.gzip, {"rows": [1, 20], "headline_rows": 20, "pages": 6}),
    "S1.9": (
        web.process_count,
        {"processes": [1, 2], "clients": 2, "requests": 4, "rounds": 6},
    ),
    "S3.3": (
        event_loop.throughput,
        {**LOOP, "wait_ms": 2, "clients": [1, 2], "headline_clients": 2},
    ),
    "S3.6": (
        web.todos_ladder,
        {"screens": 2, "saves": 1, "each": 2, "rounds": 6, "open_rounds": 1},
    ),
    "S4.4": (
        caching.responses,
        {
            "ttl_s": 60,
            "projects": 5,
            "per_s": 1,
            "events": 60,
            "writes_per_100": [0, 20],
            "headline_writes_per_100": 20,
            "arms": ["dropped by pattern"],
            "keys": [100],
        },
    ),
    "S4.5": (web.review_ladder, {"requests": 10, "rounds": 6, "open_rounds": 1}),
    "S5.2": (
        caching.pages,
        {"rounds": 6, "users": 5, "per_s": 1, "events": 60, "writes_per_100": 5},
    ),
    "S5.5": (web.rate_limit, {"abuse_per_s": 20, "seconds": 0.5, "rounds": 6}),
    "S5.6": (caching.token_users, {"rounds": 6, "users": 5, "per_s": 1, "events": 60}),
    "S5.8": (event_loop.statement_lag, LOOP),
}
POINTS = {"S1.3": 2, "S1.8": 2, "S1.9": 1, "S3.3": 2, "S4.4": 2, "S5.2": 3, "S5.6": 2}


@pytest.mark.parametrize("identifier", TINY)
def test_a_check_measures_what_its_claim_promises(lab, identifier):
    check, parameters = TINY[identifier]
    entry = claim(identifier)
    finding = check(lab, parameters)
    ruled = ("confirmed", "partly", "refuted", "depends", "inconclusive")
    assert rule(entry, finding).verdict in ruled
    promised = {promise.figure: promise.unit for promise in entry.promises}
    assert promised == {
        figure: finding.measured[figure].unit for figure in promised if figure in finding.measured
    }
    assert len(finding.points) == POINTS.get(identifier, 0)
    assert finding.note
    assert finding.records


@pytest.mark.parametrize("identifier", TINY)
def test_the_ledger_gives_every_parameter_that_a_check_asks_for(identifier):
    given = claim(identifier).parameters
    assert set(TINY[identifier][1]) <= set(given)
    quick = {name.removeprefix("quick_") for name in given if name.startswith("quick_")}
    assert quick <= set(given)
