-- Pages about single pull requests and their authors.

-- name: by_github_id
-- weight: 400
-- Webhook: which of our rows is meant.
SELECT id, team_id, state, updated_at
FROM pull_requests
WHERE github_id = 761082396;

-- name: page_of_one
-- weight: 150
-- Detail page: one pull request with its author, team and reviews.
SELECT p.id, p.title, p.state, p.labels, p.llm_summary, t.name AS team, a.login AS author,
       r.state AS review, v.login AS reviewer, r.submitted_at
FROM pull_requests p
JOIN members a ON a.id = p.author_id
JOIN teams t ON t.id = p.team_id
LEFT JOIN reviews r ON r.pull_request_id = p.id
LEFT JOIN members v ON v.id = r.reviewer_id
WHERE p.id = 8060
ORDER BY r.submitted_at;

-- name: commits_of_one
-- weight: 90
-- Detail page, "commits" tab.
SELECT sha, message, additions, deletions, committed_at
FROM commits
WHERE pull_request_id = 71898
ORDER BY committed_at
LIMIT 100;

-- name: author_keyset_page
-- weight: 50
-- Profile page, endless scrolling: what comes after the last row shown.
SELECT id, repository, title, state, created_at
FROM pull_requests
WHERE author_id = 3
  AND (created_at, id) < (timestamptz '2025-03-01 00:00:00+00', 70000)
ORDER BY created_at DESC, id DESC
LIMIT 25;

-- name: author_offset_page
-- weight: 8
-- Export of a profile, page by page number: a far page.
SELECT id, repository, title, state, created_at
FROM pull_requests
WHERE author_id = 1
ORDER BY created_at DESC, id DESC
LIMIT 25 OFFSET 1000;

-- name: mine_or_merged_by_me
-- weight: 70
-- Home page: what I wrote or merged during the last quarter.
SELECT id, repository, title, state, updated_at
FROM pull_requests
WHERE (author_id = 425 OR merged_by_id = 425)
  AND updated_at >= timestamptz '2025-10-01 00:00:00+00'
ORDER BY updated_at DESC
LIMIT 30;

-- name: member_by_email
-- weight: 120
-- Sync and sign-in: whose address is this, in whatever case it is written.
SELECT id, team_id, login
FROM members
WHERE lower(email) = 'chiara.svoboda924@inbox.example.org';

-- name: title_prefix
-- weight: 20
-- Search box while typing.
SELECT id, title
FROM pull_requests
WHERE title LIKE 'Backport li%'
ORDER BY title
LIMIT 10;

-- name: title_infix
-- weight: 5
-- Search box after Enter: a rare word anywhere in the title.
SELECT id, repository, title, state, created_at
FROM pull_requests
WHERE title ILIKE '%checksum%' AND excluded_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
