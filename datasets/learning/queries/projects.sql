-- The catalogue of projects and what is known about them.

-- name: projects_of_phase
-- weight: 200
-- Catalogue page: the projects of a phase in their order.
SELECT id, project_number, slug, title, difficulty, skills
FROM projects
WHERE phase = 3 AND is_published
ORDER BY project_number;

-- name: projects_by_difficulty_and_skill
-- weight: 40
-- Catalogue filter: some difficulties and any of some skills.
SELECT id, project_number, slug, title, phase, difficulty
FROM projects
WHERE difficulty IN ('advanced', 'expert') AND skills && ARRAY['postgres', 'sql'] AND is_published
ORDER BY project_number;

-- name: catalogue_facets
-- weight: 50
-- Catalogue filter: the numbers beside phases and difficulties.
SELECT phase, difficulty, count(*) AS projects
FROM projects
WHERE is_published
GROUP BY phase, difficulty
ORDER BY phase, difficulty;

-- name: best_of_project
-- weight: 25
-- Project page, "best results", third page by number.
SELECT users.username, user_progress.score, user_progress.completed_at
FROM user_progress
JOIN users ON users.id = user_progress.user_id
WHERE user_progress.project_id = 8 AND user_progress.status = 'completed'
ORDER BY user_progress.score DESC, user_progress.completed_at
LIMIT 20 OFFSET 40;

-- name: completion_by_phase
-- weight: 1
-- Weekly report: begun, finished and the mean score of each phase, over all time.
SELECT projects.phase,
       count(*) AS begun,
       count(*) FILTER (WHERE user_progress.status = 'completed') AS completed,
       round(avg(user_progress.score), 1) AS mean_score
FROM user_progress
JOIN projects ON projects.id = user_progress.project_id
GROUP BY projects.phase
ORDER BY projects.phase;
