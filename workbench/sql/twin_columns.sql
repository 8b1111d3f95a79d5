SELECT a.attname, format_type(a.atttypid, a.atttypmod),
       CASE WHEN t.typname = 'uuid' THEN 'uuid' ELSE t.typcategory::text END,
       a.atttypmod > 0 AND t.typcategory = 'S',
       CASE WHEN t.typname = 'uuid' THEN pg_get_expr(d.adbin, d.adrelid) END
FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
JOIN pg_type own ON own.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE own.typtype WHEN 'd' THEN own.typbasetype ELSE own.oid END
WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
