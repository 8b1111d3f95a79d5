-- What the to-do app writes.

-- name: create_todo
-- weight: 80
-- "New" button: one to-do.
INSERT INTO todos (title, description, priority, due_date)
VALUES ('Renew passport', 'Bring the old one and two photos.', 'high', '2026-01-20 12:00:00+00');

-- name: complete_todo
-- weight: 70
-- Tick box: one to-do is done.
UPDATE todos
SET completed = true, completed_at = now()
WHERE id = 99015 AND completed = false;

-- name: raise_priority
-- weight: 10
-- Detail screen: another priority for one to-do.
UPDATE todos
SET priority = 'urgent'
WHERE id = 98765;

-- name: escalate_overdue
-- weight: 1
-- Nightly job: open to-dos of high priority that are a week late become urgent.
UPDATE todos
SET priority = 'urgent'
WHERE completed = false
  AND priority = 'high'
  AND due_date < timestamptz '2025-12-25 00:00:00+00';

-- name: bulk_create
-- weight: 3
-- Import and the bulk endpoint: several to-dos at once.
INSERT INTO todos (title, priority)
VALUES ('Buy milk', 'low'), ('Call plumber', 'medium'), ('Pay invoice', 'high'),
       ('Book flight', 'medium'), ('Sign contract', 'urgent');

-- name: delete_todo
-- weight: 5
-- Detail screen: delete one to-do.
DELETE FROM todos
WHERE id = 12345;

-- name: purge_old_done
-- weight: 1
-- Monthly job: to-dos finished more than two and a half years ago are removed.
DELETE FROM todos
WHERE completed AND completed_at < timestamptz '2023-07-01 00:00:00+00';
