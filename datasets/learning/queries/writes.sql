-- What the site and its workers write.

-- name: submit_run
-- weight: 120
-- "Run" button: one more run in the queue.
INSERT INTO code_executions (user_id, project_id, submitted_at)
VALUES (1, 9, '2026-01-01 00:00:00+00');

-- name: claim_runs
-- weight: 120
-- Worker: takes the oldest waiting runs that no other worker has.
UPDATE code_executions
SET status = 'running'
WHERE id IN (
    SELECT id
    FROM code_executions
    WHERE status = 'queued'
    ORDER BY submitted_at
    LIMIT 4
    FOR UPDATE SKIP LOCKED
);

-- name: save_progress
-- weight: 100
-- Editor page, every save: the learner's state in the project, begun now if it is new.
INSERT INTO user_progress (user_id, project_id, status, updated_at)
VALUES (23, 9, 'in_progress', '2026-01-01 00:00:00+00')
ON CONFLICT (user_id, project_id)
DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at;

-- name: purge_old_runs
-- weight: 1
-- Monthly job: runs are kept for a year and a half.
DELETE FROM code_executions
WHERE submitted_at < timestamptz '2024-07-01 00:00:00+00';
