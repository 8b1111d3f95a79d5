-- Findings: lists, filters, search.

-- name: findings_of_session
-- weight: 250
-- Result page: the findings of one session, the worst first.
SELECT id, severity, category, rule, file_path, line, message, status
FROM production.findings
WHERE session_id = 20000
ORDER BY severity DESC, file_path, line;

-- name: open_findings_of_project
-- weight: 200
-- Project page: open findings, the worst and newest first.
SELECT id, severity, category, rule, file_path, line, created_at
FROM production.findings
WHERE project_id = 1 AND status = 'open'
ORDER BY severity DESC, created_at DESC
LIMIT 50;

-- name: finding_facets
-- weight: 80
-- Project page, the numbers beside the filters.
SELECT category, severity, count(*)
FROM production.findings
WHERE project_id = 2 AND status = 'open'
GROUP BY category, severity;

-- name: assigned_to_me
-- weight: 120
-- Home page: what is assigned to me and still open, with project and session.
SELECT f.id, f.severity, f.rule, f.file_path, p.slug, s.branch, f.created_at
FROM production.findings f
JOIN production.analysis_sessions s ON s.id = f.session_id
JOIN projects.projects p ON p.id = s.project_id
WHERE f.assignee_id = 4 AND f.status = 'open'
ORDER BY f.created_at DESC
LIMIT 30;

-- name: critical_of_my_projects
-- weight: 60
-- Home page, red box: open critical findings in the projects where I am a member.
SELECT f.id, p.slug, f.rule, f.file_path, f.created_at
FROM projects.members m
JOIN projects.projects p ON p.id = m.project_id
JOIN production.findings f ON f.project_id = p.id
WHERE m.user_id = 2254
  AND p.archived_at IS NULL
  AND f.severity = 'critical'
  AND f.status = 'open'
ORDER BY f.created_at DESC;

-- name: same_file_history
-- weight: 25
-- Finding page: what was found in the same file of the project before.
SELECT id, rule, severity, line, created_at
FROM production.findings
WHERE project_id = 1 AND file_path = 'src/main.py'
ORDER BY created_at DESC
LIMIT 20;

-- name: files_below_folder
-- weight: 12
-- Project page, tree: findings below a folder, by a prefix of the path.
SELECT file_path, count(*) AS findings
FROM production.findings
WHERE project_id = 3 AND file_path LIKE 'src/api/%'
GROUP BY file_path
ORDER BY findings DESC
LIMIT 20;

-- name: rare_rule_or_certain_secret
-- weight: 10
-- Security officer, weekly: what the rule or the confidence makes urgent.
SELECT id, project_id, rule, confidence, created_at
FROM production.findings
WHERE (rule = 'ssrf' OR (severity = 'critical' AND confidence >= 0.98))
  AND created_at >= timestamptz '2025-10-01 00:00:00+00'
ORDER BY created_at DESC;

-- name: weakness_by_cwe
-- weight: 12
-- Security page: everything with one CWE, by containment.
SELECT id, project_id, file_path, line, status
FROM production.findings
WHERE details @> '{"cwe": "CWE-918"}'
ORDER BY created_at DESC
LIMIT 50;

-- name: message_search
-- weight: 2
-- Search box: a word anywhere in the message.
SELECT id, project_id, rule, message
FROM production.findings
WHERE message ILIKE '%vaccine%'
ORDER BY created_at DESC
LIMIT 20;

-- name: comments_of_finding
-- weight: 90
-- Finding page: the discussion, without what has been deleted.
SELECT c.id, c.body, c.created_at, u.full_name
FROM production.comments c
JOIN auth.users u ON u.id = c.author_id
WHERE c.finding_id = 3755 AND c.deleted_at IS NULL
ORDER BY c.created_at;
