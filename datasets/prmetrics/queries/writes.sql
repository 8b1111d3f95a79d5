-- What webhooks and workers write.

-- name: upsert_pull_request
-- weight: 150
-- Webhook and sync: a pull request as it is now, whether we know it or not.
INSERT INTO pull_requests (github_id, team_id, author_id, repository, title, state, created_at,
                           updated_at, labels, files)
SELECT 990000017, team_id, id, 'payments/api', 'Fix timeout of the nightly export', 'open',
       '2025-12-31 22:10:00+00', '2025-12-31 22:10:00+00', '["bug", "hotfix"]',
       '[{"path": "src/export/client.py", "status": "modified", "additions": 4}]'
FROM members WHERE id = 1
ON CONFLICT (github_id) DO UPDATE
SET title = excluded.title, state = excluded.state, updated_at = excluded.updated_at,
    labels = excluded.labels, files = excluded.files;

-- name: mark_merged
-- weight: 60
-- Webhook: a pull request has been merged.
UPDATE pull_requests
SET state = 'merged', merged_at = '2025-12-31 23:00:00+00', closed_at = '2025-12-31 23:00:00+00',
    updated_at = '2025-12-31 23:00:00+00', merged_by_id = 3
WHERE github_id = 761082396;

-- name: store_summary
-- weight: 40
-- Summary worker: puts the finished summary beside the pull request.
UPDATE pull_requests
SET llm_summary = '{"version": "v2", "type": "bugfix", "technologies": ["python"],
                    "risk": {"level": "low", "score": 2}, "summary": "Longer timeout."}'
WHERE id = 99990;

-- name: add_review
-- weight: 80
-- Webhook: a review has been handed in.
INSERT INTO reviews (pull_request_id, reviewer_id, state, body, submitted_at)
VALUES (99000, 3, 'approved', NULL, '2025-12-31 22:30:00+00');

-- name: drop_old_commits
-- weight: 1
-- Monthly job: commits older than three and a half years are removed.
DELETE FROM commits
WHERE committed_at < timestamptz '2022-07-01 00:00:00+00';
