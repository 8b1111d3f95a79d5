SELECT s.schemaname, s.tablename, s.attname, s.n_distinct::float8, s.null_frac::float8, s.avg_width,
       s.correlation::float8, s.most_common_vals::text::text[], s.most_common_freqs::float8[]
FROM pg_stats s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE (s.schemaname, s.tablename) IN (SELECT * FROM unnest($1::text[], $2::text[]))
  AND s.inherited = (c.relkind = 'p')
