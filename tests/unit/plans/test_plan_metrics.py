import pytest
from plan_fixtures import ALL, VERSIONS, load, only, plan, step

from workbench.plans import Buffers
from workbench.plans.estimates import Misestimate, estimates
from workbench.plans.metrics import Spill, measure, own_buffers


def figures(found, node):
    return measure(found).nodes[node.number]


@pytest.mark.parametrize("name", [name for name in ALL if load(name).root.buffers])
def test_own_pages_add_up_to_those_of_the_root(name):
    found = load(name)
    total = sum(own_buffers(found).values(), Buffers())
    if "cte_writing_unread" in name:  # its pages are touched after the root has ended
        assert total.touched_blocks > found.root.buffers.touched_blocks
    else:
        assert total == found.root.buffers


def test_own_pages_of_an_initplan_are_taken_from_its_host():
    initplan = step("Aggregate", 1, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    initplan |= {"Shared Hit Blocks": 30}
    scan = step("Seq Scan", 2, Filter="((InitPlan 1).col1 = 1)", Shared_Hit_Blocks=50)
    found = plan(step("Limit", 3, initplan, scan, Shared_Hit_Blocks=50))
    assert [each.touched_blocks for each in own_buffers(found).values()] == [0, 30, 20]


@pytest.mark.parametrize(
    ("planned", "rows", "loops", "expected"),
    [
        (10, 1000, 1, Misestimate(100.0, "under")),
        (1000, 10, 1, Misestimate(100.0, "over")),
        (10, 10, 1, Misestimate(1.0, "under")),
        (5, 2.5, 40, Misestimate(2.0, "over")),  # per loop, as the planner thought
        (1, 0.01, 900, Misestimate(1.0, "under")),  # it never estimates less than one
        (200, 0, 3, Misestimate(200.0, "over")),
        (200, 0, 0, None),
    ],
)
def test_misestimate_per_loop_with_its_direction(planned, rows, loops, expected):
    found = plan(step("Seq Scan", 1, loops=loops, Plan_Rows=planned, Actual_Rows=rows))
    assert estimates(found)[0].misestimate == expected


def test_rows_are_totals_over_all_loops():
    found = plan(step("Index Scan", 1, loops=1000, Plan_Rows=3, Actual_Rows=2.5))
    assert estimates(found)[0].planned_rows == 3000
    assert estimates(found)[0].actual_rows == 2500


@pytest.mark.parametrize(
    ("launched", "processes", "divisor"),
    # get_parallel_divisor: two workers and 0.4 of the leader; the leader may be kept out
    [(2, 3, 2.4), (1, 2, 2.4), (0, 1, 2.4), (2, 2, 2.0)],
)
def test_fewer_workers_than_planned_are_no_wrong_estimate(launched, processes, divisor):
    scan = step(
        "Seq Scan",
        1,
        loops=processes,
        Plan_Rows=1000,
        Actual_Rows=1000 * divisor / processes,
        Parallel_Aware=True,
    )
    found = plan(step("Gather", 2, scan, Workers_Planned=2, Workers_Launched=launched))
    estimate = estimates(found)[1]
    assert estimate.planned_rows == pytest.approx(1000 * divisor)
    assert estimate.misestimate.factor == pytest.approx(1.0)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_scan_without_its_workers_is_well_estimated(version):
    found = load(f"{version}/parallel_no_workers")
    assert only(found, "Gather").workers_launched == 0
    scan = only(found, "Seq Scan")
    assert figures(found, scan).misestimate.factor < 1.3


@pytest.mark.parametrize("version", VERSIONS)
def test_a_limit_excuses_the_steps_it_stopped_and_no_others(version):
    found = load(f"{version}/limit_early")
    scan = only(found, "Index Scan", relation="todos")
    assert figures(found, scan).misestimate.cut_short
    assert figures(found, scan).misestimate.direction == "over"
    full = load(f"{version}/window")
    assert not any(e.misestimate.cut_short for e in estimates(full) if e.misestimate)


def test_a_sort_under_a_limit_has_read_everything():
    scan = step("Seq Scan", 2, Plan_Rows=900, Actual_Rows=9)
    sort = step("Sort", 3, scan, Plan_Rows=900, Actual_Rows=5)
    found = plan(step("Limit", 3, sort, Plan_Rows=5, Actual_Rows=5))
    short = [each.misestimate.cut_short for each in estimates(found)]
    assert short == [False, True, False]


def test_a_limit_that_was_not_reached_stopped_nothing():
    scan = step("Seq Scan", 2, Plan_Rows=900, Actual_Rows=4)
    found = plan(step("Limit", 3, scan, Plan_Rows=5, Actual_Rows=4))
    assert not estimates(found)[1].misestimate.cut_short


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "node_type", "kind"),
    [
        ("sort_spill", "Sort", "sort"),
        ("gather_merge_spill", "Sort", "sort"),
        ("hash_batches", "Hash", "hash"),
        ("hashagg_spill", "Aggregate", "aggregate"),
        ("cte_spill", "CTE Scan", "rows"),
    ],
)
def test_spills_are_seen(version, name, node_type, kind):
    found = load(f"{version}/{name}")
    spill = figures(found, only(found, node_type)).spill
    assert spill.kind == kind
    assert spill.disk_kb > 0
    assert (spill.batches > 1) == (kind in ("hash", "aggregate"))


def test_the_spills_of_workers_are_added():
    sort = step("Sort", 1) | {
        "Sort Space Type": "Disk",
        "Sort Space Used": 100,
        "Workers": [
            {"Worker Number": 0, "Sort Space Type": "Disk", "Sort Space Used": 40},
            {"Worker Number": 1, "Sort Space Type": "Memory", "Sort Space Used": 7},
        ],
    }
    assert measure(plan(sort)).nodes[0].spill == Spill("sort", 140)


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_spills_where_memory_is_enough(version):
    for name in ("cte_used_twice", "parallel_hash_join", "merge_join", "window"):
        assert [m.spill for m in measure(load(f"{version}/{name}")).nodes if m.spill] == []


def test_share_of_rows_thrown_away():
    found = plan(step("Seq Scan", 1, loops=10, Actual_Rows=5) | {"Rows Removed by Filter": 15})
    metrics = measure(found).nodes[0]
    assert (metrics.removed_rows, metrics.removed_share) == (150, 0.75)
    assert measure(plan(step("Seq Scan", 1))).nodes[0].removed_share is None


@pytest.mark.parametrize("version", VERSIONS)
def test_never_executed(version):
    found = load(f"{version}/never_executed")
    skipped = [node for node in found.walk() if node.never_executed]
    assert skipped
    for node in skipped:
        metrics = figures(found, node)
        assert (metrics.own_ms, metrics.misestimate, metrics.rows) == (0, None, 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_triggers_are_an_entry_of_their_own(version):
    metrics = measure(load(f"{version}/delete_cascade"))
    triggers_ms = sum(trigger.total_ms for trigger in metrics.plan.triggers)
    assert triggers_ms > metrics.timing.root_ms
    assert metrics.timing.outside_ms > 0.9 * triggers_ms
    assert metrics.slowest.node.node_type in ("ModifyTable", "Index Scan")
