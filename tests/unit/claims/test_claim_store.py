"""Runs are kept whole, apart, and come back as they were."""

import json
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from claim_examples import ANY_GAIN, FASTER, at, between, claim, found
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.claims.claim import Finding, Point
from workbench.claims.result import judged
from workbench.claims.store import KEPT_RUNS, Experiment, Run, Store
from workbench.errors import InputError
from workbench.measurement.estimate import Estimate

EXPERIMENT = Experiment(claim(FASTER), "small", 0, "quick")
FINDING = found((FASTER, between(4, 5)), points=(at(0, 4.0), at(5, 4.5)))


def run(finding: Finding | None = FINDING, when: str = "2026-01-01T00:00:00+00:00") -> Run:
    return Run(when, 1.5, finding, None if finding else "no Redis", {"cores": 2})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "claims")


def test_what_is_kept_comes_back(store: Store) -> None:
    first, second = run(), run(None)
    store.add(EXPERIMENT, first)
    store.add(EXPERIMENT, second)
    assert store.runs(EXPERIMENT) == (replace(first, finding=replace(FINDING, records=[])), second)


@settings(deadline=None)
@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.text())
def test_any_figure_and_note_survives(value: float, place: float, note: str) -> None:
    from tempfile import TemporaryDirectory

    measured = Estimate(value, -inf, inf, "x", 3)
    finding = Finding({"speed-up": measured}, (Point(place, measured),), [{"a": 1}], note)
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.add(EXPERIMENT, run(finding))
        (back,) = store.runs(EXPERIMENT)
    assert back.finding is not None
    assert (back.finding.measured, back.finding.note) == (finding.measured, note)


def test_only_the_last_runs_are_kept(store: Store) -> None:
    for number in range(KEPT_RUNS + 3):
        store.add(EXPERIMENT, run(when=f"run {number}"))
    assert [each.measured_at for each in store.runs(EXPERIMENT)] == [
        f"run {number}" for number in range(3, KEPT_RUNS + 3)
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(EXPERIMENT, seed=1),
        replace(EXPERIMENT, scale="medium"),
        replace(EXPERIMENT, mode="full"),
        replace(EXPERIMENT, claim=replace(EXPERIMENT.claim, parameters={"rows": 5})),
        replace(EXPERIMENT, claim=replace(EXPERIMENT.claim, check="a.c")),
    ],
    ids=["seed", "scale", "mode", "parameters", "check"],
)
def test_another_experiment_has_other_runs(store: Store, other: Experiment) -> None:
    store.add(EXPERIMENT, run())
    assert store.runs(other) == ()


def test_another_promise_judges_the_same_run(store: Store) -> None:
    store.add(EXPERIMENT, run())
    other = replace(EXPERIMENT, claim=claim(replace(FASTER, low=8.0)))
    assert judged(EXPERIMENT, store.runs(EXPERIMENT)).ruling.verdict == "confirmed"
    assert judged(other, store.runs(other)).ruling.verdict == "partly"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "workbench.claim/0"}', "null"])
def test_a_file_that_cannot_be_read_counts_as_none(store: Store, content: str) -> None:
    store.add(EXPERIMENT, run())
    (file,) = store.folder.iterdir()
    file.write_text(content)
    assert store.runs(EXPERIMENT) == ()
    store.add(EXPERIMENT, run())
    assert len(store.runs(EXPERIMENT)) == 1


def test_what_a_killed_run_left_is_swept(store: Store) -> None:
    store.add(EXPERIMENT, run())
    (file,) = store.folder.iterdir()
    (store.folder / f".{file.name}.0a1b.part").write_text('{"format"')
    store.sweep()
    assert list(store.folder.iterdir()) == [file]


def test_where_nothing_can_be_written_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "claims").write_text("a file in the way")
    with pytest.raises(InputError, match=r"cannot write .*S1\.1"):
        Store(tmp_path / "claims").add(EXPERIMENT, run())


def test_a_file_is_json_that_others_can_read(store: Store) -> None:
    store.add(EXPERIMENT, run())
    (file,) = store.folder.iterdir()
    content = json.loads(file.read_text())
    assert (content["claim"], content["mode"]) == ("S1.1", "quick")
    assert content["runs"][0]["finding"]["measured"]["speed-up"]["unit"] == "x"


def test_a_verdict_that_flips_between_two_runs_is_inconclusive() -> None:
    slower = found((FASTER, between(1.5, 2)))
    flipped = judged(EXPERIMENT, [run(slower), run(FINDING)])
    assert flipped.ruling.verdict == "inconclusive"
    assert "two runs disagree: confirmed now" in flipped.ruling.sentence
    assert judged(EXPERIMENT, [run(slower), run(), run()]).ruling.verdict == "confirmed"


def test_runs_on_another_kind_of_server_do_not_contradict() -> None:
    slower, kinds = found((FASTER, between(1.5, 2))), ("embedded", "container")
    here, there = (
        replace(run(finding), environment={"server_kind": kind})
        for finding, kind in zip((slower, FINDING), kinds, strict=True)
    )
    assert judged(EXPERIMENT, [here, there]).ruling.verdict == "confirmed"
    assert judged(EXPERIMENT, [here, there, here]).ruling.verdict == "partly"


def test_a_run_that_failed_neither_confirms_nor_contradicts() -> None:
    slower = found((FASTER, between(1.5, 2)))
    failed = judged(EXPERIMENT, [run(), run(None)])
    assert (failed.ruling.verdict, failed.ruling.sentence) == ("not run", "no Redis")
    assert judged(EXPERIMENT, [run(), run(None), run()]).ruling.verdict == "confirmed"
    assert judged(EXPERIMENT, [run(slower), run(None), run()]).ruling.verdict == "inconclusive"


def test_without_a_run_there_is_no_verdict() -> None:
    result = judged(EXPERIMENT, [])
    assert (result.ruling.verdict, result.headline, result.as_dict()["measured"]) == (
        "not run",
        None,
        None,
    )


def test_a_kept_run_that_no_longer_fits_the_ledger_is_told() -> None:
    other = replace(EXPERIMENT, claim=claim(replace(ANY_GAIN, figure="throughput")))
    result = judged(other, [run()])
    assert result.ruling.verdict == "not run"
    assert "measured no 'throughput'" in result.ruling.sentence
