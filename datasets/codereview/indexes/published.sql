-- The set that the system's plan promised: 27, six of them partial, four GIN.

-- auth
CREATE INDEX users_email ON auth.users (email);
CREATE INDEX users_created_at ON auth.users (created_at);
CREATE INDEX users_active ON auth.users (id) WHERE is_active;
CREATE INDEX api_keys_user ON auth.api_keys (user_id);
CREATE INDEX api_keys_active ON auth.api_keys (key_hash) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_expiry ON auth.api_keys (expires_at) WHERE expires_at IS NOT NULL;

-- projects
CREATE INDEX projects_owner ON projects.projects (owner_id);
CREATE INDEX projects_language ON projects.projects (language);
CREATE INDEX projects_active ON projects.projects (owner_id, created_at DESC)
    WHERE archived_at IS NULL;
CREATE INDEX projects_settings ON projects.projects USING gin (settings);
CREATE INDEX projects_tags ON projects.projects USING gin (tags);
CREATE INDEX members_user ON projects.members (user_id);
CREATE INDEX members_role ON projects.members (project_id, role);

-- production
CREATE INDEX sessions_project ON production.analysis_sessions (project_id);
CREATE INDEX sessions_requested_by ON production.analysis_sessions (requested_by);
CREATE INDEX sessions_status ON production.analysis_sessions (status);
CREATE INDEX sessions_created_at ON production.analysis_sessions (created_at DESC);
CREATE INDEX sessions_project_created ON production.analysis_sessions (project_id, created_at DESC);
CREATE INDEX sessions_unfinished ON production.analysis_sessions (created_at)
    WHERE status IN ('queued', 'running');
CREATE INDEX sessions_result ON production.analysis_sessions USING gin (result);
CREATE INDEX findings_session ON production.findings (session_id);
CREATE INDEX findings_severity ON production.findings (severity);
CREATE INDEX findings_project_severity ON production.findings (project_id, severity);
CREATE INDEX findings_open ON production.findings (project_id, created_at DESC)
    WHERE status = 'open';
CREATE INDEX findings_details ON production.findings USING gin (details);
CREATE INDEX comments_finding ON production.comments (finding_id);
CREATE INDEX audit_log_user ON production.audit_log (user_id, happened_at DESC);
