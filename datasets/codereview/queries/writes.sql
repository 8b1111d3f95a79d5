-- What the API, the workers and the nightly jobs write.

-- name: finish_session
-- weight: 60
-- Worker: the result of a session.
UPDATE production.analysis_sessions
SET status = 'completed', finished_at = '2026-01-01 00:00:00+00', tokens_used = 20500,
    cost_usd = 0.082, result = '{"gate": "passed", "score": 81, "languages": ["python"],
    "counts": {"critical": 0, "major": 1, "minor": 4}, "summary": "Small and tidy."}'
WHERE id = 24990;

-- name: add_findings
-- weight: 60
-- Worker: the findings of a session, in one statement.
INSERT INTO production.findings
    (session_id, project_id, rule, category, severity, file_path, line, message, confidence, details)
VALUES
    (24990, 2, 'unused-import', 'style', 'info', 'src/main.py', 3, 'Import is not used.', 0.97,
     '{"detector": "rules", "fix": {"automatic": true, "effort_minutes": 5}}'),
    (24990, 2, 'query-in-loop', 'performance', 'major', 'src/models/client.py', 88,
     'A query for each row.', 0.82, '{"detector": "llm"}');

-- name: resolve_finding
-- weight: 40
-- Finding page: done.
UPDATE production.findings
SET status = 'resolved', resolved_at = '2026-01-01 00:00:00+00'
WHERE id = 99000 AND status = 'open';

-- name: purge_deleted_comments
-- weight: 1
-- Nightly job: comments that were deleted more than three months ago go for good.
DELETE FROM production.comments
WHERE deleted_at < timestamptz '2025-10-01 00:00:00+00';
