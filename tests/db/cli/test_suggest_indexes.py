"""The main job from a user's shell: what it prints in each form, and that its limits hold."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from shell import SMALL, Shell

from workbench import datasets
from workbench.db import fetch_all, fetch_value
from workbench.servers import binaries
from workbench.session import Database, open_server

OPEN = """
-- name: urgent
-- weight: 120
SELECT id, title FROM todos WHERE NOT completed AND priority = 'urgent';
-- name: day
SELECT count(*) FROM todos WHERE created_at >= timestamptz '2025-11-03 00:00:00+00'
AND created_at < timestamptz '2025-11-04 00:00:00+00';
"""
BROKEN = "-- name: broken\nSELECT colour FROM todos;\n"

NUMBER, COUNT, MAYBE = (int, float), int, (int, float, type(None))
TIMING = {
    "cost": NUMBER,
    "median_ms": MAYBE,
    "ci_ms": (list, type(None)),
    "cpu_ms": MAYBE,
    "buffers": (int, type(None)),
    "runs": COUNT,
    "plan": (dict, type(None)),
}
QUERY = {
    "name": str,
    "sql": str,
    "weight": float,
    "status": str,
    "reason": (str, type(None)),
    "parameters": (dict, type(None)),
    "before": (dict, type(None)),
    "after": (dict, type(None)),
    "speedup": MAYBE,
    "speedup_ci": (list, type(None)),
}
INDEX = {
    "ddl": str,
    "name": str,
    "schema": str,
    "table": str,
    "method": str,
    "columns": [str],
    "include": [str],
    "predicate": (str, type(None)),
    "size_bytes": COUNT,
    "build_ms": MAYBE,
    "used_by": [str],
    "why": str,
    "write_price": (dict, type(None)),
    "verdict": str,
}
ANSWER = {
    "format": str,
    "server": {"kind": str, "version": str, "settings": dict, "extensions": [str]},
    "dataset": {"name": str, "scale": str, "rows": dict},
    "workload": {
        "before_cost": NUMBER,
        "after_cost": NUMBER,
        "before_ms": MAYBE,
        "after_ms": MAYBE,
        "speedup": MAYBE,
        "index_bytes": COUNT,
        "heap_bytes": COUNT,
    },
    "queries": [QUERY],
    "indexes": [INDEX],
    "rejected": [{"ddl": str, "reason": str, "cost_saving": MAYBE}],
    "search": {"candidates": COUNT, "plans_asked": COUNT, "seconds": NUMBER, "bound": MAYBE},
}


def conforms(value: Any, shape: Any, where: str = "") -> None:
    """Fails where a field is missing or has another type; more fields are fine."""
    if isinstance(shape, dict):
        for name, inner in shape.items():
            assert name in value, f"{where} has no {name}"
            conforms(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, each in enumerate(value):
            conforms(each, shape[0], f"{where}[{number}]")
    else:
        assert isinstance(value, shape), f"{where} is {value!r}"


def strictly(text: str) -> dict[str, Any]:
    """JSON as other languages read it: without NaN and Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def answer(workbench: Shell, *words: str) -> dict[str, Any]:
    return strictly(workbench("suggest-indexes", *SMALL, *words, "--format", "json").out)


@pytest.mark.parametrize(
    "kind", ["embedded", pytest.param("container", marks=pytest.mark.container)]
)
def test_json_holds_every_field_of_the_contract(workbench: Shell, kind: str) -> None:
    file = workbench.file(OPEN + BROKEN)
    words = ("suggest-indexes", file, "--server", kind, "--scale", "5000", "--format", "json")
    done = workbench(*words)
    found = strictly(done.out)
    conforms(found, ANSWER)
    assert found["format"] == "workbench.suggestions/1"
    assert found["server"]["kind"] == kind
    assert found["dataset"] == {"name": "todos", "scale": "5000", "rows": {"todos": 5000}}
    assert [query["name"] for query in found["queries"]] == ["urgent", "day", "broken"]
    assert [query["weight"] for query in found["queries"]] == [120.0, 1.0, 1.0]
    for query in found["queries"][:2]:
        conforms(query["before"], TIMING)
        conforms(query["after"], TIMING)
        assert query["status"] == "improved"
        low, high = query["speedup_ci"]
        assert 1 < low <= query["speedup"] <= high
        for arm in (query["before"], query["after"]):
            assert arm["ci_ms"][0] <= arm["median_ms"] <= arm["ci_ms"][1]
            assert arm["runs"] >= 5
            assert arm["plan"]["Plan"]["Node Type"]
    broken = found["queries"][2]
    assert broken["status"] == "failed"
    assert 'column "colour" does not exist' in broken["reason"]
    assert broken["before"] is broken["after"] is broken["speedup"] is None
    assert "broken" in done.line
    check_indexes(found)


def check_indexes(found: dict[str, Any]) -> None:
    names = {query["name"] for query in found["queries"]}
    assert found["indexes"]
    for index in found["indexes"]:
        assert (index["schema"], index["table"]) == ("public", "todos")
        assert index["verdict"] == "proven"
        assert index["used_by"]
        assert names.issuperset(index["used_by"])
        assert index["size_bytes"] > 0
        assert index["build_ms"] > 0
        assert index["ddl"].startswith(f"CREATE INDEX {index['name']} ON ")
        for column in index["columns"]:
            assert column in index["ddl"]
    sizes = sum(index["size_bytes"] for index in found["indexes"])
    assert found["workload"]["index_bytes"] == sizes
    assert not {i["ddl"] for i in found["indexes"]} & {r["ddl"] for r in found["rejected"]}
    assert all(each["reason"] for each in found["rejected"])


def test_what_was_not_measured_is_null(workbench: Shell) -> None:
    found = answer(workbench, workbench.file(OPEN), "--no-measure")
    conforms(found, ANSWER)
    assert found["workload"]["before_ms"] is found["workload"]["speedup"] is None
    assert found["workload"]["after_cost"] < found["workload"]["before_cost"]
    assert {index["verdict"] for index in found["indexes"]} == {"estimated"}
    for query in found["queries"]:
        for arm in (query["before"], query["after"]):
            assert arm["cost"] > 0
            assert arm["runs"] == 0
            names = ("median_ms", "ci_ms", "cpu_ms", "buffers")
            assert [arm[name] for name in names] == [None] * 4
        assert query["speedup"] is query["speedup_ci"] is None


def test_the_script_runs_as_it_is_within_the_budget_and_takes_itself_back(
    workbench: Shell,
) -> None:
    words = ("suggest-indexes", workbench.file(OPEN), "--budget", "15%", "--output", "set.sql")
    assert workbench(*words, "--format", "sql", *SMALL).out == ""
    script = (workbench.folder / "set.sql").read_text()
    create, _, back = script.partition("-- To take it back:\n")
    with open_server("embedded") as server:
        db = server.load("todos", 5000)
        before = schema(db)
        psql(db, create)
        added = schema(db) - before
        assert added
        names = [name for name, _ in added]
        total = fetch_value(
            db.connection, "SELECT sum(pg_relation_size(n::regclass)) FROM unnest($1::text[]) n",
            [names],
        )  # fmt: skip
        heap = fetch_value(db.connection, "SELECT pg_relation_size('todos')")
        assert total <= 0.15 * heap
        psql(db, back.replace("-- DROP", "DROP"))
        assert schema(db) == before


def schema(db: Database) -> set[tuple[str, str]]:
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return set(fetch_all(db.connection, query))


def psql(db: Database, script: str) -> None:
    command, variables = binaries.psql(db.conninfo)
    words = [*command, "-X", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    subprocess.run(words, input=script, env=variables, text=True, check=True, capture_output=True)


@pytest.mark.parametrize(("budget", "bytes_"), [("0", 0), ("0.08MB", 83_886), ("8%", 64_225)])
def test_a_budget_is_a_limit(workbench: Shell, budget: str, bytes_: int) -> None:
    found = answer(workbench, workbench.file(OPEN), "--budget", budget, "--no-measure")
    assert sum(index["size_bytes"] for index in found["indexes"]) <= bytes_
    assert bool(found["indexes"]) == bool(bytes_)
    assert any("of the budget are left" in each["reason"] for each in found["rejected"])


def test_number_and_kinds_are_limits(workbench: Shell) -> None:
    file = workbench.file(OPEN)
    one = answer(workbench, file, "--max-indexes", "1", "--no-measure")
    assert len(one["indexes"]) == 1
    assert "urgent" in one["indexes"][0]["used_by"]  # it has the weight
    none = answer(workbench, file, "--max-indexes", "0", "--no-measure")
    assert none["indexes"] == []
    assert not partial_ones(answer(workbench, file, "--kinds", "btree", "--no-measure"))
    assert partial_ones(answer(workbench, file, "--kinds", "btree,partial", "--no-measure"))


def partial_ones(found: dict[str, Any]) -> list[str]:
    """The partial indexes that were considered."""
    every = [each["ddl"] for each in (*found["indexes"], *found["rejected"])]
    assert every
    return [ddl for ddl in every if " WHERE " in ddl]


def test_nothing_to_suggest_is_success(workbench: Shell) -> None:
    file = workbench.file("SELECT title FROM todos WHERE id = 7")
    assert "Nothing is worth suggesting" in workbench("suggest-indexes", file, *SMALL).out
    script = workbench("suggest-indexes", file, *SMALL, "--format", "sql", "--no-measure").out
    assert all(line.startswith("--") for line in script.splitlines())


def test_several_files_and_standard_input(workbench: Shell) -> None:
    one = workbench.file("SELECT * FROM todos WHERE priority = 'urgent';", "one.sql")
    two = workbench.file("SELECT * FROM todos WHERE priority = 'high'; TABLE todos;", "two.sql")
    words = (one, "-", two, *SMALL, "--format", "json", "--no-measure", "--seed", "3")
    done = workbench("suggest-indexes", *words, stdin="SELECT max(created_at) FROM todos")
    names = [query["name"] for query in strictly(done.out)["queries"]]
    assert names == ["one", "1", "two", "two_2"]


PARAMETERS = """
-- name: native
-- param: 1=urgent
SELECT count(*) FROM todos WHERE priority = $1 AND NOT completed;
-- name: colon
-- param: p='high'
SELECT count(*) FROM todos WHERE priority = :p AND created_at::date > '2020-01-01';
-- name: percent
SELECT count(*) FROM todos WHERE priority = %s AND title LIKE '100%%';
-- name: keyword
SELECT id FROM todos WHERE id = %(id)s;
"""


def test_parameters_in_every_style_and_the_values_that_were_used(workbench: Shell) -> None:
    file = workbench.file(PARAMETERS)
    found = answer(workbench, file, "--no-measure")
    used = {query["name"]: query["parameters"] for query in found["queries"]}
    assert used["native"] == {"1": "urgent"}
    assert used["colon"] == {"p": "high"}
    assert used["percent [common]"] == {"1": "medium"}
    assert used["percent [rare]"] == {"1": "urgent"}
    assert used["percent [absent]"]["1"] not in ("low", "medium", "high", "urgent")
    assert 1 <= int(used["keyword [common]"]["id"]) <= 5000
    written = [query["sql"] for query in found["queries"] if query["name"].startswith("percent")]
    assert set(written) == {"SELECT count(*) FROM todos WHERE priority = %s AND title LIKE '100%%'"}
    shown = workbench("suggest-indexes", file, *SMALL, "--no-measure").out
    assert "percent [common] was tried with 1 = medium" in shown


def test_the_dataset_is_that_of_the_tables_or_the_one_that_is_named(
    workbench: Shell, tmp_path: Path
) -> None:
    reviews = workbench.file("SELECT count(*) FROM reviews WHERE state = 'approved'")
    found = answer(workbench, reviews, "--no-measure", "--scale", "2000")
    assert found["dataset"]["name"] == "prmetrics"
    copy = tmp_path / "my to-dos"
    shutil.copytree(datasets.open("todos").folder, copy)
    words = ("--scale", "300", "--no-measure", "--dataset")
    file = workbench.file("SELECT 1", "no_table.sql")
    assert answer(workbench, file, *words, "my to-dos")["dataset"]["rows"] == {"todos": 300}
    assert answer(workbench, file, *words, "todos")["dataset"]["name"] == "todos"
    assert answer(workbench, file, "--no-measure")["dataset"] is None


def test_an_output_file_is_whole_or_as_it_was(workbench: Shell) -> None:
    good, bad = workbench.file(OPEN, "good.sql"), workbench.file(BROKEN, "bad.sql")
    words = ("suggest-indexes", "--format", "sql", "--no-measure", *SMALL, "--output")
    target = workbench.folder / "real.sql"
    target.write_text("as it was")
    (workbench.folder / "link.sql").symlink_to("real.sql")
    assert 'column "colour" does not exist' in workbench(*words, "link.sql", bad, status=1).line
    assert target.read_text() == "as it was"
    workbench(*words, "link.sql", good)
    assert "CREATE INDEX CONCURRENTLY" in target.read_text()
    assert (workbench.folder / "link.sql").is_symlink()
    line = workbench(*words, "/dev/full", good, status=1).line
    assert line == "cannot write /dev/full: No space left on device"
    line = workbench(*words, "nowhere/set.sql", good, status=1).line
    assert "nowhere/set.sql" in line
    assert "there is no directory" in line
    left = {path.name for path in workbench.folder.iterdir()}
    assert left == {"good.sql", "bad.sql", "real.sql", "link.sql"}


def test_a_table_in_a_file_is_plain_and_its_statements_are_whole_lines(workbench: Shell) -> None:
    words = ("suggest-indexes", workbench.file(OPEN), *SMALL, "--no-measure", "--output", "a.txt")
    assert workbench(*words).out == ""
    text = (workbench.folder / "a.txt").read_text()
    assert "\x1b" not in text
    statements = [line for line in text.splitlines() if line.startswith("CREATE INDEX")]
    assert statements
    assert all(line.endswith(";") for line in statements)
