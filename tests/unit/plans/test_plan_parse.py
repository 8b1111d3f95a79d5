import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_fixtures import ALL, FOLDER, VERSIONS, load, only

from workbench.errors import InputError
from workbench.plans import Buffers
from workbench.plans.parse import parse


@pytest.mark.parametrize("name", ALL)
def test_every_key_of_every_fixture_is_kept(name):
    raw = json.loads((FOLDER / f"{name}.json").read_text())
    found = parse(raw)
    assert found.to_json() == raw
    assert parse(found.to_json()) == found
    steps = list(found.walk())
    assert [node.number for node in steps] == list(range(len(steps)))
    for node, source in zip(steps, _walk(raw[0]["Plan"]), strict=True):
        values = set(map(repr, _leaves(node)))
        missing = [k for k, v in source.items() if k != "Plans" and not _is_kept(k, v, values)]
        assert missing == []


def _walk(raw):
    yield raw
    for child in raw.get("Plans", []):
        yield from _walk(child)


def _leaves(node):
    """All that a node holds, its own nested values too, without its children."""
    for name in node.__dataclass_fields__:
        if name != "children":
            yield from _flat(getattr(node, name))


def _flat(value):
    yield value
    if isinstance(value, dict):
        for each in value.values():
            yield from _flat(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _flat(getattr(value, name))


def _is_kept(key, value, values):
    if key == "Workers":
        return all(_is_kept(k, v, values) for each in value for k, v in each.items())
    forms = {repr(value), repr(tuple(value)) if isinstance(value, list) else "-"}
    if isinstance(value, int | float) and not isinstance(value, bool):
        forms.add(repr(float(value)))
    return bool(forms & values)


@pytest.mark.parametrize("version", VERSIONS)
def test_fields_of_an_index_scan(version):
    node = only(load(f"{version}/index_only_heap_fetches"), "Index Only Scan")
    assert (node.relation, node.alias, node.index_name) == ("todos", "todos", "todos_user_id")
    assert node.conditions["Index Cond"] == "((user_id >= 5) AND (user_id <= 90))"
    assert node.heap_fetches > 0
    assert node.buffers.touched_blocks > 0
    assert "Heap Fetches" not in node.extra


@pytest.mark.parametrize("version", VERSIONS)
def test_workers_are_counted_and_detailed(version):
    found = load(f"{version}/parallel_hash_join_verbose")
    gather = next(n for n in found.walk() if n.workers_planned)
    assert (gather.workers_planned, gather.workers_launched) == (2, 2)
    scan = only(found, "Seq Scan", relation="todos")
    assert {worker.number for worker in scan.workers} <= {0, 1}
    assert scan.workers
    assert all(worker.loops == 1 and worker.buffers is not None for worker in scan.workers)
    assert scan.schema == "public"
    assert scan.output


def test_fractional_rows_of_18():
    counts = [node.actual_rows for name in ALL if name[:2] == "18" for node in load(name).walk()]
    assert any(rows is not None and rows != int(rows) for rows in counts)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_whole(version):
    found = load(f"{version}/insert_triggers")
    assert {t.name for t in found.triggers} >= {"todos_before", "todos_after"}
    assert all(t.calls == 500 and t.total_ms > 0 for t in found.triggers)
    assert found.tables == ("todos",)
    assert found.analyzed
    assert found.timed
    assert load(f"{version}/settings").settings["work_mem"] == "8MB"
    assert load(f"{version}/costs_off").cost is None
    estimate = load(f"{version}/estimate_only")
    assert not estimate.analyzed
    assert estimate.cost > 0
    assert estimate.execution_ms is None
    without = load(f"{version}/timing_off")
    assert without.analyzed
    assert not without.timed


def test_jit_time_is_an_entry_of_its_own():
    assert load("15/jit").jit_ms > 0
    assert load("18/jit").jit_ms is None  # the wheel's binaries have no JIT


def test_auto_explain_gives_an_object_with_the_query_text():
    found = parse({"Query Text": "SELECT 1", "Plan": {"Node Type": "Result"}})
    assert found.extra == {"Query Text": "SELECT 1"}
    assert found.root.node_type == "Result"


def test_a_key_from_the_future_is_kept():
    found = parse([{"Plan": {"Node Type": "Warp Scan", "Flux": [1, {"a": 2}]}, "Omens": 3}])
    assert found.root.extra == {"Flux": [1, {"a": 2}]}
    assert found.extra == {"Omens": 3}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("Seq Scan on todos  (cost=0.00..35.50 rows=2550 width=4)", "begins 'Seq Scan"),
        ("                QUERY PLAN\n-----------", "begins 'QUERY PLAN"),
        ("- Plan:\n    Node Type: Result", "EXPLAIN (FORMAT JSON)"),
        ('[{"Plan": {"Node Type": "Result", ', "ends or breaks at line 1"),
        ("[]", "no plan"),
        ('[{"Plan": {"Node Type": "Result"}}, {"Plan": {"Node Type": "Result"}}]', "2 plans"),
        ("[1]", "no Plan"),
        ('{"a": 1}', "no Plan"),
        ('["Utility Statement"]', "no Plan"),
        ('[{"Plan": 7}]', "not a JSON object"),
        ('[{"Plan": {}}]', "no Node Type"),
        ('[{"Plan": {"Node Type": 7}}]', "Node Type is 7"),
        ('[{"Plan": {"Node Type": "Result", "Total Cost": "much"}}]', "Total Cost is 'much'"),
        ('[{"Plan": {"Node Type": "Result", "Plans": {}}}]', "Plans is {}"),
        ('[{"Plan": {"Node Type": "Result", "Actual Rows": NaN}}]', "Actual Rows is nan"),
        ('[{"Plan": {"Node Type": "Result", "Actual Loops": Infinity}}]', "Actual Loops is inf"),
        ('[{"Plan": {"Node Type": "Result", "Plan Rows": 1%s}}]' % ("0" * 400), "Plan Rows is 1"),
        (None, "no Plan"),
        (b"\xff\xfe", "not a plan in JSON"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(source, says):
    with pytest.raises(InputError) as caught:
        parse(source)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_nested_beyond_reason_is_refused():
    text = '{"Node Type": "Result", "Plans": [' * 3000 + "]}" * 3000
    with pytest.raises(InputError, match="too deeply"):
        parse('[{"Plan": ' + text + "}]")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["Plan", "Plans", "Node Type", "Workers", "Actual Rows", "Triggers"]),
            inner,
        )
    ),
)


@given(JSON)
def test_any_json_is_a_plan_or_an_input_error(value):
    try:
        found = parse([{"Plan": value}])
    except InputError:
        return
    assert found.root.node_type


@given(st.text())
def test_any_text_is_an_input_error(text):
    with pytest.raises(InputError):
        parse(text)


def test_buffers_add_and_subtract():
    one = Buffers(shared_hit_blocks=3, local_read_blocks=2, temp_written_blocks=1)
    assert (one + one).touched_blocks == 10
    assert one.minus(Buffers(shared_hit_blocks=5)) == Buffers(
        local_read_blocks=2, temp_written_blocks=1
    )


def test_equal_plans_have_equal_hashes():
    one, other = load("18/jit"), load("18/jit")
    assert len({one, other, load("18/seq_scan")}) == 2
