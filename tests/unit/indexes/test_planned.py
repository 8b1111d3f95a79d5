"""What plans of several PostgreSQL versions say about their tables."""

import re
from pathlib import Path

import pytest

from workbench.indexes.planned import enriched, planned
from workbench.plans.node import Plan
from workbench.plans.parse import parse
from workbench.workload.schema import Catalog, Column, Table, TableName
from workbench.workload.uses import Condition, SortKey, TableUse

FOLDER = Path(__file__).parents[1] / "plans" / "fixtures"
STORED = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.json"))
SCAN = {"Node Type": "Seq Scan", "Schema": "public", "Relation Name": "t", "Alias": "t"}


def catalog(plan: Plan) -> Catalog:
    """The tables of a plan; every word of its JSON may be a column."""
    words = set(re.findall(r"[a-z_]\w*", str(plan.to_json())))
    columns = {word: Column(word, "text") for word in words}
    names = {TableName(n.schema or "public", n.relation) for n in plan.walk() if n.relation}
    return Catalog({name: Table(name, "r", 1000, 10**6, columns) for name in names})


def read(root: dict, values: tuple[str, ...] = ()) -> tuple[TableUse, ...]:
    plan = parse([{"Plan": root}])
    return planned(plan, catalog(plan), values=values)


@pytest.mark.parametrize("name", STORED)
def test_every_stored_plan_can_be_read(name: str) -> None:
    plan = parse((FOLDER / name).read_text(encoding="utf-8"))
    scanned = {node.relation for node in plan.walk() if node.relation and not node.operation}
    assert {use.table.name for use in planned(plan, catalog(plan))} == scanned


def test_a_filter() -> None:
    text = "((t.a = 3) AND (t.b IS NULL) AND (NOT t.c) AND ((t.d)::text ~~ 'x%'::text))"
    (use,) = read(SCAN | {"Filter": text, "Output": ["a", "e"]})
    assert [(c.column, c.kind, c.constant, c.operator) for c in use.conditions] == [
        ("a", "equality", "3", ""),
        ("b", "is_null", None, ""),
        ("c", "equality", "false", ""),
        ("d", "other", "'x%'", "LIKE"),
    ]
    assert use.outputs == ("a", "e")


@pytest.mark.parametrize(
    ("text", "kind", "constant"),
    [
        ("(t.a = ANY ('{x,y}'::text[]))", "in", "('x', 'y')"),
        ("(t.a <> ALL ('{x,y}'::text[]))", "unequal", "('x', 'y')"),
        ("(t.a = (InitPlan 1).col1)", "equality", None),
        ("(t.a = $0)", "equality", None),
        ("(ROW(t.a, t.b) < ROW('x'::text, 'y'::text))", "range", "'x'"),
        ("(t.a = lower('X'::text))", "equality", None),
        ("('x'::text = t.a)", "equality", "'x'"),
    ],
)
def test_constants(text: str, kind: str, constant: str | None) -> None:
    (use,) = read(SCAN | {"Filter": text})
    assert [(c.column, c.kind, c.constant) for c in use.conditions] == [("a", kind, constant)]


@pytest.mark.parametrize(
    "text",
    [
        "(hashed SubPlan 1)",
        "(x.a = 3)",
        "(t.a ~>=~ 'x'::text)",
    ],
)
def test_what_no_index_serves(text: str) -> None:
    (use,) = read(SCAN | {"Filter": text})
    assert use.conditions == ()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("(t.a = t.b)", "a = b"),
        ("(t.a < t.b)", "a < b"),
        ("(t.b > t.a)", "a < b"),
        ("(t.a !~~ 'x%'::text)", "a NOT LIKE 'x%'"),
        ("(t.a !~~* '%x'::text)", "a NOT ILIKE '%x'"),
        ("((t.a)::text !~ 'x'::text)", "a !~ 'x'"),
    ],
)
def test_a_condition_that_only_a_predicate_can_hold(text: str, whole: str) -> None:
    (use,) = read(SCAN | {"Filter": text})
    assert [(c.kind, c.expression, c.column) for c in use.conditions] == [("residual", whole, None)]


@pytest.mark.parametrize("text", ["(t.a !~~ 'x%'::text)", "(t.a !~~ $1)", "(t.a !~~ x.b)"])
def test_a_parameter_never_makes_a_predicate(text: str) -> None:
    (use,) = read(SCAN | {"Filter": text}, ("x%",))
    assert use.conditions == ()


def test_a_join_counts_lookups_and_knows_its_partner() -> None:
    other = SCAN | {"Relation Name": "u", "Alias": "u", "Parent Relationship": "Outer"}
    join = {"Node Type": "Hash Join", "Hash Cond": "((u.a = t.b) AND (u.c = t.d))"}
    inner = SCAN | {"Parent Relationship": "Inner", "Plan Rows": 7}
    uses = {u.alias: u for u in read(join | {"Plans": [other | {"Plan Rows": 900}, inner]})}
    assert [(c.column, c.kind, c.partner) for c in uses["t"].conditions] == [
        ("b", "join", "u"),
        ("d", "join", "u"),
    ]
    assert (uses["t"].lookups, uses["u"].lookups) == (900, 7)


def test_the_text_is_completed_and_its_expressions_are_as_postgres_prints_them() -> None:
    own = TableUse(
        TableName("public", "t"),
        (Condition("(CAST(a AS INT))", None, "equality", "3", columns=("a",)),),
        sort=(SortKey("b", True, True),),
        alias="t",
    )
    filtered = SCAN | {"Filter": "(((t.a)::integer = 3) AND (t.c = 'own'::text))"}
    plan = parse([{"Plan": filtered}])
    (use,) = enriched([own], plan, catalog(plan))
    assert [c.expression for c in use.conditions] == ["((a)::integer)", "c"]
    assert use.sort == own.sort


def test_sorts() -> None:
    sort = {"Node Type": "Sort", "Sort Key": ["t.a DESC NULLS LAST", "lower(t.b)", "t.c USING >"]}
    limit = {"Node Type": "Limit", "Plans": [sort | {"Plans": [SCAN]}]}
    (use,) = read(limit)
    assert use.limited
    assert [(k.expression, k.descending, k.nulls_first) for k in use.sort] == [
        ("a", True, False),
        ("(lower(b))", False, False),
        ("c", True, True),
    ]
