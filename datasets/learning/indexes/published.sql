-- The set that the system's plan promised: seven, on one or two columns.
CREATE INDEX projects_phase ON projects (phase);
CREATE INDEX projects_difficulty ON projects (difficulty);
CREATE INDEX projects_phase_number ON projects (phase, project_number);
CREATE INDEX user_progress_user ON user_progress (user_id);
CREATE INDEX user_progress_user_status ON user_progress (user_id, status);
CREATE INDEX user_progress_updated_at ON user_progress (updated_at);
CREATE INDEX code_executions_user ON code_executions (user_id);
