-- What the other screens and jobs of the to-do app read.

-- name: todo_by_id
-- weight: 400
-- Detail screen: one to-do.
SELECT id, title, description, completed, priority, due_date, created_at, completed_at
FROM todos
WHERE id = 4711;

-- name: newest_page
-- weight: 90
-- "All" screen, first page.
SELECT id, title, completed, priority, created_at
FROM todos
ORDER BY created_at DESC
LIMIT 50;

-- name: offset_page
-- weight: 6
-- "All" screen, a far page by page number.
SELECT id, title, completed, priority, created_at
FROM todos
ORDER BY created_at DESC
LIMIT 50 OFFSET 5000;

-- name: keyset_page
-- weight: 20
-- "All" screen, endless scrolling: what comes after the last row shown.
SELECT id, title, completed, priority, created_at
FROM todos
WHERE (created_at, id) < (timestamptz '2025-06-30 12:00:00+00', 70000)
ORDER BY created_at DESC, id DESC
LIMIT 50;

-- name: filter_completed
-- weight: 15
-- Filter "done", which nearly all are: the newest hundred.
SELECT id, title, completed_at
FROM todos
WHERE completed
ORDER BY created_at DESC
LIMIT 100;

-- name: filter_open
-- weight: 30
-- Filter "open", which few are.
SELECT id, title, priority, due_date, created_at
FROM todos
WHERE completed = false;

-- name: filter_urgent
-- weight: 12
-- Filter by the rarest priority, open or done.
SELECT id, title, completed, created_at
FROM todos
WHERE priority = 'urgent';

-- name: filter_completed_and_priority
-- weight: 25
-- Two filters at once: open and urgent or high.
SELECT id, title, priority, due_date
FROM todos
WHERE completed = false AND priority IN ('urgent', 'high')
ORDER BY due_date NULLS LAST
LIMIT 100;

-- name: due_this_week
-- weight: 50
-- Calendar: what is due in the coming seven days and not done.
SELECT id, title, priority, due_date
FROM todos
WHERE due_date >= timestamptz '2026-01-01 00:00:00+00'
  AND due_date < timestamptz '2026-01-08 00:00:00+00'
  AND NOT completed
ORDER BY due_date;

-- name: without_date
-- weight: 8
-- Planning screen: open to-dos that nobody has given a date.
SELECT id, title, priority, created_at
FROM todos
WHERE due_date IS NULL AND completed = false
ORDER BY created_at
LIMIT 50;

-- name: search_title_prefix
-- weight: 10
-- Search box while typing: titles that begin with what is typed.
SELECT id, title
FROM todos
WHERE title LIKE 'Renew pass%'
ORDER BY title
LIMIT 10;

-- name: search_title_infix
-- weight: 10
-- Search box after Enter: titles that contain a word.
SELECT id, title, completed
FROM todos
WHERE title ILIKE '%telescope%'
ORDER BY created_at DESC
LIMIT 20;

-- name: created_on_day
-- weight: 5
-- Journal: everything of one day.
SELECT id, title, completed, priority
FROM todos
WHERE created_at >= timestamptz '2025-11-03 00:00:00+00'
  AND created_at < timestamptz '2025-11-04 00:00:00+00'
ORDER BY created_at;

-- name: done_per_week
-- weight: 2
-- Statistics screen: to-dos finished in each of the last twelve weeks.
SELECT date_trunc('week', completed_at) AS week, count(*) AS done
FROM todos
WHERE completed_at >= timestamptz '2025-10-09 00:00:00+00'
GROUP BY week
ORDER BY week;

-- name: time_to_finish
-- weight: 1
-- Weekly report: how long each priority takes, over all time.
SELECT priority,
       count(*) FILTER (WHERE completed) AS done,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY completed_at - created_at) AS median_time
FROM todos
GROUP BY priority;

-- name: urgent_or_overdue
-- weight: 15
-- Badge on the app's icon: open and either urgent or past its date.
SELECT count(*)
FROM todos
WHERE completed = false
  AND (priority = 'urgent' OR due_date < timestamptz '2026-01-01 00:00:00+00');

-- name: latest_open_per_priority
-- weight: 4
-- Widget: the newest open to-do of every priority.
SELECT DISTINCT ON (priority) priority, id, title, created_at
FROM todos
WHERE completed = false
ORDER BY priority, created_at DESC;
