"""Kinds that need an extension: with it they are built, proven and printed; without, named."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest

from workbench import db
from workbench.db import Connection, fetch_all
from workbench.indexes.advice import Advice
from workbench.indexes.candidates import KINDS
from workbench.session import open_server

sys.path.append(str(Path(__file__).resolve().parents[1] / "session"))

from elsewhere import Foreign, running

SCHEMA = """
CREATE EXTENSION hstore;
CREATE TABLE notes (
    id int PRIMARY KEY, tenant int NOT NULL, owner int NOT NULL, title text NOT NULL,
    tags text[] NOT NULL, doc jsonb NOT NULL, attributes hstore NOT NULL);
INSERT INTO notes
SELECT n, n % 9, n % 11, md5(n::text) || ' ' || md5((n * 7)::text),
       array['t' || n % 10, 'u' || n % 7], jsonb_build_object('k', n % 10, 'j', n % 3),
       hstore('colour', 'c' || n % 300)
           || CASE WHEN n % 400 = 0 THEN hstore('late', '1') ELSE '' END
FROM generate_series(1, 20000) n;
CREATE TABLE words (id int PRIMARY KEY, word text NOT NULL);
INSERT INTO words SELECT n, md5(n::text) FROM generate_series(1, 20000) n;
VACUUM ANALYZE
"""
QUERIES = """
-- name: anywhere
SELECT id FROM notes WHERE title ILIKE '%abcd%';
-- name: has_key
SELECT id FROM notes WHERE attributes ? 'late';
-- name: holds
SELECT id FROM notes WHERE attributes @> 'colour=>c7';
-- name: tagged
-- param: tenant=7
SELECT id, title FROM notes WHERE tenant = :tenant AND tags @> array['t7'];
-- name: inside
-- param: owner=7
SELECT id, title FROM notes WHERE owner = :owner AND doc @> '{"k": 7}';
"""
ALIKE = "-- name: alike\nSELECT id, word FROM words ORDER BY word <-> 'c4ca4238a0b92' LIMIT 5;"
TRIGRAM = "notes USING gin (title gin_trgm_ops)"


@pytest.fixture(scope="module")
def debian(scratch_home: Path) -> Iterator[Foreign]:
    """Debian's PostgreSQL 15, which has the contrib extensions and hypopg."""
    folder = scratch_home / "with contrib"
    folder.mkdir()
    with running("15", folder) as started:
        yield started


@pytest.fixture(scope="module")
def notes(debian: Foreign) -> Iterator[str]:
    """A database with notes, which belongs to ``app``; only hstore is created in it."""
    with notebook(debian) as name:
        yield name


@contextmanager
def notebook(debian: Foreign) -> Iterator[str]:
    name = f"notes_{token_hex(4)}"
    with db.connect(debian.url("boss", "postgres")) as boss:
        boss.execute(f"CREATE DATABASE {name} OWNER app")
    with db.connect(debian.url("app", name)) as app:
        for statement in SCHEMA.split(";"):
            app.execute(statement)
    try:
        yield name
    finally:
        with db.connect(debian.url("boss", "postgres")) as boss:
            boss.execute(f"DROP DATABASE {name} WITH (FORCE)")


def suggest(url: str, sql: str, *, disposable: bool, kinds: Sequence[str] = KINDS) -> Advice:
    with open_server(url, disposable=disposable) as server:
        return server.database().suggest_indexes(sql, kinds=kinds)


def places(advice: Advice) -> dict[str, tuple[str, ...]]:
    return {each.index.ddl().partition(" ON ")[2]: each.used_by for each in advice.indexes}


def reason(advice: Advice, place: str) -> str:
    return next(each.reason for each in advice.rejected if each.ddl.endswith(f" ON {place}"))


def extensions(connection: Connection) -> set[str]:
    return {name for (name,) in fetch_all(connection, "SELECT extname::text FROM pg_extension")}


@pytest.mark.parametrize("user", ["boss", "app"])
def test_the_kinds_of_contrib_are_proven_and_printed(debian: Foreign, user: str) -> None:
    """As a superuser candidates are hidden, as the tables' owner they are dropped."""
    with notebook(debian) as name:
        url = debian.url(user, name)
        # two btrees and a GIN that are read together take as long as one GIN on both columns
        advice = suggest(url, QUERIES, disposable=True, kinds=("gin", "trigram"))
        found = places(advice)
        assert {query.name: query.status for query in advice.queries} == dict.fromkeys(
            ("anywhere", "has_key", "holds", "tagged", "inside"), "improved"
        )
        assert found[TRIGRAM] == ("anywhere",)
        assert found["notes USING gin (attributes)"] == ("has_key", "holds")
        for query, place in {
            "tagged": "notes USING gin (tenant int4_ops, tags)",
            "inside": "notes USING gin (owner int4_ops, doc jsonb_path_ops)",
        }.items():
            assert found[place] == (query,)
        assert {each.verdict for each in advice.indexes} == {"proven"}
        with db.connect(url) as connection:
            assert extensions(connection) == {"plpgsql", "hstore"}  # those for the trial are gone
            created = [line for line in advice.to_sql().splitlines() if "EXTENSION" in line]
            assert created == [
                "CREATE EXTENSION IF NOT EXISTS btree_gin;",
                "CREATE EXTENSION IF NOT EXISTS pg_trgm;",
            ]
            for statement in statements(advice.to_sql()):
                connection.execute(statement)
            plan = "\n".join(
                line
                for (line,) in fetch_all(
                    connection, "EXPLAIN SELECT id FROM notes WHERE title ILIKE '%abcd%'"
                )
            )
        assert "notes_title" in plan


def test_what_is_most_alike_is_found_by_gist(debian: Foreign) -> None:
    """Its operator is one of pg_trgm's own, so the extension is there before and stays."""
    with notebook(debian) as name, db.connect(debian.url("boss", name)) as boss:
        boss.execute("CREATE EXTENSION pg_trgm")
        advice = suggest(debian.url("app", name), ALIKE, disposable=True)
        assert places(advice) == {"words USING gist (word gist_trgm_ops)": ("alike",)}
        assert [each.verdict for each in advice.indexes] == ["proven"]
        assert "pg_trgm" in extensions(boss)


def statements(sql: str) -> list[str]:
    lines = [line for line in sql.splitlines() if not line.startswith("--")]
    return [part for part in "\n".join(lines).split(";") if part.strip()]


def test_an_extension_that_is_only_read_of_is_named(debian: Foreign, notes: str) -> None:
    """It could be created there, but nothing is created in a database that is only read."""
    advice = suggest(debian.url("app", notes), QUERIES, disposable=False)
    assert reason(advice, TRIGRAM).startswith("not estimated: ")
    assert reason(advice, TRIGRAM).endswith("; would need CREATE EXTENSION pg_trgm")
    assert {query.status for query in advice.queries} == {"skipped"}
    with db.connect(debian.url("boss", notes)) as boss:
        boss.execute("CREATE EXTENSION hypopg")
    advice = suggest(debian.url("app", notes), QUERIES, disposable=False)
    assert reason(advice, TRIGRAM) == "would need CREATE EXTENSION pg_trgm"
    words = f"anywhere: an index on {TRIGRAM} would need CREATE EXTENSION pg_trgm"
    assert words in advice.notes


def test_an_extension_that_the_server_does_not_have_is_named(connection: Connection) -> None:
    from test_advise import suggest as suggest_here

    connection.execute("CREATE TABLE words AS SELECT n AS id, md5(n::text) AS word "
                       "FROM generate_series(1, 20000) n")  # fmt: skip
    connection.execute("VACUUM ANALYZE words")
    sql = "-- name: anywhere\nSELECT id FROM words WHERE word ILIKE '%abcd%'"
    advice = suggest_here(connection, sql, measure=False)
    place, words = "words USING gin (word gin_trgm_ops)", "would need pg_trgm, which"
    assert reason(advice, place).startswith(words)
    (note,) = advice.notes
    assert note.startswith(f"anywhere: an index on {place} {words}")
