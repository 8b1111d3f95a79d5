"""Own times: first small plans whose own times are worked out by hand, then the stored ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_fixtures import ALL, VERSIONS, load, only, plan, step

from workbench.plans.timing import timing


def own(found):
    """Own times by hand-readable name: node type, with its number where it is there twice."""
    kinds = [node.node_type for node in found.walk()]
    names = [f"{k} {n}" if kinds.count(k) > 1 else k for n, k in enumerate(kinds)]
    return dict(zip(names, timing(found).own_ms, strict=True))


def test_loops_are_multiplied_before_anything_is_subtracted():
    # 1000 loops of 0.095 ms are 95 ms of the join's 100; subtracting 0.095 would leave 99
    found = plan(
        step(
            "Nested Loop",
            100.0,
            step("Seq Scan", 1.0),
            step("Index Scan", 0.095, loops=1000, Parent_Relationship="Inner"),
        )
    )
    assert own(found) == pytest.approx({"Nested Loop": 4.0, "Seq Scan": 1.0, "Index Scan": 95.0})


def test_below_a_gather_the_average_process_counts():
    # three processes: 3 x 30 / 3 = 30 ms of wall clock, 10 of them in the hash join itself
    found = plan(
        step(
            "Gather",
            33.0,
            step(
                "Hash Join",
                30.0,
                step("Seq Scan", 18.0, loops=3),
                step("Hash", 2.0, loops=3, Parent_Relationship="Inner"),
                loops=3,
            ),
            Workers_Planned=2,
            Workers_Launched=2,
        )
    )
    assert own(found) == pytest.approx(
        {"Gather": 3.0, "Hash Join": 10.0, "Seq Scan": 18.0, "Hash": 2.0}
    )


def test_what_one_of_three_processes_did_weighs_a_third():
    found = plan(
        step(
            "Gather",
            12.0,
            step("Bitmap Heap Scan", 9.0, step("Bitmap Index Scan", 6.0, loops=1), loops=3),
        )
    )
    assert own(found) == pytest.approx(
        {"Gather": 3.0, "Bitmap Heap Scan": 7.0, "Bitmap Index Scan": 2.0}
    )


def test_a_gather_run_again_and_again_divides_by_its_processes_only():
    # 5 rounds of 2 processes: the scan ran 10 times 4 ms, that is 20 ms of the 25 on the clock
    found = plan(
        step("Nested Loop", 40.0, step("Gather", 5.0, step("Seq Scan", 4.0, loops=10), loops=5))
    )
    assert own(found) == pytest.approx({"Nested Loop": 15.0, "Gather": 5.0, "Seq Scan": 20.0})


def test_workers_that_outrun_their_gather_are_shortened_not_made_negative():
    found = plan(
        step("Gather", 6.0, step("Hash Join", 8.0, step("Seq Scan", 4.0, loops=3), loops=3))
    )
    assert own(found) == pytest.approx({"Gather": 0.0, "Hash Join": 3.0, "Seq Scan": 3.0}, abs=0.01)


def test_rounding_is_taken_from_the_step_whose_loops_multiply_it():
    # 100,000 x 0.001 ms may be anything from 50 to 150: the scan of exactly 40 ms is not cut
    found = plan(
        step(
            "Nested Loop",
            120.0,
            step("Seq Scan", 40.0),
            step("Memoize", 0.001, loops=100_000, Parent_Relationship="Inner"),
        )
    )
    assert own(found) == pytest.approx(
        {"Nested Loop": 0.0, "Seq Scan": 40.0, "Memoize": 80.0}, abs=0.001
    )


def test_an_initplan_is_paid_by_the_scan_that_asked_for_it():
    initplan = step("Aggregate", 30.0, step("Seq Scan", 25.0), Parent_Relationship="InitPlan") | {
        "Subplan Name": "InitPlan 1 (returns $0)"
    }
    found = plan(step("Sort", 52.0, initplan, step("Index Scan", 50.0, Index_Cond="(id > $0)")))
    assert own(found) == pytest.approx(
        {"Sort": 2.0, "Aggregate": 5.0, "Seq Scan": 25.0, "Index Scan": 20.0}
    )


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("InitPlan 1 (returns $1)", "(a = $1)"),
        ("InitPlan 2 (returns $1,$2)", "(a = $2)"),
        ("InitPlan 1", "(a = (InitPlan 1).col1)"),
        ("expr_1", "(a = (expr_1).col1)"),
    ],
)
def test_the_value_of_an_initplan_is_known_by_its_name_in_each_version(name, condition):
    initplan = step("Result", 3.0, Parent_Relationship="InitPlan") | {"Subplan Name": name}
    other = step("Seq Scan", 9.0, Filter="(a = $12)", Parent_Relationship="Inner")
    one = step("Index Scan", 4.0, Index_Cond=condition)
    found = plan(step("Hash Join", 14.0, initplan, one, other))
    assert own(found)["Index Scan"] == pytest.approx(1.0)
    assert own(found)["Seq Scan"] == pytest.approx(9.0)


def test_an_initplan_nobody_mentions_is_paid_by_the_first_who_can():
    # in a select list: the Sort spent 1 ms beyond the scan, so it cannot have run 20 ms of InitPlan
    initplan = step("Aggregate", 20.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    found = plan(step("Sort", 31.0, initplan, step("Seq Scan", 30.0)))
    assert own(found) == pytest.approx({"Sort": 1.0, "Aggregate": 20.0, "Seq Scan": 10.0})


def test_under_a_gather_the_leader_works_the_initplan_out_first():
    initplan = step("Result", 6.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    scan = step("Seq Scan", 8.0, loops=2, Filter="(a > (InitPlan 1).col1)")
    found = plan(step("Aggregate", 20.0, initplan, step("Gather", 18.0, scan)))
    assert own(found) == pytest.approx(
        {"Aggregate": 2.0, "Result": 6.0, "Gather": 4.0, "Seq Scan": 8.0}
    )


def test_an_append_that_prunes_works_the_initplan_out_itself():
    initplan = step("Result", 2.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    member = {"Parent Relationship": "Member", "Filter": "(a = (InitPlan 1).col1)"}
    ran, pruned = step("Seq Scan", 5.0) | member, step("Seq Scan", 0.0, loops=0) | member
    found = plan(step("Append", 8.0, initplan, ran, pruned))
    assert timing(found).own_ms == pytest.approx((1.0, 2.0, 5.0, 0.0))


def test_a_cte_is_charged_once_however_often_it_is_read():
    # the first reader runs it: 10 of its 12 ms; the second reads what is there already
    cte = step("HashAggregate", 10.0, Parent_Relationship="InitPlan", Subplan_Name="CTE busy")
    readers = [
        step("CTE Scan", 12.0, CTE_Name="busy"),
        step("CTE Scan", 3.0, CTE_Name="busy", Parent_Relationship="Inner"),
    ]
    found = plan(step("Hash Join", 20.0, cte, *readers))
    assert own(found) == pytest.approx(
        {"Hash Join": 5.0, "HashAggregate": 10.0, "CTE Scan 2": 2.0, "CTE Scan 3": 3.0}
    )


def test_a_cte_read_by_a_cte():
    one = step("Seq Scan", 6.0, Parent_Relationship="InitPlan", Subplan_Name="CTE a")
    reader = step("CTE Scan", 8.0, CTE_Name="a")
    other = step("Unique", 9.0, reader, Parent_Relationship="InitPlan", Subplan_Name="CTE b")
    found = plan(step("Limit", 11.0, one, other, step("CTE Scan", 10.0, CTE_Name="b")))
    assert timing(found).own_ms == pytest.approx((1.0, 6.0, 1.0, 2.0, 1.0))


def test_an_inner_with_of_the_same_name_is_another_one():
    outer = step("Seq Scan", 5.0, Parent_Relationship="InitPlan", Subplan_Name="CTE a")
    inner = step("Result", 2.0, Parent_Relationship="InitPlan", Subplan_Name="CTE a")
    below = step("Limit", 4.0, inner, step("CTE Scan", 3.0, CTE_Name="a"))
    found = plan(step("Nested Loop", 13.0, outer, below, step("CTE Scan", 7.0, CTE_Name="a")))
    assert timing(found).own_ms == pytest.approx((2.0, 5.0, 1.0, 2.0, 1.0, 2.0))


def test_a_writing_cte_goes_on_after_the_last_row():
    delete = step("ModifyTable", 9.0, step("Seq Scan", 4.0), Parent_Relationship="InitPlan")
    found = plan(
        step("Aggregate", 2.0, delete | {"Subplan Name": "CTE gone"}, step("Result", 1.5)),
        **{"Execution Time": 12.0},
    )
    result = timing(found)
    assert result.own_ms == pytest.approx((0.5, 5.0, 4.0, 1.5))
    assert (result.root_ms, result.after_ms) == pytest.approx((2.0, 9.0))
    assert result.outside_ms == pytest.approx(1.0)


def test_a_subplan_is_part_of_the_step_it_hangs_under():
    subplan = step("Aggregate", 0.4, loops=100, Parent_Relationship="SubPlan")
    assert own(plan(step("Seq Scan", 50.0, subplan))) == pytest.approx(
        {"Seq Scan": 10.0, "Aggregate": 40.0}
    )


def test_what_was_never_executed_took_no_time():
    found = plan(step("Hash Join", 5.0, step("Seq Scan", 4.0), step("Hash", 0.0, loops=0)))
    assert own(found) == pytest.approx({"Hash Join": 1.0, "Seq Scan": 4.0, "Hash": 0.0})


def test_nothing_timed_means_no_figures():
    assert timing(load("18/estimate_only")) is None
    assert timing(load("18/timing_off")) is None
    assert timing(load("18/costs_off")) is None


TIMED = [name for name in ALL if load(name).timed]


@pytest.mark.parametrize("name", TIMED)
def test_own_times_add_up_to_the_whole_and_none_is_negative(name):
    found = load(name)
    result = timing(found)
    assert min(result.own_ms) >= 0
    assert sum(result.own_ms) == pytest.approx(result.root_ms + result.after_ms, rel=1e-6)
    assert result.root_ms == pytest.approx(found.root.actual_total_ms)
    assert result.root_ms + result.after_ms <= found.execution_ms * 1.01
    if "cte_writing_unread" not in name:
        assert result.after_ms == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_own_times_worked_out_from_the_raw_figures(version):
    found = load(f"{version}/nested_loop_many_loops")
    join = only(found, "Nested Loop")
    outer, inner = join.children
    assert inner.loops > 800
    spent = outer.actual_total_ms + inner.loops * inner.actual_total_ms
    doubt = 0.0005 * inner.loops
    assert timing(found).own_ms[join.number] == pytest.approx(
        max(join.actual_total_ms - spent, 0.0), abs=doubt
    )
    assert timing(found).own_ms[inner.number] == pytest.approx(
        inner.loops * inner.actual_total_ms, abs=doubt
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_parallel_scan_counts_per_process(version):
    found = load(f"{version}/parallel_aggregate")
    gather, scan = only(found, "Gather"), only(found, "Seq Scan")
    processes = gather.children[0].loops
    assert 1 < processes <= 3
    assert timing(found).own_ms[scan.number] == pytest.approx(
        scan.actual_total_ms * scan.loops / processes, abs=0.01
    )
    alone = load(f"{version}/parallel_without_leader")
    assert only(alone, "Gather").children[0].loops <= 2


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["initplan_in_select", "initplan_in_select_verbose"])
def test_a_real_initplan_of_a_select_list_is_found_in_the_scan_below_the_sort(version, name):
    found = load(f"{version}/{name}")
    initplan = next(n for n in found.walk() if n.parent_relationship == "InitPlan")
    scan = only(found, "Seq Scan", relation="users")
    times = timing(found)
    assert times.own_ms[scan.number] == pytest.approx(
        scan.actual_total_ms - initplan.actual_total_ms, abs=0.01
    )
    assert times.own_ms[0] == pytest.approx(
        found.root.actual_total_ms - scan.actual_total_ms, abs=0.01
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_cte_is_not_charged_to_its_scans_again(version):
    found = load(f"{version}/cte_used_twice")
    cte = next(n for n in found.walk() if n.parent_relationship == "InitPlan")
    scans = [n for n in found.walk() if n.node_type == "CTE Scan"]
    times = timing(found)
    assert times.inclusive_ms[cte.number] == pytest.approx(cte.actual_total_ms, rel=0.02)
    left = sum(scan.actual_total_ms for scan in scans) - cte.actual_total_ms
    assert sum(times.own_ms[scan.number] for scan in scans) == pytest.approx(left, abs=0.05)


def raw_steps(depth):
    """Plans as a machine would have run them: true own times first, printed averages from them."""
    children = st.lists(raw_steps(depth - 1), max_size=3) if depth else st.just([])
    return st.tuples(st.integers(0, 5000), st.integers(1, 40), children).map(_as_step)


def _as_step(drawn):
    own_us, loops, children = drawn
    total_us = loops * own_us + sum(child["True Total"] for child in children)
    return step("Step", round(total_us / loops / 1000, 3), *children, loops=loops) | {
        "True Own": loops * own_us,
        "True Total": total_us,
    }


@given(raw_steps(3))
def test_own_times_of_any_plan_are_those_it_was_made_of(raw):
    raw = raw | {"Actual Loops": 1, "Actual Total Time": raw["True Total"] / 1000}
    found = plan(raw)
    result = timing(found)
    doubt = sum(0.0005 * node.loops for node in found.walk())
    assert sum(result.own_ms) == pytest.approx(raw["True Total"] / 1000, abs=1e-6)
    for node, own_ms in zip(found.walk(), result.own_ms, strict=True):
        assert own_ms >= 0
        assert own_ms == pytest.approx(node.extra["True Own"] / 1000, abs=2 * doubt + 1e-6)


def test_two_guests_that_name_each_other_do_not_lose_time():
    def guest(number, other):
        name = f"InitPlan {number}"
        condition = f"(a > (InitPlan {other}).col1)"
        return step("Seq Scan", 2.0, Filter=condition, Parent_Relationship="InitPlan") | {
            "Subplan Name": name
        }

    result = timing(plan(step("Result", 9.0, guest(1, 2), guest(2, 1))))
    assert sum(result.own_ms) == pytest.approx(9.0)


KINDS = ["Gather", "Gather Merge", "Seq Scan", "CTE Scan", "Append", "ModifyTable", "Limit"]
ROLES = ["Outer", "Inner", "Member", "SubPlan", "InitPlan"]
ANYTHING = st.recursive(
    st.just([]),
    lambda inner: st.lists(
        st.builds(
            lambda kind, role, ms, loops, name, children: step(
                kind,
                ms,
                *children,
                loops=loops,
                Parent_Relationship=role,
                Subplan_Name=name,
                CTE_Name=name.removeprefix("CTE "),
                Filter=f"(a > ({name}).col1)",
            ),
            st.sampled_from(KINDS),
            st.sampled_from(ROLES),
            st.floats(0, 1e6),
            st.integers(0, 100_000),
            st.sampled_from(["CTE a", "CTE b", "InitPlan 1", "InitPlan 2 (returns $0)"]),
            inner,
        ),
        max_size=4,
    ),
    max_leaves=12,
)


@given(ANYTHING, st.floats(0, 1e6))
def test_own_times_add_up_even_where_the_figures_make_no_sense(children, ms):
    result = timing(plan(step("Result", ms, *children)))
    assert min(result.own_ms) >= 0
    whole = result.root_ms + result.after_ms
    assert sum(result.own_ms) == pytest.approx(whole, rel=1e-6, abs=1e-6)
