"""What the learning site is made to have: skew, dependencies, order, gaps."""

from collections.abc import Iterator

import pytest

from workbench import datasets
from workbench.datasets.load import ensure_loaded
from workbench.db import Connection, fetch_value, rolled_back
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.servers import Server


@pytest.fixture(scope="module")
def learning(server: Server) -> Iterator[Connection]:
    with server.connect(ensure_loaded(server.connect, datasets.open("learning"))) as connection:
        yield connection


def share(connection: Connection, condition: str, table: str) -> float:
    query = f"SELECT count(*) FILTER (WHERE {condition})::float8 / count(*) FROM {table}"
    return float(fetch_value(connection, query))


@pytest.mark.parametrize(
    ("table", "condition", "low", "high"),
    [
        ("user_progress", "status = 'completed'", 0.5, 0.6),
        ("user_progress", "status = 'in_progress'", 0.09, 0.13),
        ("user_progress", "status = 'in_review'", 0.003, 0.008),
        ("code_executions", "status = 'failed'", 0.28, 0.33),
        ("code_executions", "status IN ('queued', 'running')", 0.00005, 0.0005),
        ("users", "email <> lower(email)", 0.06, 0.1),
        ("users", "plan = 'free'", 0.88, 0.92),
        ("users", "preferences ? 'beta'", 0.015, 0.025),
        ("users", "full_name IS NULL", 0.13, 0.17),
    ],
)
def test_shares(learning, table, condition, low, high):
    assert low <= share(learning, condition, table) <= high


@pytest.mark.parametrize(
    "broken",
    [
        "user_progress WHERE (completed_at IS NULL) = (status = 'completed')",
        "user_progress WHERE (score IS NULL) = (status = 'completed')",
        "code_executions WHERE (error_type IS NULL) = (status IN ('failed', 'timeout'))",
        "code_executions WHERE (duration_ms IS NULL) <> (status IN ('queued', 'running'))",
        "user_progress JOIN users ON users.id = user_id WHERE updated_at < created_at",
        "users WHERE last_login_at < created_at OR deleted_at < last_login_at",
        "projects a JOIN projects b ON a.phase < b.phase WHERE a.project_number > b.project_number",
    ],
)
def test_what_follows_from_other_columns_always_holds(learning, broken):
    assert fetch_value(learning, f"SELECT count(*) FROM {broken}") == 0


def test_a_hundred_users_run_more_than_a_third_of_the_code(learning):
    most = (
        "SELECT sum(n)::float8 FROM (SELECT count(*) AS n FROM code_executions "
        "GROUP BY user_id ORDER BY n DESC LIMIT 100) t"
    )
    assert 0.33 < fetch_value(learning, most) / 100_000 < 0.4


def test_the_runs_lie_in_time_order_and_nearly_none_before_its_account(learning):
    correlation = "SELECT correlation FROM pg_stats WHERE attname = 'submitted_at'"
    assert fetch_value(learning, correlation) > 0.999
    table = "code_executions JOIN users ON users.id = user_id"
    assert share(learning, "submitted_at < created_at", table) < 0.001


@pytest.mark.parametrize(
    ("child", "low", "high"), [("user_progress", 0.03, 0.1), ("code_executions", 0.3, 0.45)]
)
def test_some_users_have_no_children(learning, child, low, high):
    users = fetch_value(learning, "SELECT count(*) FROM users")
    with_children = fetch_value(learning, f"SELECT count(DISTINCT user_id) FROM {child}")
    assert low < 1 - with_children / users < high


def test_what_waits_for_a_review_stands_at_the_end(learning):
    newest = "SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY updated_at) FROM user_progress"
    reviewed = f"updated_at >= ({newest})"
    assert share(learning, reviewed, "user_progress WHERE status = 'in_review'") > 0.85


def touched_blocks(plan: Plan) -> int:
    assert plan.root.buffers
    return plan.root.buffers.touched_blocks


def test_the_published_index_leads_the_planner_astray(learning):
    queue = "SELECT id FROM user_progress WHERE status = 'in_review' ORDER BY updated_at LIMIT 20"
    before = explain(learning, queue, analyze=True, timing=False)
    with rolled_back(learning):
        learning.execute("CREATE INDEX astray ON user_progress (updated_at)")
        after = explain(learning, queue, analyze=True, timing=False)
    assert after.index_names == ("astray",)
    assert after.cost < before.cost
    assert touched_blocks(after) > 10 * touched_blocks(before)
