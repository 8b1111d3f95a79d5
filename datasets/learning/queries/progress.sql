-- What learners have begun and finished.

-- name: progress_page
-- weight: 250
-- Progress page: everything a learner has begun, in the order of the catalogue.
SELECT projects.project_number, projects.title, projects.phase, projects.difficulty,
       user_progress.status, user_progress.score, user_progress.updated_at
FROM user_progress
JOIN projects ON projects.id = user_progress.project_id
WHERE user_progress.user_id = 23
ORDER BY projects.phase, projects.project_number;

-- name: continue_learning
-- weight: 200
-- Home page: the five projects a learner worked on last.
SELECT projects.slug, projects.title, user_progress.updated_at
FROM user_progress
JOIN projects ON projects.id = user_progress.project_id
WHERE user_progress.user_id = 23 AND user_progress.status = 'in_progress'
ORDER BY user_progress.updated_at DESC
LIMIT 5;

-- name: recent_activity
-- weight: 30
-- Community page, endless scrolling: who did what, what comes after the last row shown.
SELECT user_progress.id, user_progress.user_id, user_progress.project_id,
       user_progress.status, user_progress.updated_at
FROM user_progress
WHERE (user_progress.updated_at, user_progress.id)
      < (timestamptz '2025-12-20 18:00:00+00', 40000)
ORDER BY user_progress.updated_at DESC, user_progress.id DESC
LIMIT 50;

-- name: review_queue
-- weight: 60
-- Mentors' page: what waits for a review, the longest wait first.
SELECT user_progress.id, users.username, projects.title, user_progress.updated_at
FROM user_progress
JOIN users ON users.id = user_progress.user_id
JOIN projects ON projects.id = user_progress.project_id
WHERE user_progress.status = 'in_review'
ORDER BY user_progress.updated_at
LIMIT 20;

-- name: stalled_learners
-- weight: 2
-- Mailing, nightly: begun, and untouched for one to two months, where the account is in use.
SELECT users.email, projects.title, user_progress.updated_at
FROM user_progress
JOIN users ON users.id = user_progress.user_id
JOIN projects ON projects.id = user_progress.project_id
WHERE user_progress.status = 'in_progress'
  AND user_progress.updated_at >= timestamptz '2025-11-01 00:00:00+00'
  AND user_progress.updated_at < timestamptz '2025-12-01 00:00:00+00'
  AND users.is_active
  AND users.deleted_at IS NULL;

-- name: leaderboard
-- weight: 15
-- Community page: the learners with most projects completed in the last thirty days.
WITH finished AS (
    SELECT user_id, count(*) AS projects, sum(score) AS points
    FROM user_progress
    WHERE completed_at >= timestamptz '2025-12-02 00:00:00+00'
    GROUP BY user_id
)
SELECT rank() OVER (ORDER BY finished.projects DESC, finished.points DESC) AS place,
       users.username, finished.projects, finished.points
FROM finished
JOIN users ON users.id = finished.user_id
ORDER BY place
LIMIT 25;
