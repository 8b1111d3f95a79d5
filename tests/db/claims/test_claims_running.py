"""Claims one after the other: kept, resumed, and never costing one another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.claims import entries, running
from workbench.claims.claim import Claim
from workbench.claims.result import Result
from workbench.claims.store import Store

pytestmark = pytest.mark.usefixtures("scratch_home")

ROWS = "2000"
DRIFT = entries.claim("S2.4")
FILTERS = replace(
    entries.claim("S1.1"),
    parameters={"shares": [1, 60], "typical_share": 2, "rounds": 6, "seconds": 0.0},
)
BROKEN = replace(FILTERS, id="S1.2", parameters={**FILTERS.parameters, "shares": [-5]})
ABSENT = replace(FILTERS, id="S1.3", check="indexing.nothing")
NEVER = entries.claim("S1-3.2")


def settings(*, again: bool = False, jobs: int = 1) -> running.Settings:
    return running.Settings("embedded", ROWS, again=again, jobs=jobs)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def run(claims: Sequence[Claim], store: Store, *, again: bool = False) -> dict[str, Result]:
    return {each.claim.id: each for each in running.run(claims, settings(again=again), store)}


def test_a_claim_that_cannot_be_run_costs_only_itself(store: Store) -> None:
    found = run([BROKEN, ABSENT, DRIFT, NEVER], store)
    verdicts = {name: each.ruling.verdict for name, each in found.items()}
    assert verdicts == {
        "S1.2": "not run",
        "S1.3": "not run",
        "S2.4": "confirmed",
        "S1-3.2": "not measurable",
    }
    assert "NumericValueOutOfRange: percentile value" in found["S1.2"].ruling.sentence
    assert found["S1.3"].ruling.sentence == "there is no check indexing.nothing yet"


def test_what_is_kept_is_not_measured_again(store: Store) -> None:
    first = run([DRIFT], store)["S2.4"]
    assert run([DRIFT], store)["S2.4"] == replace(first, run=store.runs(first.experiment)[-1])
    assert len(store.runs(first.experiment)) == 1
    run([DRIFT], store, again=True)
    assert len(store.runs(first.experiment)) == 2


def test_what_could_not_be_run_is_tried_again(store: Store) -> None:
    run([ABSENT], store)
    found = run([ABSENT], store)["S1.3"]
    assert len(store.runs(found.experiment)) == 2


def test_an_interrupted_run_goes_on_where_it_was(store: Store) -> None:
    going = running.run([DRIFT, FILTERS], settings(), store)
    first = next(going)
    going.close()
    assert len(store.runs(first.experiment)) == 1
    found = run([DRIFT, FILTERS], store)
    assert len(store.runs(found["S2.4"].experiment)) == 1
    assert found["S1.1"].finding is not None


def test_a_check_that_takes_too_long_is_stopped_and_the_next_one_runs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = replace(FILTERS, parameters={**FILTERS.parameters, "rounds": 100_000, "seconds": 600.0})
    run([FILTERS], store)  # so that the dataset is there
    going = running.run([slow, DRIFT], settings(), store)
    with monkeypatch.context() as shorter:
        shorter.setitem(running.LONGEST_S, "quick", 5.0)
        assert next(going).ruling.sentence == "did not end within 5 s"
    assert next(going).ruling.verdict == "confirmed"


def test_a_result_says_where_it_was_measured(store: Store) -> None:
    result = run([DRIFT], store)["S2.4"].as_dict()
    environment = result["environment"]
    assert environment["server_version"].startswith("18")
    assert environment["cores"] > 0
    assert environment["settings"]
    assert (result["scale"], result["seed"], result["mode"]) == (ROWS, 0, "quick")
    assert result["measured_at"] <= environment["measured_at"]


def test_datasets_are_loaded_at_the_same_time(store: Store) -> None:
    going = running.run([DRIFT, FILTERS], settings(jobs=2), store)
    assert [each.finding is not None for each in going] == [True, True]
