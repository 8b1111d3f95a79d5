-- The home screen of the to-do app.

-- name: newest_open_of_priority
-- weight: 120
-- Home screen: the newest open to-dos of the chosen priority.
SELECT id, title, priority, due_date, created_at
FROM todos
WHERE NOT completed AND priority = 'high'
ORDER BY created_at DESC
LIMIT 20;

-- name: overdue_open
-- weight: 40
-- Home screen, red list: open to-dos whose date has passed, the oldest date first.
SELECT id, title, priority, due_date
FROM todos
WHERE completed = false AND due_date < timestamptz '2026-01-01 00:00:00+00'
ORDER BY due_date
LIMIT 50;

-- name: open_count_by_priority
-- weight: 60
-- Home screen: the numbers on the priority tabs.
SELECT priority, count(*)
FROM todos
WHERE completed = false
GROUP BY priority;
