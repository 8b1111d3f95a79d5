SELECT coalesce(sum(pg_stat_get_xact_tuples_fetched(oid)), 0)::bigint
       + coalesce(sum(pg_stat_get_xact_tuples_returned(oid)) FILTER (WHERE relkind = 'r'), 0)::bigint
           AS rows,
       coalesce(sum(pg_stat_get_xact_blocks_fetched(oid)), 0)::bigint AS pages
FROM pg_class
WHERE oid = CAST(:relation AS regclass)
   OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = CAST(:relation AS regclass))
