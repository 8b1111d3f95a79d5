-- The team dashboard: what a lead looks at every morning.

-- name: team_recent_activity
-- weight: 300
-- Dashboard, first panel: what moved in the team during the last two weeks, newest first.
SELECT id, repository, title, state, updated_at
FROM pull_requests
WHERE team_id = 58
  AND updated_at >= timestamptz '2025-12-18 00:00:00+00'
  AND excluded_at IS NULL
ORDER BY updated_at DESC
LIMIT 50;

-- name: open_of_team
-- weight: 200
-- Dashboard, "waiting" panel: the team's open pull requests that are no drafts, longest waiting first.
SELECT id, repository, title, author_id, created_at
FROM pull_requests
WHERE team_id = 60 AND state = 'open' AND NOT is_draft AND excluded_at IS NULL
ORDER BY created_at
LIMIT 50;

-- name: state_facets
-- weight: 80
-- Dashboard, the numbers on the tabs: how many are open, merged, closed or drafts this quarter.
SELECT count(*) FILTER (WHERE state = 'open') AS open,
       count(*) FILTER (WHERE state = 'merged') AS merged,
       count(*) FILTER (WHERE state = 'closed') AS closed,
       count(*) FILTER (WHERE is_draft) AS drafts
FROM pull_requests
WHERE team_id = 51 AND created_at >= timestamptz '2025-10-01 00:00:00+00' AND excluded_at IS NULL;

-- name: cycle_time_by_week
-- weight: 40
-- Dashboard, curve: median time from opening to merging, a point a week, twelve weeks.
SELECT date_trunc('week', merged_at) AS week,
       count(*) AS merged,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY merged_at - created_at) AS median_time
FROM pull_requests
WHERE team_id = 58
  AND merged_at >= timestamptz '2025-10-09 00:00:00+00'
  AND excluded_at IS NULL
GROUP BY week
ORDER BY week;

-- name: latest_review_of_open
-- weight: 60
-- Dashboard, "waiting" panel: the last word of a reviewer on each open pull request of the team.
SELECT DISTINCT ON (p.id) p.id, p.title, r.state, r.reviewer_id, r.submitted_at
FROM pull_requests p
JOIN reviews r ON r.pull_request_id = p.id
WHERE p.team_id = 58 AND p.state = 'open'
ORDER BY p.id, r.submitted_at DESC;

-- name: unreviewed_open
-- weight: 90
-- Reminder in the chat: open for more than a day and nobody has looked at it.
SELECT p.id, p.repository, p.title, m.login, p.created_at
FROM pull_requests p
JOIN members m ON m.id = p.author_id
WHERE p.state = 'open'
  AND NOT p.is_draft
  AND p.created_at < timestamptz '2025-12-31 00:00:00+00'
  AND p.created_at >= timestamptz '2025-12-01 00:00:00+00'
  AND NOT EXISTS (SELECT FROM reviews r WHERE r.pull_request_id = p.id)
ORDER BY p.created_at
LIMIT 100;
