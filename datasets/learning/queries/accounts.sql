-- Accounts: signing in, administration and mailings.

-- name: sign_in
-- weight: 300
-- Sign-in form: the account of an address, however it was typed.
SELECT id, username, plan, is_active
FROM users
WHERE lower(email) = 'emma.wilson7086@example.com' AND deleted_at IS NULL;

-- name: profile_by_username
-- weight: 100
-- Public profile page.
SELECT id, username, full_name, interests, created_at
FROM users
WHERE username = 'emre47' AND deleted_at IS NULL;

-- name: username_prefix
-- weight: 20
-- Administration, search box while typing.
SELECT id, username, email, plan
FROM users
WHERE username LIKE 'tunde1%'
ORDER BY username
LIMIT 20;

-- name: part_of_name
-- weight: 4
-- Administration, search after Enter: any part of the full name.
SELECT id, username, full_name, email
FROM users
WHERE full_name ILIKE '%okaf%' AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;

-- name: interested_in
-- weight: 5
-- Mailing: who is interested in all of some subjects.
SELECT id, email
FROM users
WHERE interests @> ARRAY['rust', 'wasm'] AND is_active AND deleted_at IS NULL;

-- name: daily_digest_about_jobs
-- weight: 4
-- Mailing, every morning: who wants the daily letter about jobs, from the document of settings.
SELECT id, email, preferences ->> 'locale' AS locale
FROM users
WHERE preferences @> '{"newsletter": {"topic": "jobs", "digest": "daily"}}'
  AND is_active AND deleted_at IS NULL;

-- name: beta_testers
-- weight: 3
-- Release job: accounts whose settings have the key at all, in one language.
SELECT id, username, preferences -> 'beta' AS features
FROM users
WHERE preferences ? 'beta' AND preferences ->> 'locale' = 'de' AND deleted_at IS NULL;

-- name: never_started
-- weight: 1
-- Mailing, weekly: signed up last month and began nothing.
SELECT id, email
FROM users
WHERE created_at >= timestamptz '2025-12-01 00:00:00+00'
  AND created_at < timestamptz '2025-12-25 00:00:00+00'
  AND deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM user_progress WHERE user_progress.user_id = users.id);
