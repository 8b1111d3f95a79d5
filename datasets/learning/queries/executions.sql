-- Code that learners run.

-- name: last_runs
-- weight: 250
-- Editor page: the last ten runs of a learner's project.
SELECT id, status, submitted_at, duration_ms, error_type, output
FROM code_executions
WHERE user_id = 1 AND project_id = 9
ORDER BY submitted_at DESC
LIMIT 10;

-- name: last_run_of_each_project
-- weight: 40
-- Progress page of the most active: the newest run of every project.
SELECT DISTINCT ON (project_id) project_id, status, submitted_at
FROM code_executions
WHERE user_id = 1
ORDER BY project_id, submitted_at DESC;

-- name: last_failures_of_stuck_projects
-- weight: 10
-- Mentors' page: the last three failures in each project that one learner has open.
SELECT user_progress.project_id, failure.submitted_at, failure.error_type, failure.output
FROM user_progress
CROSS JOIN LATERAL (
    SELECT submitted_at, error_type, output
    FROM code_executions
    WHERE code_executions.user_id = user_progress.user_id
      AND code_executions.project_id = user_progress.project_id
      AND code_executions.status = 'failed'
    ORDER BY submitted_at DESC
    LIMIT 3
) AS failure
WHERE user_progress.user_id = 23 AND user_progress.status = 'in_progress';

-- name: queue_length
-- weight: 120
-- Monitoring, every few seconds: what waits and what runs.
SELECT status, count(*) AS runs, min(submitted_at) AS oldest
FROM code_executions
WHERE status IN ('queued', 'running')
GROUP BY status;

-- name: errors_of_last_day
-- weight: 20
-- Monitoring: which errors were how common since yesterday.
SELECT error_type, count(*) AS runs
FROM code_executions
WHERE submitted_at >= timestamptz '2025-12-31 00:00:00+00' AND error_type IS NOT NULL
GROUP BY error_type
ORDER BY runs DESC;

-- name: out_of_bounds
-- weight: 6
-- Operations page: runs of this month that hit the time limit or the memory limit.
SELECT id, user_id, project_id, submitted_at, duration_ms, memory_kb
FROM code_executions
WHERE submitted_at >= timestamptz '2025-12-01 00:00:00+00'
  AND (status = 'timeout' OR memory_kb >= 524288)
ORDER BY submitted_at DESC
LIMIT 100;

-- name: failing_beginners
-- weight: 3
-- Support page: paying learners whose runs in the first phase failed this week.
SELECT users.email, projects.title, count(*) AS failures, max(code_executions.submitted_at) AS last
FROM code_executions
JOIN user_progress ON user_progress.user_id = code_executions.user_id
                  AND user_progress.project_id = code_executions.project_id
JOIN users ON users.id = user_progress.user_id
JOIN projects ON projects.id = user_progress.project_id
WHERE code_executions.status = 'failed'
  AND code_executions.submitted_at >= timestamptz '2025-12-25 00:00:00+00'
  AND projects.phase = 1
  AND users.plan <> 'free'
GROUP BY users.email, projects.title
ORDER BY failures DESC;
