-- What an experienced hand would create for queries/*.sql, written before the advisor was tuned.
-- Primary keys and uniques stay as they are. Only what every server has: where pg_trgm can be had,
-- title_infix wants gin (title gin_trgm_ops) besides. Nothing for drop_old_commits: a job that runs
-- once a month is no reason to charge every insert.

-- The team's lists, newest change first: equality, then range and order in one.
CREATE INDEX expert_pr_team_updated ON pull_requests (team_id, updated_at DESC);

-- Whatever asks for open ones: 2 % of the rows, so the index is tiny. The panel's order is in it.
CREATE INDEX expert_pr_open ON pull_requests (team_id, created_at) WHERE state = 'open';

-- state_facets counts from the index alone; label_common_of_team reads newest first and stops.
CREATE INDEX expert_pr_team_created ON pull_requests (team_id, created_at DESC)
    INCLUDE (state, is_draft) WHERE excluded_at IS NULL;

-- cycle_time_by_week: the merged ones of twelve weeks.
CREATE INDEX expert_pr_team_merged ON pull_requests (team_id, merged_at)
    WHERE merged_at IS NOT NULL;

-- Profile pages by keyset and by offset, in the order of the screen. One side of
-- mine_or_merged_by_me as well; the next one is the other side of its OR.
CREATE INDEX expert_pr_author ON pull_requests (author_id, created_at DESC, id DESC);
CREATE INDEX expert_pr_merged_by ON pull_requests (merged_by_id, updated_at DESC)
    WHERE merged_by_id IS NOT NULL;

-- Labels are asked for with ? and ?| too, which jsonb_path_ops cannot answer.
CREATE INDEX expert_pr_labels ON pull_requests USING gin (labels);

-- Summaries and files only with @> and @?: the class that is a third of the size.
CREATE INDEX expert_pr_summary ON pull_requests USING gin (llm_summary jsonb_path_ops)
    WHERE llm_summary IS NOT NULL;
CREATE INDEX expert_pr_files ON pull_requests USING gin (files jsonb_path_ops);

-- ->> cannot use GIN. Newest first within a type.
CREATE INDEX expert_pr_type ON pull_requests ((llm_summary ->> 'type'), created_at DESC)
    WHERE llm_summary IS NOT NULL;

-- Prefixes under any collation.
CREATE INDEX expert_pr_title ON pull_requests (title text_pattern_ops);

CREATE INDEX expert_members_email ON members (lower(email));
CREATE INDEX expert_reviews_pull_request ON reviews (pull_request_id, submitted_at DESC);
CREATE INDEX expert_commits_pull_request ON commits (pull_request_id);

-- The weekly report reads the last month: rows lie nearly in the order of time, so BRIN does, with
-- several ranges a block for the few late reviews among the others.
CREATE INDEX expert_reviews_submitted ON reviews
    USING brin (submitted_at timestamptz_minmax_multi_ops) WITH (pages_per_range = 8);
