-- Analysis sessions: the worker's queue, the project page, the results.

-- name: next_in_queue
-- weight: 400
-- Worker: takes the oldest session that waits, and passes over those that others hold.
SELECT id, project_id, commit_sha
FROM production.analysis_sessions
WHERE status = 'queued'
ORDER BY created_at
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: session_by_public_id
-- weight: 300
-- Result page: the session that the link names.
SELECT id, project_id, status, result
FROM production.analysis_sessions
WHERE public_id = '24f41bcd-195a-41fc-af31-a1e465b0d25f';

-- name: newest_sessions_of_project
-- weight: 250
-- Project page: its newest sessions with whoever asked for them.
SELECT s.id, s.public_id, s.branch, s.status, s.created_at, s.result -> 'score' AS score, u.full_name
FROM production.analysis_sessions s
LEFT JOIN auth.users u ON u.id = s.requested_by
WHERE s.project_id = 1
ORDER BY s.created_at DESC
LIMIT 20;

-- name: sessions_keyset_page
-- weight: 40
-- Project page, endless scrolling: what comes after the last row shown.
SELECT id, branch, status, created_at
FROM production.analysis_sessions
WHERE project_id = 2
  AND (created_at, id) < (timestamptz '2025-06-01 00:00:00+00', 15000)
ORDER BY created_at DESC, id DESC
LIMIT 20;

-- name: score_of_main_over_time
-- weight: 60
-- Project page, curve: score on main and how it differs from the session before.
SELECT created_at,
       (result ->> 'score')::int AS score,
       (result ->> 'score')::int - lag((result ->> 'score')::int) OVER (ORDER BY created_at) AS step
FROM production.analysis_sessions
WHERE project_id = 3
  AND branch = 'main'
  AND status = 'completed'
  AND created_at >= timestamptz '2025-07-01 00:00:00+00'
ORDER BY created_at;

-- name: latest_of_each_project
-- weight: 30
-- Start page: the last finished session of each project that I own.
SELECT DISTINCT ON (p.id) p.slug, s.public_id, s.finished_at, s.result ->> 'gate' AS gate
FROM projects.projects p
JOIN production.analysis_sessions s ON s.project_id = p.id
WHERE p.owner_id = 7 AND p.archived_at IS NULL AND s.status = 'completed'
ORDER BY p.id, s.finished_at DESC;

-- name: stuck_sessions
-- weight: 30
-- Watchdog, every minute: running for more than ten minutes.
SELECT id, project_id, started_at
FROM production.analysis_sessions
WHERE status = 'running' AND started_at < timestamptz '2025-12-31 23:50:00+00';

-- name: blocked_with_critical
-- weight: 15
-- Quality page: sessions that were blocked with exactly two critical findings.
SELECT id, project_id, created_at, result -> 'counts' AS counts
FROM production.analysis_sessions
WHERE result @> '{"gate": "blocked", "counts": {"critical": 2}}'
ORDER BY created_at DESC
LIMIT 50;

-- name: warned_sessions
-- weight: 6
-- Support: sessions whose result has a certain warning.
SELECT id, project_id, created_at, result -> 'warnings' AS warnings
FROM production.analysis_sessions
WHERE result -> 'warnings' ? 'submodule not fetched'
  AND created_at >= timestamptz '2025-10-01 00:00:00+00'
ORDER BY created_at DESC;

-- name: failures_by_error
-- weight: 10
-- Operations page: failed sessions of the last month by reason.
SELECT error, count(*) AS sessions, max(created_at) AS latest
FROM production.analysis_sessions
WHERE status IN ('failed', 'cancelled') AND created_at >= timestamptz '2025-12-01 00:00:00+00'
GROUP BY error
ORDER BY sessions DESC;

-- name: cost_by_plan
-- weight: 2
-- Monthly bill: tokens and cost of December by the owner's plan, over three schemas.
SELECT u.plan, count(*) AS sessions, sum(s.tokens_used) AS tokens, sum(s.cost_usd) AS cost_usd
FROM production.analysis_sessions s
JOIN projects.projects p ON p.id = s.project_id
JOIN auth.users u ON u.id = p.owner_id
WHERE s.finished_at >= timestamptz '2025-12-01 00:00:00+00'
  AND s.finished_at < timestamptz '2026-01-01 00:00:00+00'
GROUP BY u.plan
ORDER BY cost_usd DESC;
