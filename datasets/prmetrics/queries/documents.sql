-- Filters over labels, summaries and changed files, which are jsonb.

-- name: label_rare
-- weight: 40
-- List with a label filter: the newest that carry a label of one row in forty.
SELECT id, repository, title, created_at
FROM pull_requests
WHERE labels @> '["postmortem"]'
ORDER BY created_at DESC
LIMIT 20;

-- name: label_common_of_team
-- weight: 30
-- List with two filters: a label that two in five carry, in one team, this year.
SELECT id, repository, title, created_at
FROM pull_requests
WHERE team_id = 41
  AND labels ? 'bug'
  AND created_at >= timestamptz '2025-01-01 00:00:00+00'
  AND excluded_at IS NULL
ORDER BY created_at DESC
LIMIT 20;

-- name: label_any_of
-- weight: 12
-- Quality review of a month: anything that was rolled back or needed a hotfix.
SELECT id, repository, title, labels, merged_at
FROM pull_requests
WHERE labels ?| array['rollback', 'hotfix']
  AND merged_at >= timestamptz '2025-12-01 00:00:00+00'
ORDER BY merged_at DESC;

-- name: critical_risk
-- weight: 35
-- Risk page: what the summary calls critical, by containment two levels deep.
SELECT id, team_id, repository, title, llm_summary -> 'risk' AS risk, merged_at
FROM pull_requests
WHERE llm_summary @> '{"risk": {"level": "critical"}}'
ORDER BY created_at DESC
LIMIT 50;

-- name: reverts_by_path
-- weight: 25
-- Risk page, another tab: reverts of the last quarter, by the value at a path.
SELECT id, team_id, repository, title, created_at
FROM pull_requests
WHERE llm_summary ->> 'type' = 'revert'
  AND created_at >= timestamptz '2025-10-01 00:00:00+00'
ORDER BY created_at DESC
LIMIT 50;

-- name: technology_by_jsonpath
-- weight: 10
-- Skills page: who has lately worked with a technology, by a JSON path.
SELECT m.login, count(*) AS pull_requests
FROM pull_requests p
JOIN members m ON m.id = p.author_id
WHERE p.llm_summary @? '$.technologies[*] ? (@ == "geospatial")'
GROUP BY m.login
ORDER BY pull_requests DESC
LIMIT 10;

-- name: touches_file
-- weight: 30
-- Review form: earlier pull requests that changed the same file.
SELECT id, repository, title, author_id, merged_at
FROM pull_requests
WHERE files @> '[{"path": "src/search/schema.py"}]'
ORDER BY merged_at DESC NULLS LAST
LIMIT 10;
