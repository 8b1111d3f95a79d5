-- Collections that people put together.

-- name: collection_page
-- weight: 90
-- Collection page: its first fifty repositories in the curator's order.
SELECT collection_repositories."position", collection_repositories.note,
       repositories.id, repositories.url, repositories.name, repositories.stars
FROM collections
JOIN collection_repositories ON collection_repositories.collection_id = collections.id
JOIN repositories ON repositories.id = collection_repositories.repository_id
WHERE collections.slug = 'turbo-swift-892'
  AND collections.deleted_at IS NULL
  AND repositories.deleted_at IS NULL
ORDER BY collection_repositories."position"
LIMIT 50;

-- name: collections_of_curator
-- weight: 40
-- "My collections", by the address of the signed-in user, who may have typed it in capitals.
SELECT id, slug, title, is_public, updated_at
FROM collections
WHERE lower(curator_email) = 'laura.kowalski@mail.example.com' AND deleted_at IS NULL
ORDER BY updated_at DESC;

-- name: collections_with_repository
-- weight: 45
-- Detail page: the public collections that hold a repository.
SELECT collections.slug, collections.title
FROM collection_repositories
JOIN collections ON collections.id = collection_repositories.collection_id
WHERE collection_repositories.repository_id = 73
  AND collections.is_public
  AND collections.deleted_at IS NULL
ORDER BY collections.updated_at DESC
LIMIT 10;

-- name: tags_of_curator
-- weight: 4
-- Profile page: which tags a curator's collections are about.
SELECT tags.name, count(DISTINCT repositories.id) AS repositories
FROM collections
JOIN collection_repositories ON collection_repositories.collection_id = collections.id
JOIN repositories ON repositories.id = collection_repositories.repository_id
JOIN repository_tags ON repository_tags.repository_id = repositories.id
JOIN tags ON tags.id = repository_tags.tag_id
WHERE lower(collections.curator_email) = 'anna.hansen@example.net'
  AND repositories.deleted_at IS NULL
GROUP BY tags.name
ORDER BY repositories DESC
LIMIT 20;
