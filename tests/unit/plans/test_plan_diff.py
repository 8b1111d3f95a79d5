import pytest
from plan_fixtures import ALL, load, plan, step

from workbench.plans.diff import diff


def scan(kind, relation="todos", ms=1.0, children=(), **keys):
    return step(kind, ms, *children, Relation_Name=relation, Alias=relation, **keys)


def words(before, after):
    return diff(plan(before), plan(after)).changes


def test_a_scan_that_uses_an_index_now_and_a_sort_that_is_gone():
    before = step("Limit", 9, step("Sort", 8, scan("Seq Scan"), Sort_Key=["created_at"]))
    after = step("Limit", 1, scan("Index Scan", Index_Name="todos_open_idx"))
    assert words(before, after) == (
        "Seq Scan on todos → Index Scan using todos_open_idx on todos",
        "Sort disappeared",
    )


def test_another_index():
    before = scan("Index Scan", Index_Name="a", Index_Cond="(x = 1)")
    after = scan("Index Scan", Index_Name="b", Index_Cond="(x = 1)")
    assert words(before, after) == ("Index Scan using a on todos → Index Scan using b on todos",)


def test_a_bitmap_scan_is_one_thing_and_its_condition_has_moved():
    index = step("Bitmap Index Scan", 1, Index_Name="todos_user", Index_Cond="(user_id = 5)")
    before = scan("Seq Scan", Filter="(user_id = 5)")
    after = scan("Bitmap Heap Scan", children=[index], Recheck_Cond="(user_id = 5)")
    assert words(before, after) == (
        "Seq Scan on todos → Bitmap Scan using todos_user on todos",
        "filter (user_id = 5) is now index cond",
    )


def test_another_way_to_join_the_same_tables():
    inner = {"Parent Relationship": "Inner"}
    before = step(
        "Hash Join", 9, scan("Seq Scan"), step("Hash", 2, scan("Seq Scan", "users")) | inner
    )
    after = step("Nested Loop", 9, scan("Seq Scan", "users"), scan("Seq Scan") | inner)
    assert words(before, after) == ("Hash Join of todos, users → Nested Loop of todos, users",)


def test_the_same_plan_has_no_changes_whatever_it_cost():
    before, after = scan("Seq Scan", Total_Cost=10.0), scan("Seq Scan", Total_Cost=30.0, ms=7.0)
    result = diff(plan(before), plan(after))
    assert result.changes == ()
    (pair,) = result.pairs
    assert (pair.kind, pair.cost, pair.own_ms) == ("same", 20.0, 6.0)
    assert result.cost == (10.0, 30.0)


def test_only_another_order():
    one, other = scan("Seq Scan", "a"), scan("Seq Scan", "b")
    result = diff(plan(step("Append", 3, one, other)), plan(step("Append", 3, other, one)))
    assert result.changes == ("the same steps, with other conditions or in another order",)


def test_the_same_table_twice_is_told_apart_by_its_alias():
    def both(first, second):
        one = scan(first) | {"Alias": "a"}
        return step("Nested Loop", 5, one, scan(second) | {"Alias": "b"})

    assert words(both("Seq Scan", "Seq Scan"), both("Seq Scan", "Tid Scan")) == (
        "Seq Scan on todos b → Tid Scan on todos b",
    )


def test_pages_of_each_step():
    before = scan("Seq Scan", Shared_Hit_Blocks=100, Shared_Read_Blocks=20)
    after = scan("Index Scan", Shared_Hit_Blocks=4, Index_Name="i")
    result = diff(plan(before), plan(after))
    assert result.touched_blocks == (120, 4)
    assert result.pairs[0].touched_blocks == -116


@pytest.mark.parametrize("name", ALL)
def test_a_plan_is_the_same_as_itself(name):
    found = load(name)
    result = diff(found, found)
    assert result.changes == ()
    assert {pair.kind for pair in result.pairs} == {"same"}
    assert len(result.pairs) == len(list(found.walk()))


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("15/")])
def test_every_step_of_two_versions_is_in_exactly_one_pair(name):
    before, after = load(name), load(name.replace("15/", "18/"))
    pairs = diff(before, after).pairs
    assert sorted(p.before.number for p in pairs if p.before) == [n.number for n in before.walk()]
    assert sorted(p.after.number for p in pairs if p.after) == [n.number for n in after.walk()]


def test_real_plans_without_and_with_workers():
    changes = diff(load("18/sort_spill"), load("18/gather_merge_spill")).changes
    assert "Seq Scan on todos → Parallel Seq Scan on todos" in changes
    assert "Gather Merge appeared" in changes
