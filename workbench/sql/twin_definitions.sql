SELECT CASE
         WHEN k.oid IS NOT NULL
         THEN format('ALTER TABLE %s ADD %s', $2::text, pg_get_constraintdef(k.oid))
         ELSE format('CREATE %sINDEX ON %s%s', CASE WHEN i.indisunique THEN 'UNIQUE ' END, $2::text,
                substr(pg_get_indexdef(c.oid), 1 + length(format(
                  'CREATE %sINDEX %I ON %s%I.%I', CASE WHEN i.indisunique THEN 'UNIQUE ' END,
                  c.relname, CASE WHEN c.relkind = 'I' THEN 'ONLY ' END, n.nspname, t.relname))))
       END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = $1::regclass
  AND i.indislive
  AND obj_description(c.oid, 'pg_class') IS DISTINCT FROM $3
ORDER BY k.contype = 'p' DESC NULLS LAST, c.relname
