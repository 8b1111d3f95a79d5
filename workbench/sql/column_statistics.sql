SELECT s.schemaname, s.tablename, s.attname, s.n_distinct::float8, s.null_frac::float8, s.avg_width,
       s.correlation::float8, s.most_common_vals::text::text[], s.most_common_freqs::float8[]
FROM pg_stats s
WHERE (s.schemaname, s.tablename) IN (SELECT * FROM unnest($1::text[], $2::text[]))
  AND NOT s.inherited
