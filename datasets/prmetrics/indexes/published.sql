-- The set that the system's plan promised. It named nothing on reviews, commits or members.
CREATE INDEX pull_requests_team_updated ON pull_requests (team_id, updated_at DESC);
CREATE INDEX pull_requests_labels ON pull_requests USING gin (labels);
CREATE INDEX pull_requests_llm_summary ON pull_requests USING gin (llm_summary);
CREATE INDEX pull_requests_files ON pull_requests USING gin (files);
