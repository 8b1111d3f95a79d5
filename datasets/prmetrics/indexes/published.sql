-- The set that the system's plan promised (claims S2.1, S2.3 and S2.4). Nothing on reviews, commits
-- or members: no claim names them.
CREATE INDEX pull_requests_team_updated ON pull_requests (team_id, updated_at DESC);
CREATE INDEX pull_requests_labels ON pull_requests USING gin (labels);
CREATE INDEX pull_requests_llm_summary ON pull_requests USING gin (llm_summary);
CREATE INDEX pull_requests_files ON pull_requests USING gin (files);
