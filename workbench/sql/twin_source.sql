SELECT c.relkind::text, c.relpersistence::text,
       (SELECT sum(greatest(p.reltuples, 0))
        FROM pg_class p
        WHERE p.oid = c.oid OR p.oid IN (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf)),
       ARRAY(SELECT replace(pg_get_triggerdef(t.oid), format(' ON %I.%I ', n.nspname, c.relname),
                            format(' ON %s ', $2::text))
             FROM pg_trigger t
             WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
               AND (t.tgtype & 3) = 3)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = $1::regclass
