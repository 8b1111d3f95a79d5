SELECT s.attname,
       format_type(a.atttypid, a.atttypmod) AS type,
       s.null_frac::float8,
       CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(c.reltuples, 0)
            ELSE s.n_distinct END::float8 AS distinct_values,
       (s.most_common_vals::text::text[])[1] AS top_value,
       s.most_common_freqs[1]::float8 AS top_share,
       s.correlation::float8
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
WHERE c.oid = $1::regclass
ORDER BY a.attnum
