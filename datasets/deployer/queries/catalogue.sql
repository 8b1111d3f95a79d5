-- The catalogue: lists, filters, facets and pages.

-- name: newest_repositories
-- weight: 200
-- Start page: what was added last.
SELECT id, url, owner, name, description, language, category, stars, topics, created_at
FROM repositories
WHERE deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 30;

-- name: top_of_category
-- weight: 160
-- Category page: the best known of the commonest category.
SELECT id, url, name, description, language, stars, health_status
FROM repositories
WHERE category = 'web-backend' AND deleted_at IS NULL
ORDER BY stars DESC, id DESC
LIMIT 30;

-- name: next_page_of_category
-- weight: 40
-- Category page, endless scrolling: what comes after the last row shown.
SELECT id, url, name, description, language, stars, health_status
FROM repositories
WHERE category = 'web-backend'
  AND deleted_at IS NULL
  AND (stars, id) < (9, 21000)
ORDER BY stars DESC, id DESC
LIMIT 30;

-- name: far_page_by_number
-- weight: 8
-- Category page, reached by page number from a search engine.
SELECT id, url, name, stars
FROM repositories
WHERE category = 'devtools' AND deleted_at IS NULL
ORDER BY stars DESC, id DESC
LIMIT 30 OFFSET 3000;

-- name: language_and_stars
-- weight: 80
-- Filter panel: one language and a least number of stars.
SELECT id, url, name, description, stars, pushed_at
FROM repositories
WHERE language = 'Rust' AND stars >= 500 AND deleted_at IS NULL
ORDER BY stars DESC
LIMIT 50;

-- name: language_facet
-- weight: 60
-- Filter panel and start page: the numbers of every language in one pass.
SELECT language,
       count(*) AS repositories,
       count(*) FILTER (WHERE health_status = 'unhealthy') AS unhealthy,
       min(stars) AS fewest_stars,
       max(stars) AS most_stars
FROM repositories
WHERE deleted_at IS NULL
GROUP BY language
ORDER BY repositories DESC;

-- name: tags_of_page
-- weight: 200
-- Every list page: the tags of the repositories shown, fetched at once.
SELECT repository_tags.repository_id, tags.id, tags.name
FROM repository_tags
JOIN tags ON tags.id = repository_tags.tag_id
WHERE repository_tags.repository_id IN (
    29871, 29874, 29875, 29880, 29882, 29883, 29891, 29893, 29894, 29902,
    29903, 29907, 29911, 29915, 29918, 29921, 29924, 29930, 29931, 29936,
    29940, 29944, 29947, 29952, 29958, 29961, 29963, 29970, 29977, 29985
);

-- name: repositories_with_tag
-- weight: 90
-- Tag page: the best known repositories that carry a tag.
SELECT repositories.id, repositories.url, repositories.name, repositories.stars
FROM tags
JOIN repository_tags ON repository_tags.tag_id = tags.id
JOIN repositories ON repositories.id = repository_tags.repository_id
WHERE tags.name = 'geospatial' AND repositories.deleted_at IS NULL
ORDER BY repositories.stars DESC
LIMIT 30;
