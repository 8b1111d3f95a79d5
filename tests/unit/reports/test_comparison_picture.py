"""A comparison as HTML and as rows, and held against what is required of it."""

import re
from dataclasses import replace
from math import inf
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter
from sanitized import Seen

from workbench.errors import NotConfirmed
from workbench.markup import PLANS
from workbench.measurement.comparison import Comparison, Sample
from workbench.measurement.environment import Environment
from workbench.measurement.runs import Run
from workbench.plans.parse import parse

EVIL = "<script>alert(1)</script>"
BEFORE = parse([{"Plan": {"Node Type": "Seq Scan", "Relation Name": "todos", "Total Cost": 900}}])
AFTER = parse(
    [
        {
            "Plan": {
                "Node Type": "Index Scan",
                "Relation Name": "todos",
                "Index Name": "todos_due_idx",
                "Total Cost": 8,
            }
        }
    ]
)
WHERE = Environment("18.4", {}, "cpu", 2, None, "Linux", "3.11", "0.1", "cpu", "2026-01-01")


def run(ms: float) -> Run:
    return Run("x", ms, ms * 0.9, 0.0, buffers=5, workers=0)


FASTER = Comparison(
    before=Sample("without", 12, 12.0, (11.5, 12.5), 11.0, 935, BEFORE),
    after=Sample("with", 12, 0.5, (0.4, 0.6), 0.45, 4, AFTER),
    verdict="faster",
    reason="p = 1e-07 by Mann–Whitney",
    speedup=24.0,
    speedup_ci=(21.0, 28.0),
    basis="cpu",
    basis_reason="the CPU time can be read",
    pairs=tuple((run(12 + n / 10), run(0.5 + n / 100)) for n in range(12)),
    environment=WHERE,
    statement=f"SELECT '{EVIL}' FROM todos",
    index="CREATE INDEX todos_due_idx ON todos (due_date)",
)


def test_the_picture_has_every_run_and_every_figure() -> None:
    html = FASTER._repr_html_()
    seen = Seen(html)
    assert html.count("position:absolute") == 2 * len(FASTER.pairs)
    for words in ("faster", "24×", "99 % interval 21× to 28×, CPU time", "935", "12.0 ms"):
        assert words in seen.text
    assert "Seq Scan on todos → Index Scan using todos_due_idx on todos" in seen.text
    assert "<script" not in html
    assert EVIL in seen.text


def test_what_is_slower_lies_further_right() -> None:
    places = [float(left) for left in re.findall(r"left:([\d.]+)%", FASTER._repr_html_())]
    assert min(places[:12]) > max(places[12:])
    assert all(0 < place < 100 for place in places)


def test_a_time_out_has_no_runs_and_no_end() -> None:
    before = replace(FASTER.before, median_ms=None, ci_ms=None, cpu_ms=None, timed_out_ms=60_000.0)
    found = replace(FASTER, before=before, pairs=(), speedup_ci=(110.0, inf))
    seen = Seen(found._repr_html_())
    assert "> 60,000 ms" in seen.text
    assert "110× to ∞" in seen.text


def test_rows_are_pairs() -> None:
    frame = FASTER.to_frame()
    assert list(frame["before_wall_ms"]) == [one.wall_ms for one, _ in FASTER.pairs]
    assert list(frame["after_cpu_ms"]) == [other.cpu_ms for _, other in FASTER.pairs]


def test_what_is_required_is_printed_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def said(found: Comparison, **wanted: Any) -> str:
        found.require("faster", **wanted)
        line, ratio, _ = capsys.readouterr().out.partition(
            ", ratio ⟨24×⟩, 99 % interval ⟨21× to 28×⟩\n"
        )
        assert ratio
        return line

    assert said(FASTER, least=20) == "faster: todos ⟨todos (due_date)⟩"
    assert said(FASTER, index="todos_due_idx") == "faster: todos (due_date)"
    assert said(FASTER, table="todos", columns=["due_date"]) == "faster: todos (due_date)"
    assert said(replace(FASTER, index="")) == "faster: todos ⟨todos_due_idx⟩"
    unused = replace(FASTER, after=FASTER.before)
    assert said(unused, columns=["due_date"]) == "faster: todos (due_date), not used"


def test_keys_are_read_as_they_are_written() -> None:
    ddl = "CREATE INDEX i\n ON ONLY s.t USING gin (lower(a, b) DESC,\n c) INCLUDE (d) WHERE (e)"
    found = replace(FASTER, index=ddl)
    found.require("faster", columns=["lower(a, b) DESC"])
    found.require("faster", columns=["lower(a, b) DESC", "c"])
    with pytest.raises(NotConfirmed, match=r"tried was lower\(a, b\) DESC, c"):
        found.require("faster", columns=["lower(a, b) DESC", "c", "d"])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"verdict": "slower"}, "expected slower, but found faster: 11.0 ms before"),
        ({"verdict": "faster", "table": "users"}, "a plan on users, but it reads todos"),
        ({"verdict": "faster", "index": "other"}, "with other, but it uses todos_due_idx"),
        ({"verdict": "faster", "columns": ["id"]}, "an index on id, but tried was due_date"),
        ({"verdict": "faster", "least": 22}, "at least 22 times as fast, but found"),
    ],
)
def test_anything_else_is_an_error(wanted: dict, said: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(said)) as caught:
        FASTER.require(**wanted)
    assert isinstance(caught.value, NotConfirmed)
    assert "\n" not in str(caught.value)


def test_where_no_html_is_shown_it_is_the_text() -> None:
    data, _ = DisplayFormatter().format(FASTER)
    texts = {"text/plain": str(FASTER), "text/html": FASTER._repr_html_()}
    plans = {"before": FASTER.before.plan.to_json(), "after": FASTER.after.plan.to_json()}
    assert data == {**texts, PLANS: plans}
    assert DisplayFormatter().format(FASTER.diff)[0]["text/plain"] == str(FASTER.diff)
    assert DisplayFormatter().format(AFTER)[0]["text/plain"] == str(AFTER)
