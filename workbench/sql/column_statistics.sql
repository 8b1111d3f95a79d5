SELECT s.schemaname, s.tablename, s.attname, s.n_distinct::float8, s.null_frac::float8, s.avg_width,
       s.correlation::float8, s.most_common_vals::text::text[], s.most_common_freqs::float8[],
       CASE WHEN a.atttypid = ANY
                     ('{smallint,integer,bigint,numeric,real,double precision}'::regtype[])
            THEN s.histogram_bounds::text::float8[] END
FROM pg_stats s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
WHERE (s.schemaname, s.tablename) IN (SELECT * FROM unnest($1::text[], $2::text[]))
  AND s.inherited = (c.relkind = 'p')
