-- What an experienced hand would create for queries/*.sql. The primary key stays as it is. Only what
-- every server has: where pg_trgm can be had, search_title_infix wants gin (title gin_trgm_ops) besides.
-- Nothing for the weekly and monthly jobs; every to-do is written with each of the full indexes.

-- All screens, the journal and, with id, endless scrolling: pages are read in their order.
CREATE INDEX expert_todos_newest ON todos (created_at DESC, id DESC);

-- One to-do in thirty is open. The home screen's list, its tabs, the widget and both filters.
CREATE INDEX expert_todos_open_newest ON todos (priority, created_at DESC) WHERE NOT completed;

-- What is due or overdue: the red list and the calendar.
CREATE INDEX expert_todos_open_due ON todos (due_date) WHERE NOT completed;

-- The rarest priority, open or done.
CREATE INDEX expert_todos_urgent ON todos (created_at) WHERE priority = 'urgent';

-- Titles by prefix, under any collation.
CREATE INDEX expert_todos_title ON todos (title text_pattern_ops);
