SELECT current_setting('server_version'),
       current_setting('is_superuser')::bool,
       ARRAY(SELECT name::text FROM pg_available_extensions ORDER BY name),
       (SELECT coalesce(jsonb_object_agg(lower(name), current_setting(name)), '{}')
          FROM pg_settings
         WHERE lower(name) = ANY ($1::text[]))
