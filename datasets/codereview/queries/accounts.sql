-- Sign-in, keys, membership and the audit trail.

-- name: user_by_email
-- weight: 150
-- Sign-in: the account of an address in whatever case it was typed.
SELECT id, email, role, plan
FROM auth.users
WHERE lower(email) = 'peter.silva1045@example.net' AND deleted_at IS NULL;

-- name: key_with_user
-- weight: 500
-- Every API call: the key, if it is valid, and whose it is.
SELECT k.id, k.scopes, u.id AS user_id, u.plan
FROM auth.api_keys k
JOIN auth.users u ON u.id = k.user_id
WHERE k.key_hash = '24634165aae388a7c84f27a0b280ba163d74547ed97b39b2811159d516d3ca3a'
  AND k.revoked_at IS NULL
  AND u.is_active;

-- name: projects_by_tag
-- weight: 15
-- Catalogue: active projects with a tag.
SELECT id, slug, name, language
FROM projects.projects
WHERE tags @> ARRAY['kubernetes'] AND archived_at IS NULL
ORDER BY created_at DESC
LIMIT 30;

-- name: activity_of_user
-- weight: 40
-- Account page: the user's latest traces.
SELECT happened_at, action, project_id, payload
FROM production.audit_log
WHERE user_id = 3
ORDER BY happened_at DESC
LIMIT 50;
