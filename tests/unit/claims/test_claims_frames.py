"""What Python gets: frames that the plots take as they are."""

from pathlib import Path

import pytest
from claim_examples import FASTER, LESS, at, between, claim, found

import workbench as wb
from workbench.claims import entries, frames
from workbench.claims.claim import Finding
from workbench.claims.result import Result, judged
from workbench.claims.store import Experiment, Run
from workbench.errors import UnknownName
from workbench.plots.scorecard import scorecard


def result(finding: Finding | None) -> Result:
    promise = LESS if finding and "less time" in finding.measured else FASTER
    experiment = Experiment(claim(promise), "small", 0, "quick")
    return judged(experiment, [Run("2026-01-01", 1.0, finding, None if finding else "no Redis")])


TWO = [
    result(found((FASTER, between(4, 5)), points=(at(0, 0.5), at(5, 4.5)))),
    result(found((LESS, between(60, 70, "%")))),
]


@pytest.fixture
def _no_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))


def test_the_ledger_has_a_row_for_each_promise() -> None:
    frame = wb.claims.ledger()
    assert set(frame["id"]) == {each.id for each in entries.claims()}
    assert len(frame[frame["id"] == "S5.4"]) == 2
    assert frame[frame["id"] == "S1-3.2"]["figure"].isna().all()
    assert set(wb.claims.ledger("todos")["system"]) == {"todos"}


@pytest.mark.usefixtures("_no_results")
def test_without_a_run_there_are_no_figures() -> None:
    frame = wb.claims.results(system="learning")
    assert (frame["verdict"] == "not run").all()
    assert frame["measured"].isna().all()
    assert wb.claims.points().empty
    assert wb.claims.records("S2.4").empty


def test_an_unknown_claim_is_told() -> None:
    with pytest.raises(UnknownName, match="did you mean S2"):
        wb.claims.results(["S2.44"])


def test_the_scorecard_takes_the_results_as_they_are() -> None:
    figure = scorecard(frames.results([*TWO, result(None)]))
    drawn = {trace.name: len(trace.x) for trace in figure.data if trace.mode == "markers"}
    assert drawn == {"depends": 1, "partly": 1}


def test_points_are_the_headline_along_the_axis() -> None:
    frame = frames.points(TWO)
    assert list(frame["at"]) == [0, 5]
    assert list(frame["measured"]) == [0.5, 4.5]
    assert set(frame["axis"]) == {"round trip, ms"}
