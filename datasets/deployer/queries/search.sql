-- The search box and the advanced search, which looks into arrays and documents.

-- name: name_prefix
-- weight: 120
-- Search box while typing: names that begin with what is typed.
SELECT id, owner, name
FROM repositories
WHERE lower(name) LIKE 'quantum-p%' AND deleted_at IS NULL
ORDER BY lower(name)
LIMIT 10;

-- name: words_in_name_or_description
-- weight: 12
-- Search box after Enter: all words, best known first.
SELECT id, url, name, description, stars
FROM repositories
WHERE to_tsvector('english', name || ' ' || coalesce(description, ''))
      @@ websearch_to_tsquery('english', 'kubernetes scheduler')
  AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 20;

-- name: part_of_description
-- weight: 12
-- Advanced search, "contains": any part of a word.
SELECT id, url, name, description
FROM repositories
WHERE description ILIKE '%geospat%' AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 20;

-- name: with_all_topics
-- weight: 30
-- Advanced search: repositories that have every topic of a list.
SELECT id, url, name, topics, stars
FROM repositories
WHERE topics @> ARRAY['postgres', 'rust'] AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 20;

-- name: deployed_to
-- weight: 15
-- Advanced search: where it runs, from the document.
SELECT id, url, name, metadata -> 'deploy' ->> 'region' AS region
FROM repositories
WHERE metadata @> '{"deploy": {"target": "nomad"}}' AND deleted_at IS NULL;

-- name: asks_for_funding
-- weight: 6
-- Sponsors page: documents that have the key at all, best known first.
SELECT id, url, name, stars, metadata -> 'funding' ->> 'platform' AS platform
FROM repositories
WHERE metadata ? 'funding' AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 50;

-- name: by_license
-- weight: 25
-- Licence audit: one licence, which is a path in the document.
SELECT id, url, name, stars
FROM repositories
WHERE metadata ->> 'license' = 'EUPL-1.2' AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 100;
