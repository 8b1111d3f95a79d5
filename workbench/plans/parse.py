"""EXPLAIN (FORMAT JSON) of PostgreSQL 12 to 18, read into a Plan; unknown keys are kept."""

import json
from collections.abc import Callable, Container, Iterator, Mapping
from itertools import count
from typing import Any

from workbench.errors import InputError
from workbench.plans.node import Buffers, Node, Plan, Trigger, Worker

TEXTS = {
    "Node Type": "node_type",
    "Parent Relationship": "parent_relationship",
    "Subplan Name": "subplan_name",
    "Schema": "schema",
    "Relation Name": "relation",
    "Alias": "alias",
    "Index Name": "index_name",
    "CTE Name": "cte_name",
    "Function Name": "function_name",
    "Operation": "operation",
    "Join Type": "join_type",
    "Strategy": "strategy",
    "Partial Mode": "partial_mode",
    "Scan Direction": "scan_direction",
    "Sort Method": "sort_method",
    "Sort Space Type": "sort_space_type",
}
NUMBERS = {
    "Startup Cost": "startup_cost",
    "Total Cost": "total_cost",
    "Plan Rows": "plan_rows",
    "Actual Startup Time": "actual_startup_ms",
    "Actual Total Time": "actual_total_ms",
    "Actual Rows": "actual_rows",
}
COUNTS = {
    "Plan Width": "plan_width_bytes",
    "Actual Loops": "loops",
    "Sort Space Used": "sort_space_kb",
    "Hash Batches": "hash_batches",
    "HashAgg Batches": "aggregate_batches",
    "Disk Usage": "disk_usage_kb",
    "Peak Memory Usage": "peak_memory_kb",
    "Heap Fetches": "heap_fetches",
    "Exact Heap Blocks": "exact_heap_blocks",
    "Lossy Heap Blocks": "lossy_heap_blocks",
    "Workers Planned": "workers_planned",
    "Workers Launched": "workers_launched",
}
LISTS = {
    "Sort Key": "sort_key",
    "Presorted Key": "presorted_key",
    "Group Key": "group_key",
    "Output": "output",
}
CONDITIONS = frozenset(
    {
        "Filter",
        "Index Cond",
        "Recheck Cond",
        "Hash Cond",
        "Merge Cond",
        "Join Filter",
        "TID Cond",
        "One-Time Filter",
        "Order By",
        "Run Condition",
        "Conflict Filter",
    }
)
REMOVED = {
    "Rows Removed by Filter": "Filter",
    "Rows Removed by Join Filter": "Join Filter",
    "Rows Removed by Index Recheck": "Recheck Cond",
    "Rows Removed by Conflict Filter": "Conflict Filter",
}
BUFFERS = {
    f"{kind} {what} Blocks": f"{kind}_{what}_blocks".lower()
    for kind, what in [
        *((kind, what) for kind in ("Shared", "Local") for what in ("Hit", "Read")),
        *((kind, what) for kind in ("Shared", "Local") for what in ("Dirtied", "Written")),
        ("Temp", "Read"),
        ("Temp", "Written"),
    ]
}
REMEDY = "make it with EXPLAIN (FORMAT JSON), and with psql -XAt so that nothing is added"


def _number(rest: dict[str, Any], key: str) -> float:
    value = rest.pop(key)
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if not known or not abs(value) < LARGEST:
        raise InputError(f"the plan's {key} is {value!r}, which is not a number to count with")
    return float(value)


def _count(rest: dict[str, Any], key: str) -> int:
    return int(_number(rest, key))


def _text(rest: dict[str, Any], key: str) -> str:
    value = rest.pop(key)
    if not isinstance(value, str):
        raise InputError(f"the plan's {key} is {value!r}, which is not a text")
    return value


def _texts(rest: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(each) for each in _list(rest.pop(key), key))


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"the plan's {what} is {value!r}, which is not a list")
    return value


LARGEST = 1e300

Reader = Callable[[dict[str, Any], str], object]
SIMPLE: dict[str, tuple[str, Reader]] = {
    **{key: (name, _text) for key, name in TEXTS.items()},
    **{key: (name, _number) for key, name in NUMBERS.items()},
    **{key: (name, _count) for key, name in COUNTS.items()},
    **{key: (name, _texts) for key, name in LISTS.items()},
}
ALL = frozenset(name for name, _ in SIMPLE.values())
WORKER = frozenset(
    {
        *("actual_startup_ms", "actual_total_ms", "actual_rows", "loops"),
        *("sort_method", "sort_space_kb", "sort_space_type"),
    }
)


def parse(source: object) -> Plan:
    """The plan in EXPLAIN's JSON, given as text or already decoded; raises InputError."""
    whole = _single(_decoded(source))
    plan = _mapping(whole.get("Plan"), "the plan")
    rest = dict(whole)
    rest.pop("Plan")
    triggers = rest.pop("Triggers", [])
    jit = rest.pop("JIT", None)
    planning = rest.pop("Planning", None)
    try:
        root = _node(plan, count())
    except RecursionError:
        raise InputError("the plan is nested too deeply to be read") from None
    return Plan(
        root=root,
        planning_ms=_number(rest, "Planning Time") if "Planning Time" in rest else None,
        execution_ms=_number(rest, "Execution Time") if "Execution Time" in rest else None,
        planning_buffers=None if planning is None else _buffers(_mapping(planning, "Planning")),
        triggers=tuple(_trigger(each) for each in _list(triggers, "Triggers")),
        jit=None if jit is None else _mapping(jit, "JIT"),
        settings=_mapping(rest.pop("Settings", {}), "Settings"),
        extra=rest,
        source=whole,
    )


def _decoded(source: object) -> object:
    if isinstance(source, bytes):
        source = source.decode("utf-8", errors="replace")
    if not isinstance(source, str):
        return source
    text = source.strip().lstrip("\ufeff")
    if not text:
        raise InputError(f"there is no plan: the text is empty; {REMEDY}")
    if text[0] not in "[{":
        raise InputError(f"this is not a plan in JSON, it begins {text[:30]!r}; {REMEDY}")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"the plan's JSON ends or breaks at {where}: {error.msg}") from None
    except RecursionError:
        raise InputError("the plan is nested too deeply to be read") from None


def _single(decoded: object) -> dict[str, Any]:
    """The one object of EXPLAIN's list; the rules of a table can make it several, or none."""
    plans = decoded if isinstance(decoded, list) else [decoded]
    if len(plans) != 1:
        found = f"{len(plans)} plans" if plans else "no plan"
        raise InputError(f"one plan is wanted and there is {found}; pass them one by one")
    if not isinstance(plans[0], Mapping) or "Plan" not in plans[0]:
        raise InputError(f"this is not EXPLAIN's JSON, it has no Plan; {REMEDY}")
    return dict(plans[0])


def _node(raw: Mapping[str, Any], numbers: Iterator[int]) -> Node:
    number = next(numbers)
    rest = dict(raw)
    given = _typed(rest)
    if not given.get("node_type"):
        raise InputError(f"a step of the plan has no Node Type; {REMEDY}")
    return Node(
        number=number,
        parallel_aware=bool(rest.pop("Parallel Aware", False)),
        conditions={key: _condition(rest, key) for key in raw if key in CONDITIONS},
        removed={name: _number(rest, key) for key, name in REMOVED.items() if key in rest},
        buffers=_buffers(rest),
        workers=tuple(_worker(each) for each in _list(rest.pop("Workers", []), "Workers")),
        children=tuple(
            _node(_mapping(each, "Plans"), numbers)
            for each in _list(rest.pop("Plans", []), "Plans")
        ),
        extra=rest,
        **given,
    )


def _typed(rest: dict[str, Any], wanted: Container[str] = ALL) -> dict[str, Any]:
    """The values of all ``wanted`` simple fields that are there, taken out of ``rest``."""
    given: dict[str, Any] = {}
    for key in rest.keys() & SIMPLE.keys():
        name, read = SIMPLE[key]
        if name in wanted:
            given[name] = read(rest, key)
    return given


def _condition(rest: dict[str, Any], key: str) -> str:
    """An expression; "Order By" of an index scan is one too, though some print it as a list."""
    return ", ".join(_texts(rest, key)) if isinstance(rest[key], list) else _text(rest, key)


def _worker(raw: object) -> Worker:
    rest = dict(_mapping(raw, "Workers"))
    number = _count(rest, "Worker Number") if "Worker Number" in rest else 0
    given = _typed(rest, WORKER)
    return Worker(number=number, buffers=_buffers(rest), extra=rest, **given)


def _trigger(raw: object) -> Trigger:
    rest = dict(_mapping(raw, "Triggers"))
    return Trigger(
        name=_text(rest, "Trigger Name") if "Trigger Name" in rest else "",
        relation=_text(rest, "Relation") if "Relation" in rest else "",
        calls=_count(rest, "Calls") if "Calls" in rest else 0,
        total_ms=_number(rest, "Time") if "Time" in rest else None,
        constraint=_text(rest, "Constraint Name") if "Constraint Name" in rest else None,
        extra=rest,
    )


def _buffers(rest: dict[str, Any]) -> Buffers | None:
    """The page counts in ``rest``, taken out of it; None when there are none."""
    found = {BUFFERS[key]: _count(rest, key) for key in rest.keys() & BUFFERS.keys()}
    return Buffers(**found) if found else None


def _mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"{what} is {value!r}, which is not a JSON object")
    return dict(value)
