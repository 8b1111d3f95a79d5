-- What the catalogue writes.

-- name: record_check
-- weight: 120
-- Health checker: one result.
INSERT INTO health_checks (repository_id, checked_at, status, http_status, response_ms)
VALUES (4711, '2026-01-01 00:00:00+00', 'passed', 200, 143);

-- name: mark_checked
-- weight: 120
-- Health checker, after each result: the repository's own state.
UPDATE repositories
SET health_status = 'healthy', last_health_check = '2026-01-01 00:00:00+00'
WHERE id = 4711;

-- name: purge_old_checks
-- weight: 1
-- Monthly job: the history goes back two and a half years.
DELETE FROM health_checks
WHERE checked_at < timestamptz '2023-07-01 00:00:00+00';
