-- What a careful hand makes for the queries of this folder.
-- UNIQUE (user_id, project_id) already serves whatever asks for one learner's projects, and the
-- projects fit into a few pages: most of the seven published indexes have no one to serve.

-- Accounts. The unique index on email does not know lower(email), and the one on username serves
-- LIKE 'x%' only in a database with the C collation.
CREATE INDEX users_sign_in ON users (lower(email)) WHERE deleted_at IS NULL;
CREATE INDEX users_username_prefix ON users (username text_pattern_ops);
CREATE INDEX users_interests ON users USING gin (interests) WHERE is_active AND deleted_at IS NULL;
CREATE INDEX users_preferences ON users USING gin (preferences jsonb_path_ops)
    WHERE is_active AND deleted_at IS NULL;
CREATE INDEX users_beta_testers ON users ((preferences ->> 'locale'))
    WHERE preferences ? 'beta' AND deleted_at IS NULL;
-- A part of a name would need pg_trgm, which not every server has:
-- CREATE INDEX ON users USING gin (full_name gin_trgm_ops) WHERE deleted_at IS NULL;

-- One phase in its order.
CREATE INDEX projects_phase_number ON projects (phase, project_number) WHERE is_published;

-- Keyset pages need both columns in the page's direction.
CREATE INDEX user_progress_recent ON user_progress (updated_at DESC, id DESC);
-- One row in two hundred waits for a review, and all of these are among the newest.
CREATE INDEX user_progress_review_queue ON user_progress (updated_at) WHERE status = 'in_review';
CREATE INDEX user_progress_completed ON user_progress (completed_at)
    WHERE completed_at IS NOT NULL;
CREATE INDEX user_progress_best ON user_progress (project_id, score DESC, completed_at)
    WHERE status = 'completed';

-- The editor's lists and the foreign key.
CREATE INDEX code_executions_of_project
    ON code_executions (user_id, project_id, submitted_at DESC);
-- The queue is a handful of rows at the end of a table that only grows.
CREATE INDEX code_executions_queue ON code_executions (status, submitted_at)
    WHERE status IN ('queued', 'running');
CREATE INDEX code_executions_time ON code_executions USING brin (submitted_at)
    WITH (pages_per_range = 8);
