"""What the README of prmetrics says about its rows, at scale small."""

import pytest

from workbench import datasets, db
from workbench.datasets.load import ensure_loaded
from workbench.plans.explain import explain


@pytest.fixture
def loaded(server):
    name = ensure_loaded(server.connect, datasets.open("prmetrics"))
    with server.connect(name) as connection, db.rolled_back(connection):
        yield connection


@pytest.mark.parametrize(
    "fault",
    [
        "SELECT FROM pull_requests WHERE merged_at < created_at OR updated_at < created_at",
        "SELECT FROM pull_requests WHERE (state = 'merged') <> (merged_at IS NOT NULL)",
        "SELECT FROM pull_requests WHERE (state = 'open') <> (closed_at IS NULL)",
        "SELECT FROM pull_requests WHERE merged_at <> closed_at",
        "SELECT FROM pull_requests WHERE state = 'open' AND llm_summary IS NOT NULL",
        "SELECT FROM pull_requests WHERE greatest(updated_at, closed_at) > '2026-01-01'",
        "SELECT repository FROM pull_requests GROUP BY 1 HAVING count(DISTINCT team_id) > 1",
        "SELECT author_id FROM pull_requests GROUP BY 1 HAVING count(DISTINCT team_id) > 1",
        "SELECT FROM reviews r JOIN pull_requests p ON p.id = r.pull_request_id "
        "WHERE r.submitted_at < p.created_at",
    ],
)
def test_no_row_contradicts_another(loaded, fault):
    assert db.fetch_all(loaded, f"{fault} LIMIT 1") == []


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("state = 'open'", 0.015, 0.03),
        ("state = 'merged'", 0.82, 0.88),
        ("created_at >= '2025-12-29' AND state <> 'open'", 0.0003, 0.003),
        ("labels ? 'bug'", 0.35, 0.47),
        ("labels ? 'postmortem'", 0.015, 0.035),
        ("labels = '[]'", 0.2, 0.3),
        ("llm_summary IS NULL", 0.42, 0.55),
        ('llm_summary @> \'{"risk": {"level": "critical"}}\'', 0.002, 0.005),
        ("excluded_at IS NOT NULL", 0.02, 0.04),
        ("team_id = 58", 0.06, 0.14),
    ],
)
def test_shares_of_pull_requests(loaded, condition, low, high):
    share = f"SELECT (count(*) FILTER (WHERE {condition}))::float / count(*) FROM pull_requests"
    assert low <= db.fetch_value(loaded, share) <= high


def test_fan_out_has_a_head_a_tail_and_parents_without_children(loaded):
    ranked = "SELECT count(*) FROM pull_requests GROUP BY author_id ORDER BY 1 DESC"
    sizes = [size for (size,) in db.fetch_all(loaded, ranked)]
    assert sizes[0] > 20 * sizes[len(sizes) // 2] > 0
    for child in ("reviews", "commits"):
        without = (
            "SELECT count(*) FROM pull_requests p "
            f"WHERE NOT EXISTS (SELECT FROM {child} c WHERE c.pull_request_id = p.id)"
        )
        assert db.fetch_value(loaded, without) > 30_000


def test_rows_lie_in_the_order_of_time_but_commits_do_not(loaded):
    query = "SELECT correlation FROM pg_stats WHERE tablename = $1 AND attname = $2"
    assert 0.95 < db.fetch_value(loaded, query, ["pull_requests", "created_at"]) < 0.999
    assert 0.8 < db.fetch_value(loaded, query, ["reviews", "submitted_at"]) < 0.99
    assert abs(db.fetch_value(loaded, query, ["commits", "committed_at"])) < 0.2


def test_the_planner_misjudges_dependent_columns(loaded):
    author, team = loaded.execute(
        "SELECT author_id, team_id FROM pull_requests GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1"
    ).fetchone()
    text = f"SELECT id FROM pull_requests WHERE author_id = {author} AND team_id = {team}"
    root = explain(loaded, text, analyze=True, timing=False).root
    assert root.actual_rows > 5 * root.plan_rows
