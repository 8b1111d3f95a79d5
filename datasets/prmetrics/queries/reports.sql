-- The weekly report and the night's jobs that read much.

-- name: latest_of_each_team
-- weight: 4
-- Weekly report: the three pull requests of each team that were updated last.
SELECT t.name, p.id, p.title, p.updated_at
FROM teams t
CROSS JOIN LATERAL (
    SELECT id, title, updated_at
    FROM pull_requests
    WHERE team_id = t.id
    ORDER BY updated_at DESC
    LIMIT 3
) p
ORDER BY t.name, p.updated_at DESC;

-- name: time_to_first_review
-- weight: 5
-- Weekly report: how long the pull requests of December waited for their first review.
WITH first_review AS (
    SELECT pull_request_id, min(submitted_at) AS first_at
    FROM reviews
    WHERE submitted_at >= timestamptz '2025-12-01 00:00:00+00'
    GROUP BY pull_request_id
)
SELECT p.team_id,
       count(*) AS reviewed,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY f.first_at - p.created_at) AS nine_in_ten
FROM pull_requests p
JOIN first_review f ON f.pull_request_id = p.id
WHERE p.created_at >= timestamptz '2025-12-01 00:00:00+00'
GROUP BY p.team_id
ORDER BY p.team_id;

-- name: review_load_rank
-- weight: 4
-- Weekly report: who reviewed most in the last month, ranked inside each team.
SELECT team_id, login, reviews, rank() OVER (PARTITION BY team_id ORDER BY reviews DESC) AS place
FROM (
    SELECT m.team_id, m.login, count(*) AS reviews
    FROM reviews r
    JOIN members m ON m.id = r.reviewer_id
    WHERE r.submitted_at >= timestamptz '2025-12-01 00:00:00+00'
      AND r.state IN ('approved', 'changes_requested')
    GROUP BY m.team_id, m.login
) counted
ORDER BY team_id, place;
