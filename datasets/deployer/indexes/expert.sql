-- What a careful hand makes for the queries of this folder.
-- Nearly every list leaves out what was deleted; the indexes leave it out too.

-- Lists: equality first, then the order of the page, so that a page is read and nothing sorted.
CREATE INDEX repositories_newest ON repositories (created_at DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX repositories_category_stars ON repositories (category, stars DESC, id DESC)
    WHERE deleted_at IS NULL;

-- The filter by language and, from the index alone, the language facet.
CREATE INDEX repositories_language_stars ON repositories (language, stars DESC)
    INCLUDE (health_status) WHERE deleted_at IS NULL;

-- Red and yellow lists: the one repository in twenty that is not healthy.
CREATE INDEX repositories_not_healthy ON repositories (health_status, stars DESC)
    WHERE health_status <> 'healthy' AND deleted_at IS NULL;

-- The scheduler reads the start of this one; it costs mark_checked its HOT updates.
CREATE INDEX repositories_due ON repositories (last_health_check NULLS FIRST)
    WHERE deleted_at IS NULL;

-- Search. A part of a word would need pg_trgm, which not every server has:
-- CREATE INDEX ON repositories USING gin (description gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE INDEX repositories_name_prefix ON repositories (lower(name) text_pattern_ops)
    WHERE deleted_at IS NULL;
CREATE INDEX repositories_words ON repositories
    USING gin (to_tsvector('english', name || ' ' || coalesce(description, '')))
    WHERE deleted_at IS NULL;
CREATE INDEX repositories_topics ON repositories USING gin (topics)
    WHERE deleted_at IS NULL;
CREATE INDEX repositories_metadata ON repositories USING gin (metadata jsonb_path_ops)
    WHERE deleted_at IS NULL;
CREATE INDEX repositories_funded ON repositories (stars DESC)
    WHERE metadata ? 'funding' AND deleted_at IS NULL;
CREATE INDEX repositories_license_stars ON repositories ((metadata ->> 'license'), stars DESC)
    WHERE deleted_at IS NULL;

-- The other direction of the m:n tables. (collection_id, "position") would be the curator's order,
-- but behind a slug the planner expects a collection of average size and sorts it anyway.
CREATE INDEX repository_tags_tag ON repository_tags (tag_id);
CREATE INDEX collection_repositories_repository ON collection_repositories (repository_id);
CREATE INDEX collections_curator ON collections (lower(curator_email))
    WHERE deleted_at IS NULL;

-- History of one repository; failures are three in a hundred; the table lies in time order.
CREATE INDEX health_checks_history ON health_checks (repository_id, checked_at DESC);
CREATE INDEX health_checks_failures ON health_checks (repository_id, checked_at DESC)
    WHERE status <> 'passed';
CREATE INDEX health_checks_time ON health_checks USING brin (checked_at)
    WITH (pages_per_range = 8);
