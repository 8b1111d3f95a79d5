SELECT format_type(t.oid, NULL), t.typcategory::text, format_type(e.oid, NULL), e.typcategory::text
FROM pg_prepared_statements p
CROSS JOIN unnest(p.parameter_types) WITH ORDINALITY AS parameter (type, place)
JOIN pg_type t ON t.oid = parameter.type::oid
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE p.name = $1
ORDER BY parameter.place
