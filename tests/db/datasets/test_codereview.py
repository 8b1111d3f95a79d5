"""What the README of codereview says about its rows and promised indexes, at scale small."""

import pytest

from workbench import datasets, db
from workbench.datasets.load import ensure_loaded
from workbench.plans.explain import explain
from workbench.workload import files

SPEC = datasets.open("codereview")


@pytest.fixture
def loaded(server):
    with (
        server.connect(ensure_loaded(server.connect, SPEC)) as connection,
        db.rolled_back(connection),
    ):
        yield connection


SESSIONS, FINDINGS = "production.analysis_sessions", "production.findings"


@pytest.mark.parametrize(
    "fault",
    [
        f"SELECT FROM {FINDINGS} f JOIN {SESSIONS} s ON s.id = f.session_id "
        "WHERE f.project_id <> s.project_id OR f.created_at < s.created_at",
        f"SELECT rule FROM {FINDINGS} GROUP BY 1 HAVING count(DISTINCT category) > 1",
        f"SELECT FROM {FINDINGS} WHERE (category = 'security') <> (details ? 'cwe')",
        f"SELECT FROM {FINDINGS} WHERE (status = 'resolved') <> (resolved_at IS NOT NULL)",
        f"SELECT FROM {FINDINGS} WHERE resolved_at < created_at",
        f"SELECT FROM {SESSIONS} WHERE (status = 'completed') <> (result IS NOT NULL)",
        f"SELECT FROM {SESSIONS} WHERE (status = 'failed') <> (error IS NOT NULL)",
        f"SELECT FROM {SESSIONS} WHERE finished_at < started_at OR started_at < created_at",
        "SELECT FROM auth.users WHERE is_active AND deleted_at IS NOT NULL",
        "SELECT FROM auth.api_keys k JOIN auth.users u ON u.id = k.user_id "
        "WHERE k.created_at < u.created_at",
        f"SELECT FROM production.comments c JOIN {FINDINGS} f ON f.id = c.finding_id "
        "WHERE c.created_at < f.created_at",
    ],
)
def test_no_row_contradicts_another(loaded, fault):
    assert db.fetch_all(loaded, f"{fault} LIMIT 1") == []


@pytest.mark.parametrize(
    ("table", "condition", "low", "high"),
    [
        (FINDINGS, "status = 'open'", 0.04, 0.075),
        (FINDINGS, "status = 'open' AND severity = 'critical'", 0.0005, 0.002),
        (FINDINGS, "category = 'security'", 0.025, 0.035),
        (FINDINGS, "assignee_id IS NULL", 0.68, 0.72),
        (FINDINGS, "project_id = 1", 0.015, 0.06),
        (SESSIONS, "status = 'completed'", 0.9, 0.95),
        (SESSIONS, "status IN ('queued', 'running')", 0.0001, 0.003),
        (SESSIONS, 'result @> \'{"gate": "blocked"}\'', 0.05, 0.08),
        ("auth.users", "email <> lower(email)", 0.06, 0.1),
        ("auth.users", "deleted_at IS NOT NULL", 0.04, 0.08),
        ("projects.projects", "archived_at IS NOT NULL", 0.1, 0.2),
    ],
)
def test_shares(loaded, table, condition, low, high):
    share = f"SELECT (count(*) FILTER (WHERE {condition}))::float / count(*) FROM {table}"
    assert low <= db.fetch_value(loaded, share) <= high


@pytest.mark.parametrize(
    ("child", "born", "parent"),
    [
        (SESSIONS, "created_at", "projects.projects p ON p.id = project_id"),
        (SESSIONS, "created_at", "auth.users p ON p.id = requested_by"),
        (FINDINGS, "created_at", "auth.users p ON p.id = assignee_id"),
        ("projects.projects", "created_at", "auth.users p ON p.id = owner_id"),
        ("production.audit_log", "happened_at", "auth.users p ON p.id = user_id"),
        ("production.audit_log", "happened_at", "projects.projects p ON p.id = project_id"),
    ],
)
def test_hardly_anything_is_older_than_what_it_belongs_to(loaded, child, born, parent):
    older = f"SELECT avg((c.{born} < p.created_at)::int) FROM {child} c JOIN {parent}"
    assert db.fetch_value(loaded, older) < 0.003


def test_the_busiest_project_outweighs_the_median_one(loaded):
    ranked = f"SELECT count(*) FROM {SESSIONS} GROUP BY project_id ORDER BY 1 DESC"
    sizes = [size for (size,) in db.fetch_all(loaded, ranked)]
    assert sizes[0] > 30 * sizes[len(sizes) // 2]


def test_the_plan_promised_27_indexes_some_partial_some_gin(loaded):
    kept = set(defined(loaded))
    loaded.execute(SPEC.published_indexes.read_text(encoding="utf-8"))
    promised = set(defined(loaded)) - kept
    assert len(promised) == 27
    assert sum(" WHERE " in text for text in promised) == 6
    assert sum("USING gin" in text for text in promised) == 4


def test_some_promised_indexes_serve_no_statement(loaded):
    kept = set(names(loaded))
    loaded.execute(SPEC.published_indexes.read_text(encoding="utf-8"))
    loaded.execute("ANALYZE")
    used = {
        name
        for query in files.read(SPEC.query_files)
        for name in explain(loaded, query.sql).index_names
    }
    unused = set(names(loaded)) - kept - used
    assert {"users_email", "users_created_at", "projects_settings", "members_role"} <= unused
    assert len(unused) < 20


def defined(connection):
    return [text for (text,) in db.fetch_all(connection, "SELECT indexdef FROM pg_indexes")]


def names(connection):
    return [name for (name,) in db.fetch_all(connection, "SELECT indexname FROM pg_indexes")]
