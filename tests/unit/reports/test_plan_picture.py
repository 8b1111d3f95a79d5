"""A plan and a difference of plans as HTML: all that the text says, in an untrusted notebook."""

from pathlib import Path

import pytest
from sanitized import Seen

from workbench.plans.metrics import measure
from workbench.plans.node import Plan
from workbench.plans.parse import parse

FIXTURES = Path(__file__).parents[1] / "plans" / "fixtures"
EVIL = "<script>alert(1)</script>"


def load(name: str) -> Plan:
    return parse((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("18/*.json")), ids=lambda file: file.stem)
def test_every_step_is_there(file: Path) -> None:
    plan = parse(file.read_text(encoding="utf-8"))
    seen = Seen(plan._repr_html_())
    nodes = list(plan.walk())
    assert seen.tags.count("details") == seen.tags.count("summary") == len(nodes)
    for node in nodes:
        assert node.title in seen.text
    frame = plan.to_frame()
    assert list(frame["title"]) == [node.title for node in nodes]


def test_warnings_are_badges_and_figures_are_there() -> None:
    seen = Seen(load("18/sort_spill")._repr_html_())
    assert "sort spilled" in seen.words[seen.words.index("Sort") + 2]
    assert "rows (planned" in seen.text
    assert "execution" in seen.text


def test_own_times_are_those_of_the_metrics() -> None:
    plan = load("18/nested_loop_many_loops")
    own = plan.to_frame()["own_ms"]
    assert sum(own) == pytest.approx(plan.root.actual_total_ms, rel=0.01)
    assert list(own) == [figure.own_ms for figure in measure(plan).nodes]


def test_an_estimate_has_cost_and_no_time() -> None:
    seen = Seen(load("18/estimate_only")._repr_html_())
    assert "cost" in seen.text
    assert " ms " not in seen.text


def test_names_are_not_markup() -> None:
    raw = {"Node Type": "Seq Scan", "Relation Name": EVIL, "Alias": EVIL, "Filter": f"x > '{EVIL}'"}
    plan = parse([{"Plan": raw}])
    html = plan._repr_html_() + plan.diff(load("18/seq_scan"))._repr_html_()
    assert "<script" not in html
    assert EVIL in Seen(html).text


def test_a_difference_numbers_the_pairs_alike() -> None:
    before, after = load("18/seq_scan"), load("18/bitmap_lossy")
    change = before.diff(after)
    seen = Seen(change._repr_html_())
    for sentence in change.changes:
        assert sentence in seen.text
    matched = sum(pair.before is not None and pair.after is not None for pair in change.pairs)
    for number in range(1, matched + 1):
        assert seen.words.count(str(number)) >= 2
    assert seen.words.count("new") == len(list(after.walk())) - matched
    assert str(change) == "\n".join(change.changes)
    assert list(change.to_frame()["kind"]) == [pair.kind for pair in change.pairs]


def test_the_same_plan_has_no_changes() -> None:
    plan = load("18/hash_batches")
    change = plan.diff(plan)
    assert str(change) == "the same plan"
    seen = Seen(change._repr_html_())
    assert "the same plan" in seen.text
    assert "gone" not in seen.words
    assert "new" not in seen.words
