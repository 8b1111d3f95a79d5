-- The set that the system's plan promised: one column each.
CREATE INDEX repositories_category ON repositories (category);
CREATE INDEX repositories_health_status ON repositories (health_status);
CREATE INDEX repositories_created_at ON repositories (created_at);
CREATE INDEX repositories_last_health_check ON repositories (last_health_check);
