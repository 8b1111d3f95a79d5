SELECT format_type(t.oid, NULL), t.typcategory::text, format_type(e.oid, NULL), e.typcategory::text,
       s.most_common_vals::text::text[], s.most_common_freqs::float8[],
       s.histogram_bounds::text::text[], s.most_common_elems::text::text[],
       s.most_common_elem_freqs::float8[],
       CASE WHEN t.typcategory = 'B' THEN '{f,t}'
            ELSE (SELECT array_agg(l.enumlabel::text ORDER BY l.enumsortorder)
                  FROM pg_enum l WHERE l.enumtypid = t.oid) END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type d ON d.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
LEFT JOIN pg_stats s
       ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3
ORDER BY s.inherited DESC NULLS LAST
LIMIT 1
