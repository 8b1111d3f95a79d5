import io

import pytest
from plan_fixtures import ALL, load, plan, step
from rich.console import Console

from workbench.plans import figures, tree
from workbench.reports.plan_tree import BeforeAfter, PlanTree


def shown(renderable, width, **options):
    console = Console(file=io.StringIO(), width=width, **options)
    console.print(renderable)
    return console.file.getvalue()


@pytest.mark.parametrize("name", ALL)
def test_text_and_terminal_show_the_same_lines_within_80_columns(name):
    found = load(name)
    text = tree.text(found, 80)
    assert shown(PlanTree(found), 80).rstrip("\n") == text
    assert max(map(len, text.splitlines())) <= 80
    for node in found.walk():
        assert node.node_type.split()[0] in text or node.node_type in ("ModifyTable", "Aggregate")


@pytest.mark.parametrize("name", ALL)
def test_no_control_character_of_a_literal_reaches_the_terminal(name):
    assert [c for c in str(load(name)) if not c.isprintable() and c != "\n"] == []


def test_the_tree_of_a_small_plan():
    scan = step(
        "Seq Scan", 9.0, Relation_Name="todos", Alias="t", Filter="(NOT done)", Plan_Rows=50
    ) | {"Actual Rows": 5000, "Rows Removed by Filter": 95000, "Shared Hit Blocks": 1234}
    sort = step("Sort", 10.0, scan, Sort_Key=["created_at"]) | {
        "Actual Rows": 5000,
        "Plan Rows": 50,
        "Shared Hit Blocks": 1234,
        "Sort Space Type": "Disk",
        "Sort Space Used": 2048,
        "Sort Method": "external merge",
    }
    assert tree.text(plan(sort, **{"Execution Time": 10.2}), 80).splitlines() == [
        "execution 10.2 ms · 1,234 pages",
        "most time: Seq Scan on todos t, 90 %",
        " own ms        planned   rows  pages  step",
        "   1.00 ▋           50  5,000         Sort",
        "                                      │ ! sort spilled 2.0 MB to disk",
        "                                      │ by created_at (external merge)",
        "   9.00 █████▍      50  5,000  1,234  └ Seq Scan on todos t",
        "                                          ! 95 % of the rows thrown away",
        "                                            (95,000)",
        "                                          ! 100× more rows than planned",
        "                                          filter: (NOT done)",
    ]


def test_colours_only_where_there_is_a_terminal():
    found = load("18/sort_spill")
    assert "\x1b[" in shown(PlanTree(found), 80, force_terminal=True, color_system="standard")
    assert "\x1b[" not in shown(PlanTree(found), 80)


def test_side_by_side_when_wide_and_one_above_the_other_when_not():
    both = BeforeAfter(load("18/sort_spill"), load("18/gather_merge_spill"))
    wide, narrow = shown(both, 170).splitlines(), shown(both, 80).splitlines()
    assert any("before" in line and "after" in line for line in wide)
    assert [line for line in narrow if line in ("before", "after")] == ["before", "after"]
    assert max(map(len, narrow)) <= 80
    assert max(map(len, wide)) <= 170
    for lines in (wide, narrow):
        assert "• Seq Scan on todos → Parallel Seq Scan on todos" in lines


def test_an_unchanged_plan_is_said_to_be_one():
    found = load("18/seq_scan")
    assert "• the same plan" in shown(BeforeAfter(found, found), 80)


def test_markup_in_a_literal_is_text():
    found = plan(step("Seq Scan", 1.0, Filter="(note = '[bold]x[/bold]'::text)"))
    assert "[bold]x[/bold]" in shown(PlanTree(found), 80)


def test_a_deep_plan_keeps_room_for_its_tree():
    root = step("Result", 1.0)
    for _ in range(14):
        root = step("Subquery Scan", 1.0, root)
    lines = tree.text(plan(root), 80).splitlines()
    assert "pages" not in lines[0]
    assert max(map(len, lines)) <= 80


def test_an_error_is_told_where_it_begins_and_not_on_every_step_above():
    scan = step("Seq Scan", 1.0, Plan_Rows=1, Actual_Rows=5000)
    text = tree.text(plan(step("Hash", 1.0, scan, Plan_Rows=1, Actual_Rows=5000)))
    assert text.count("5,000× more rows") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0124, "0.012"), (0.9999, "1.00"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_milliseconds(value, text):
    assert figures.ms(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0, "0"), (0.29, "0.29"), (0.97, "1"), (7, "7"), (8.5, "8.5"), (9.97, "10")),
        *((9999, "9,999"), (99_999, "99,999"), (100_000, "100k"), (1_234_567, "1.23M")),
        *((999_700, "1M"), (2.5e9, "2.5G"), (7e12, "7T"), (3e17, "3e17")),
    ],
)
def test_counts(value, text):
    assert figures.count(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "      "), (0.001, "      "), (0.01, "▏     "), (1.0, "██████")]
)
def test_bars(share, text):
    assert figures.bar(share, 6) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.5, "50 %"), (0.994, "99.4 %"), (0.99999, "99.9 %"), (1.0, "100 %")]
)
def test_all_is_not_said_while_something_is_left(share, text):
    assert figures.percent(share) == text
