-- What an experienced hand would create for queries/*.sql, written before the advisor was tuned.
-- Primary keys and uniques stay as they are; no index where one of them serves (public_id, key_hash,
-- the project side of members). Only what every server has: where pg_trgm can be had, message_search
-- wants gin (message gin_trgm_ops) besides. Nothing for what runs once a month or is small anyway.

-- Sign-in; deleted accounts never sign in.
CREATE INDEX expert_users_email ON auth.users (lower(email)) WHERE deleted_at IS NULL;

-- The queue and the watchdog: a handful of rows, whatever the table grows to.
CREATE INDEX expert_sessions_queued ON production.analysis_sessions (created_at)
    WHERE status = 'queued';
CREATE INDEX expert_sessions_running ON production.analysis_sessions (started_at)
    WHERE status = 'running';

-- Project page: newest first, with id for keyset pages. The curve and the start page use it too.
CREATE INDEX expert_sessions_project
    ON production.analysis_sessions (project_id, created_at DESC, id DESC);

-- One session in fourteen did not succeed.
CREATE INDEX expert_sessions_failed ON production.analysis_sessions (created_at)
    WHERE status IN ('failed', 'cancelled');

-- Results are searched by containment only: the smaller class.
CREATE INDEX expert_sessions_result ON production.analysis_sessions
    USING gin (result jsonb_path_ops) WHERE result IS NOT NULL;

-- An expression on a key that one result in eight has; ? is strict, so the planner sees that the
-- predicate holds.
CREATE INDEX expert_sessions_warnings ON production.analysis_sessions
    USING gin ((result -> 'warnings')) WHERE (result -> 'warnings') IS NOT NULL;

CREATE INDEX expert_projects_owner ON projects.projects (owner_id) WHERE archived_at IS NULL;
CREATE INDEX expert_members_user ON projects.members (user_id);

CREATE INDEX expert_findings_session ON production.findings (session_id);

-- Open findings are 6 % of all: in the order of the project page, and the facets from it alone.
CREATE INDEX expert_findings_open
    ON production.findings (project_id, severity DESC, created_at DESC) INCLUDE (category)
    WHERE status = 'open';
CREATE INDEX expert_findings_assigned ON production.findings (assignee_id, created_at DESC)
    WHERE status = 'open' AND assignee_id IS NOT NULL;

-- A project's files, exact and by prefix under any collation.
CREATE INDEX expert_findings_file
    ON production.findings (project_id, file_path text_pattern_ops);

-- Rows lie in the order of time: BRIN for windows over all projects.
CREATE INDEX expert_findings_created ON production.findings
    USING brin (created_at) WITH (pages_per_range = 8);

-- Weaknesses by containment. Not partial: that a document contains {"cwe": …} does not prove to the
-- planner that it has the key.
CREATE INDEX expert_findings_details ON production.findings USING gin (details jsonb_path_ops);

CREATE INDEX expert_comments_finding ON production.comments (finding_id, created_at)
    WHERE deleted_at IS NULL;
CREATE INDEX expert_audit_user ON production.audit_log (user_id, happened_at DESC);
