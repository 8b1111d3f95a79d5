"""What is drafted can be built, and the planner takes it: one statement for each kind of index."""

from collections.abc import Iterator

import pytest

from workbench.db import Connection
from workbench.indexes.candidates import RULES, Candidate, generate
from workbench.indexes.reading import read
from workbench.indexes.whatif import Trial, trial
from workbench.workload import files
from workbench.workload.query import Query

SCHEMA = """
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TABLE t (
    id int PRIMARY KEY, owner int NOT NULL, state text NOT NULL, mood mood NOT NULL,
    deleted timestamptz, made timestamptz NOT NULL, name text NOT NULL, code varchar(80) NOT NULL,
    tags text[] NOT NULL, doc jsonb NOT NULL, span tstzrange NOT NULL, place point NOT NULL,
    shape box NOT NULL, address inet NOT NULL, numbers int4range NOT NULL, words tsvector,
    raw json, "Mixed Case" int NOT NULL, twice int GENERATED ALWAYS AS (owner * 2) STORED);
INSERT INTO t SELECT n, n % 400, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'done' END,
    CASE WHEN n % 90 = 0 THEN 'cross' ELSE 'calm' END::mood,
    CASE WHEN n % 40 <> 0 THEN NULL ELSE timestamptz '2025-01-01' + n * interval '1 min' END,
    timestamptz '2025-01-01' + (n + CASE WHEN n % 99 = 0 THEN 9000 ELSE 0 END) * interval '1 min',
    'name ' || n * 7919 % 60000, repeat(md5(n::text), 2), array['a' || n % 900, 'b' || n % 7],
    jsonb_build_object('k', n % 800, 'deep', jsonb_build_object('x', n % 700), 'flag', n % 200 = 0)
        || CASE WHEN n % 60 = 0 THEN jsonb_build_object('late', array[n % 9]::int[]) ELSE '{}' END,
    tstzrange(timestamptz '2025-01-01' + n * interval '1 hour',
              timestamptz '2025-01-01' + n * interval '1 hour' + interval '90 min'),
    point(n % 251, n % 241), box(point(n, n), point(n + 1, n + 1)),
    ('10.' || n % 250 || '.' || n / 250 || '.1')::inet, int4range(n, n + 3),
    to_tsvector('simple', 'word' || n % 3000), json_build_object('k', n % 800), n % 700
FROM generate_series(1, 60000) n;
CREATE TABLE u (a int, b int, c int, note text, PRIMARY KEY (a, b));
INSERT INTO u SELECT n / 4, n % 4, n % 77, repeat('x', 60) FROM generate_series(0, 79999) n;
CREATE DOMAIN labels AS text[];
CREATE TABLE w (id int, marks labels NOT NULL);
INSERT INTO w SELECT n, array['a' || n % 900] FROM generate_series(1, 20000) n;
CREATE TABLE v (a int, b int, FOREIGN KEY (a, b) REFERENCES u);
INSERT INTO v SELECT a, b FROM u WHERE b < 2;
VACUUM ANALYZE
"""

# statement -> the end of the DDL that the planner is to take
PAIRS = {
    "SELECT id FROM t WHERE owner = 7 AND state = 'open'": "(owner) WHERE state = 'open'",
    "SELECT * FROM t WHERE deleted IS NOT NULL AND owner = 3": "(owner) WHERE deleted IS NOT NULL",
    "SELECT name FROM t WHERE deleted IS NULL ORDER BY made DESC LIMIT 5": (
        "(made DESC) WHERE deleted IS NULL"
    ),
    "SELECT * FROM t WHERE mood = 'cross' ORDER BY made LIMIT 9": "(made) WHERE mood = 'cross'",
    "SELECT * FROM t WHERE mood <> 'calm' ORDER BY made LIMIT 9": "(made) WHERE mood <> 'calm'",
    "SELECT * FROM t WHERE state NOT IN ('done', 'x') ORDER BY made LIMIT 9": (
        "(made) WHERE state NOT IN ('done', 'x')"
    ),
    "SELECT id FROM t WHERE owner > 390 ORDER BY made LIMIT 9": "(made) WHERE owner > 390",
    "SELECT * FROM t WHERE owner > twice + 300 ORDER BY made LIMIT 9": (
        "(made) WHERE (twice + 300) < owner"
    ),
    "SELECT * FROM t WHERE name NOT LIKE 'name%' ORDER BY made DESC LIMIT 9": (
        "(made DESC) WHERE name NOT LIKE 'name%'"
    ),
    "SELECT * FROM t WHERE doc ? 'late' ORDER BY made LIMIT 5": "(made) WHERE doc ? 'late'",
    "SELECT * FROM t WHERE doc -> 'late' @> '[3]'": (
        "gin ((doc -> 'late') jsonb_path_ops) WHERE (doc -> 'late') IS NOT NULL"
    ),
    'SELECT * FROM t WHERE doc @> \'{"deep": {"x": 5}}\'': "gin (doc jsonb_path_ops)",
    "SELECT * FROM t WHERE doc ? 'late'": "gin (doc)",
    "SELECT * FROM t WHERE doc @? '$.deep ? (@.x == 5)'": "gin (doc jsonb_path_ops)",
    "SELECT * FROM t WHERE doc ->> 'k' = '7' AND owner = 7": "((doc ->> 'k'))",
    "SELECT * FROM t WHERE raw ->> 'k' = '7'": "((raw ->> 'k'))",
    "SELECT * FROM t WHERE doc #>> '{deep,x}' = '7'": "((doc #>> '{deep,x}'))",
    "SELECT * FROM t WHERE (doc ->> 'k')::int = 7": "(((doc ->> 'k')::integer))",
    "SELECT * FROM t WHERE lower(name) = 'name 5'": "((lower(name)))",
    "SELECT * FROM t WHERE name LIKE 'name 599%'": "(name text_pattern_ops)",
    "SELECT * FROM t WHERE code LIKE 'abcd%'": "(code varchar_pattern_ops)",
    "SELECT * FROM t WHERE lower(name) LIKE 'name 599%'": "((lower(name)) text_pattern_ops)",
    "SELECT * FROM t WHERE code = 'x'": "hash (code)",
    "SELECT * FROM t WHERE tags @> array['a5']": "gin (tags)",
    "SELECT * FROM t WHERE tags && array['a5', 'a6'] AND state = 'open'": (
        "gin (tags) WHERE state = 'open'"
    ),
    "SELECT * FROM t WHERE words @@ to_tsquery('simple', 'word77')": "gin (words)",
    "SELECT * FROM t WHERE to_tsvector('simple', name) @@ to_tsquery('simple', '77')": (
        "gin ((to_tsvector('simple', name)))"
    ),
    "SELECT * FROM t WHERE span && tstzrange('2025-02-01', '2025-02-02')": "gist (span)",
    "SELECT * FROM t WHERE span @> timestamptz '2025-02-01'": "gist (span)",
    "SELECT * FROM t WHERE numbers -|- int4range(5, 6)": "gist (numbers)",
    "SELECT * FROM t WHERE numbers << int4range(5, 6)": "gist (numbers)",
    "SELECT * FROM t WHERE place <@ box '((1,1),(3,3))'": "gist (place)",
    "SELECT * FROM t WHERE shape && box '((1,1),(3,3))'": "gist (shape)",
    "SELECT * FROM t ORDER BY place <-> point '(5,5)' LIMIT 3": "gist (place)",
    "SELECT * FROM t WHERE address << '10.7.0.0/16'": "gist (address inet_ops)",
    "SELECT count(*) FROM t WHERE made BETWEEN '2025-01-20' AND '2025-01-21'": (
        "brin (made timestamptz_minmax_multi_ops) WITH (pages_per_range = 8)"
    ),
    "SELECT count(*) FROM t WHERE deleted IS NULL": "(deleted)",
    "SELECT max(made) FROM t WHERE owner = 7": "(owner, made)",
    "SELECT owner, min(made) FROM t GROUP BY owner": "(owner, made)",
    "SELECT DISTINCT ON (owner) owner, made, id FROM t ORDER BY owner, made DESC": (
        "(owner, made DESC) INCLUDE (id)"
    ),
    "SELECT id FROM t ORDER BY lower(name), id LIMIT 5": "((lower(name)), id)",
    'SELECT id FROM t WHERE "Mixed Case" = 7': '("Mixed Case") INCLUDE (id)',
    "SELECT id FROM t WHERE twice = 14": "(twice) INCLUDE (id)",
    "SELECT id FROM t WHERE owner = 7 AND made > timestamptz '2025-02-08'": "(owner, made)",
    "SELECT sum(u.c) FROM t JOIN u ON u.a = t.owner AND u.b = t.twice % 4": (
        "u (a, b) INCLUDE (c)"
    ),
    "SELECT id FROM t WHERE (owner, made) > (390, '2025-01-05') ORDER BY owner, made LIMIT 5": (
        "(owner, made)"
    ),
    "SELECT id FROM t WHERE date_part('hour', made AT TIME ZONE 'UTC') = 77": (
        "((date_part('hour', made AT TIME ZONE 'UTC')))"
    ),
    "SELECT id FROM t WHERE date_bin('1 day', made, made) = '2025-01-20'": (
        "((date_bin('1 day'::interval, made, made)))"
    ),
    "SELECT id FROM t WHERE jsonb_array_length(doc -> 'late') = 4": (
        "((jsonb_array_length(doc -> 'late')))"
    ),
    "SELECT id FROM t WHERE (owner, twice) IN ((7, 14), (9, 18))": "(owner, twice) INCLUDE (id)",
    "SELECT id FROM t WHERE (doc ->> 'flag')::boolean ORDER BY made LIMIT 9": (
        "(made) WHERE ((doc ->> 'flag')::boolean)"
    ),
    "SELECT id FROM t WHERE doc @> '{\"flag\": true}' ORDER BY made LIMIT 9": (
        "(made) WHERE doc @> '{\"flag\": true}'"
    ),
    'SELECT id FROM t ORDER BY name COLLATE "C", id LIMIT 5': '((name COLLATE "C"), id)',
    "SELECT id FROM t WHERE char_length(name) = 4": "((char_length(name)))",
    "SELECT id FROM t WHERE name || ' ' || code = 'x'": "(((name || ' ') || code))",
    "SELECT id FROM t ORDER BY strpos(name, '5'), id LIMIT 5": "((strpos(name, '5')), id)",
    "SELECT id FROM t WHERE coalesce(deleted, made) > '2031-01-01'": "((COALESCE(deleted, made)))",
    "SELECT id FROM t WHERE extract(year FROM made AT TIME ZONE 'UTC') = 1": (
        "((EXTRACT(year FROM (made AT TIME ZONE 'UTC'))))"
    ),
    "SELECT id FROM t WHERE CASE WHEN owner = 3 THEN id END = 3": (
        "((CASE WHEN (owner = 3) THEN id ELSE NULL::integer END))"
    ),
    "SELECT id FROM t WHERE date_trunc('hour', made, 'UTC') = '2025-01-20 10:00+00'": (
        "((date_trunc('hour', made, 'UTC')))"
    ),
}
PAIRS["SELECT * FROM w WHERE marks @> array['a5']"] = "gin (marks)"
PAIRS["DELETE FROM u WHERE a = 3 AND b = 1"] = "v (a, b)"
NEEDS_EXTENSION = {
    "SELECT * FROM t WHERE name ILIKE '%599%'": "gin (name gin_trgm_ops)",
    "SELECT * FROM t WHERE owner = 7 AND tags @> array['a5']": "gin (owner int4_ops, tags)",
    "SELECT * FROM t WHERE owner = 7 AND span && tstzrange('2025-02-01', '2025-02-02')": (
        "gist (owner gist_int4_ops, span)"
    ),
}


def drafted(connection: Connection, sql: str) -> tuple[Query, tuple[Candidate, ...]]:
    found = read(connection, files.read([f"-- name: q\n{sql}"]), lambda *_: None)
    assert not found.failures, found.failures
    (query,) = found.queries
    return query, generate([("q", use) for use in found.uses["q"]], found.table_of)


def asked_for(found: tuple[Candidate, ...], ending: str) -> list[Candidate]:
    return [each for each in found if each.index.ddl().endswith(f" {ending}")]


@pytest.fixture
def built(database: Connection) -> Iterator[Trial]:
    with trial(database, [], lambda *_: None) as candidates:
        yield candidates


@pytest.mark.parametrize("sql", PAIRS)
def test_it_is_drafted_built_and_used(database: Connection, built: Trial, sql: str) -> None:
    query, found = drafted(database, sql)
    wanted = asked_for(found, PAIRS[sql])
    assert wanted, sorted(each.index.ddl().partition(" ON ")[2] for each in found)
    index = wanted[0].index
    built.build_all([index], lambda *_: None)
    assert index in built.built, built.failed
    assert built.used(built.plan(query, [index])) == {index}


@pytest.mark.parametrize("sql", NEEDS_EXTENSION)
def test_a_missing_extension_is_named(database: Connection, built: Trial, sql: str) -> None:
    _, found = drafted(database, sql)
    (wanted,) = asked_for(found, NEEDS_EXTENSION[sql])
    built.build_all([wanted.index], lambda *_: None)
    if wanted.index not in built.built:  # a server with contrib has it
        assert wanted.index.extension in built.failed[wanted.index]


def test_every_rule_is_tried_here(database: Connection) -> None:
    tried = {each.rule for sql in (*PAIRS, *NEEDS_EXTENSION) for each in drafted(database, sql)[1]}
    assert {rule.__name__ for rule in RULES} - tried == set()
