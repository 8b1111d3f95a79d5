SELECT c.relname, am.amname, i.indisunique OR i.indisexclusion,
       ARRAY(SELECT a.attname::text
             FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS key (number, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = key.number
             ORDER BY key.place),
       ARRAY(SELECT a.attname::text
             FROM pg_depend d
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
             WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
               AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
             UNION
             SELECT a.attname::text
             FROM unnest(i.indkey) number
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = number)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am am ON am.oid = c.relam
WHERE i.indrelid = $1::regclass
ORDER BY i.indexrelid
