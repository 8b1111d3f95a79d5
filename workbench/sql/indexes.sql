SELECT n.nspname, t.relname, c.relname, am.amname, i.indisunique, i.indisvalid,
       coalesce(pg_get_expr(i.indpred, i.indrelid, true), ''),
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
                    || coalesce(' COLLATE ' || quote_ident(l.collname), '')
             FROM generate_series(1, i.indnkeyatts) k
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1]
             LEFT JOIN pg_collation l ON l.oid = i.indcollation[k - 1] AND a.attcollation <> l.oid
             ORDER BY k),
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(i.indnkeyatts + 1, i.indnatts) k),
       i.indoption::int2[],
       ARRAY(SELECT CASE WHEN o.opcdefault THEN '' ELSE o.opcname END
             FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS k (class, place)
             JOIN pg_opclass o ON o.oid = k.class ORDER BY k.place)::text[],
       pg_relation_size(c.oid),
       coalesce(obj_description(c.oid, 'pg_class') = $1, false)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am am ON am.oid = c.relam
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT c.relispartition
ORDER BY n.nspname, t.relname, c.relname
