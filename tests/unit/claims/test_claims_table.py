"""The table fits a terminal of 100 columns and says everything; Markdown has the same words."""

from dataclasses import replace

import pytest
from claim_examples import FASTER, FEWER, at, between, claim, found
from rich.console import Console

from workbench.claims import entries
from workbench.claims.claim import Claim, Finding
from workbench.claims.result import Result, judged
from workbench.claims.store import Experiment, Run
from workbench.measurement.estimate import exactly
from workbench.reports.claims_table import ClaimsTable, LedgerTable, ledger_markdown, markdown


def result(finding: Finding | None, of: Claim | None = None, reason: str = "") -> Result:
    experiment = Experiment(of or claim(FASTER), "small", 0, "quick")
    where = {"server_version": "18.4", "cpu_model": "A processor", "cores": 2}
    return judged(experiment, [Run("2026-01-02T03:04:05+00:00", 1.0, finding, reason, where)])


DEPENDS = result(found((FASTER, between(4, 5)), points=(at(0, 0.5), at(5, 4.5))))
CONFIRMED = result(found((FASTER, between(4, 5))))
NOT_RUN = result(None, reason="there is no Redis;\n install one | two")


def printed(what: object, width: int = 100) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def test_a_line_has_title_promise_figure_and_verdict() -> None:
    line = next(line for line in printed(ClaimsTable([CONFIRMED])).splitlines() if "S1.1" in line)
    assert line.split("  ")[0] == "S1.1"
    words = ("A title", "speed-up 3 to 10 x", "4.5 x (4 to 5)", "confirmed")
    assert [word for word in words if word not in line] == []


def test_what_it_depends_on_stands_below() -> None:
    assert "by round trip: no gain up to about" in " ".join(printed(ClaimsTable([DEPENDS])).split())


def test_a_reason_stays_on_its_lines_and_in_its_cell() -> None:
    assert "there is no Redis; install one | two" in printed(ClaimsTable([NOT_RUN]))
    assert r"there is no Redis; install one \| two |" in markdown([NOT_RUN])


def test_other_figures_and_the_note_are_shown() -> None:
    both = claim(FASTER, FEWER)
    finding = found((FASTER, between(4, 5)), (FEWER, exactly(1, "statements")))
    shown = [result(replace(finding, note="a note"), both)]
    assert "1 statements, promised at most 2" in printed(ClaimsTable(shown))
    assert "a note" not in printed(ClaimsTable(shown))
    assert "a note" in printed(ClaimsTable(shown, notes=True))
    assert "a note" in markdown(shown)


def test_verdicts_are_counted_and_the_place_is_named() -> None:
    text = printed(ClaimsTable([CONFIRMED, CONFIRMED, DEPENDS, NOT_RUN]))
    assert "2 confirmed · 1 depends · 1 not run" in text
    assert "PostgreSQL 18.4, A processor, 2 cores; scale small, seed 0, quick mode" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    every = [judged(Experiment(each, "small", 0, "quick"), []) for each in entries.claims()]
    for table in (ClaimsTable([*every, DEPENDS, NOT_RUN]), LedgerTable(entries.claims())):
        assert max(map(len, printed(table, width).splitlines())) <= width


def test_the_whole_ledger_is_listed() -> None:
    listed, text = printed(LedgerTable(entries.claims())), ledger_markdown(entries.claims())
    for each in entries.claims():
        assert f"\n{each.id}  " in listed
        assert f"\n| {each.id} |" in text
    assert "40 claims, 36 of them measurable" in listed


def test_markdown_has_a_row_for_each_claim() -> None:
    lines = markdown([CONFIRMED, DEPENDS]).splitlines()
    assert lines[2].startswith(
        "| S1.1 A title | speed-up 3 to 10 x | 4.5 x (4 to 5) | **confirmed** |"
    )
    assert len({line.count(" | ") for line in lines[2:4]}) == 1
