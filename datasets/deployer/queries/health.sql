-- Health checks: the dashboard and the jobs behind it.

-- name: due_for_check
-- weight: 60
-- Scheduler, every minute: what was never checked or not for a week.
SELECT id, url
FROM repositories
WHERE (last_health_check IS NULL OR last_health_check < timestamptz '2025-12-25 00:00:00+00')
  AND deleted_at IS NULL
ORDER BY last_health_check NULLS FIRST
LIMIT 200;

-- name: unhealthy_repositories
-- weight: 50
-- Dashboard, red list: unhealthy ones, the best known first.
SELECT id, url, name, stars, last_health_check
FROM repositories
WHERE health_status = 'unhealthy' AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 50;

-- name: check_history
-- weight: 120
-- Detail page: the last twenty checks of a repository.
SELECT id, checked_at, started_by, status, http_status, response_ms, error
FROM health_checks
WHERE repository_id = 171
ORDER BY checked_at DESC
LIMIT 20;

-- name: last_check_of_degraded
-- weight: 10
-- Dashboard, yellow list: the newest check of every degraded repository of a language.
SELECT DISTINCT ON (repositories.id)
       repositories.id, repositories.name, health_checks.checked_at,
       health_checks.status, health_checks.response_ms
FROM repositories
JOIN health_checks ON health_checks.repository_id = repositories.id
WHERE repositories.health_status = 'degraded'
  AND repositories.language = 'Go'
  AND repositories.deleted_at IS NULL
ORDER BY repositories.id, health_checks.checked_at DESC;

-- name: failures_of_last_day
-- weight: 40
-- Dashboard, timeline: what went wrong since yesterday.
SELECT health_checks.checked_at, health_checks.status, health_checks.error, repositories.url
FROM health_checks
JOIN repositories ON repositories.id = health_checks.repository_id
WHERE health_checks.checked_at >= timestamptz '2025-12-31 00:00:00+00'
  AND health_checks.status <> 'passed'
ORDER BY health_checks.checked_at DESC;

-- name: last_three_failures_each
-- weight: 8
-- Weekly mail to owners: the last three failures of each repository that is unhealthy and known.
SELECT repositories.owner, repositories.url, failure.checked_at, failure.error
FROM repositories
CROSS JOIN LATERAL (
    SELECT checked_at, error
    FROM health_checks
    WHERE repository_id = repositories.id AND status <> 'passed'
    ORDER BY checked_at DESC
    LIMIT 3
) AS failure
WHERE repositories.health_status = 'unhealthy'
  AND repositories.stars >= 200
  AND repositories.deleted_at IS NULL;

-- name: security_tools_that_failed
-- weight: 5
-- Security review: tools of a rare category with a failed check since autumn.
SELECT id, url, name
FROM repositories
WHERE category = 'security'
  AND deleted_at IS NULL
  AND EXISTS (
      SELECT FROM health_checks
      WHERE health_checks.repository_id = repositories.id
        AND health_checks.status <> 'passed'
        AND health_checks.checked_at >= timestamptz '2025-10-01 00:00:00+00'
  );

-- name: failure_rate_by_week
-- weight: 2
-- Statistics page: share of failed checks per week and its change, last twelve weeks.
WITH weeks AS (
    SELECT date_trunc('week', checked_at) AS week,
           count(*) AS checks,
           count(*) FILTER (WHERE status <> 'passed') AS failures
    FROM health_checks
    WHERE checked_at >= timestamptz '2025-10-06 00:00:00+00'
    GROUP BY week
)
SELECT week, checks, failures,
       failures::numeric / checks
       - lag(failures::numeric / checks) OVER (ORDER BY week) AS change
FROM weeks
ORDER BY week;
