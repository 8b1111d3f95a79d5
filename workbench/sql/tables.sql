SELECT n.nspname, c.relname, c.relkind::text, whole.rows::float8, whole.size::int8, whole.toasted,
       (SELECT ARRAY[pn.nspname, p.relname]::text[]
        FROM pg_class p JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE c.relispartition AND p.oid = pg_partition_root(c.oid)),
       ARRAY(SELECT (SELECT jsonb_agg(k.attname) FROM pg_attribute k
                     WHERE k.attrelid = c.oid AND k.attnum = ANY (i.indkey::int2[]))
             FROM pg_index i
             WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
               AND 0 <> ALL (i.indkey::int2[]) AND i.indnatts = i.indnkeyatts),
       a.attname, CASE WHEN held.typtype = 'd' THEN format_type(held.typbasetype, held.typtypmod)
                       ELSE format_type(a.atttypid, a.atttypmod) END, a.attnotnull
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type held ON held.oid = a.atttypid
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.relkind = 'p' THEN coalesce(sum(l.reltuples) FILTER (WHERE l.reltuples > 0), 0)
                ELSE c.reltuples END AS rows,
           CASE WHEN c.relkind = 'p' THEN coalesce(sum(pg_relation_size(l.oid)), 0)
                WHEN c.relkind IN ('r', 'm', 't') THEN pg_relation_size(c.oid) ELSE 0 END AS size,
           coalesce(bool_or(pg_relation_size(nullif(l.reltoastrelid, 0)) > 0),
                    pg_relation_size(nullif(c.reltoastrelid, 0)) > 0, false) AS toasted
    FROM pg_partition_tree(CASE WHEN c.relkind = 'p' THEN c.oid END) t
    JOIN pg_class l ON l.oid = t.relid AND t.isleaf AND l.relkind = 'r'
) whole
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY n.nspname, c.relname, a.attnum
