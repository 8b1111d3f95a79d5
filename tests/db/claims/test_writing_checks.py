"""The checks of claims about writes, connections and jobs measure what their claims promise."""

import pytest

from workbench.claims.checks import bulk, pool_load, pooling, queues
from workbench.claims.entries import claim
from workbench.claims.verdict import rule

ROUNDS = {"rounds": 6, "seconds": 0}
BLOCKS = {"seconds": 0.05, "blocks": 6}
BULK = {"rows": [3, 12], "typical_rows": 12, "most_commits": 6, "distance_ms": 1, "indexes": [2]}
TINY = {
    "S1.4": (
        bulk.one_commit,
        {"variants": ["commit_per_row", "one_commit", "from_unnest"], **BULK, **ROUNDS},
    ),
    "S1.7": (
        pool_load.exhaustion,
        {
            "clients": [2, 60],
            "typical_clients": 2,
            "hold_ms": 20,
            "timeout_s": 0.01,
            **BLOCKS,
            "rounds": 6,
        },
    ),
    "S2.5": (queues.bounded, {"days": 4, "rows": 100}),
    "S2.6": (
        queues.separate,
        {
            "limited": 10,
            "seconds": 0.1,
            "waiting_every_ms": 20,
            "computing_every_ms": 50,
            "arms": ["shared", "separate"],
            "rounds": 6,
        },
    ),
    "S3.1": (
        pool_load.larger,
        {
            "clients": 20,
            "fewer_clients": [4],
            "waits_ms": [0, 20],
            "sizes": [1, 2],
            "sweep_blocks": 1,
            **BLOCKS,
        },
    ),
    "S3.4": (
        bulk.insert_endpoint,
        {"variants": ["commit_per_row", "add_all", "copy"], **BULK, **ROUNDS},
    ),
    "S3.5": (
        pool_load.burst,
        {
            "requests": 20,
            "rows": 2,
            "timeouts_s": [0.01, 30],
            "typical_timeout_s": 30,
            "bursts": 2,
            "other_bursts": 1,
        },
    ),
    "S4.2": (pooling.kept, {"statements_ms": [0, 2], **ROUNDS}),
    "S4.3": (pooling.never_above, {"requests": 35, "sleep_ms": 30, "runs": 2}),
    "S5.1": (pooling.per_request, {"clients": [1, 4], "typical_clients": 4, **BLOCKS}),
    "S5.7": (pooling.shared_engine, ROUNDS),
}


@pytest.mark.parametrize("identifier", TINY)
def test_a_check_measures_what_its_claim_promises(lab, identifier):
    check, parameters = TINY[identifier]
    entry = claim(identifier)
    finding = check(lab, parameters)
    assert rule(entry, finding).sentence
    assert {promise.figure for promise in entry.promises} <= set(finding.measured)
    assert len(finding.points) == (0 if entry.axis is None else 2)
    assert finding.note
    assert finding.records


@pytest.mark.parametrize("identifier", TINY)
def test_the_ledger_names_the_check_and_all_it_asks_for(identifier):
    check, parameters = TINY[identifier]
    entry = claim(identifier)
    family = check.__module__.rpartition(".")[2]
    assert entry.check == f"{family}.{check.__name__}"
    assert set(parameters) <= set(entry.parameters)
