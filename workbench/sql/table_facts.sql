SELECT c.oid::regclass::text,
       pg_table_size(c.oid) AS heap_bytes,
       pg_indexes_size(c.oid) AS index_bytes
FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place)
JOIN pg_class c ON c.oid = wanted.name::regclass
ORDER BY wanted.place
