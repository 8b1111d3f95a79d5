-- The set that the system's plan promised.
CREATE INDEX todos_completed ON todos (completed);
CREATE INDEX todos_priority ON todos (priority);
CREATE INDEX todos_created_at ON todos (created_at);
CREATE INDEX todos_completed_priority ON todos (completed, priority);
