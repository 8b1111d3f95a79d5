"""Tables and statements that are not for indexes: each has a reason, none costs the others."""

import pytest

from workbench.db import Connection
from workbench.indexes import existing
from workbench.indexes.advice import Advice
from workbench.indexes.advise import Options, Target, advise
from workbench.indexes.index import Index, Key
from workbench.workload import files
from workbench.workload.schema import TableName

SCHEMA = """
CREATE FUNCTION dice(n int) RETURNS int LANGUAGE plpgsql VOLATILE
AS 'BEGIN RETURN n + (random() * 6)::int; END';
CREATE FUNCTION today(n int) RETURNS date LANGUAGE plpgsql STABLE
AS 'BEGIN RETURN current_date + n; END';
CREATE TABLE good (id int PRIMARY KEY, owner int NOT NULL, name text COLLATE "C" NOT NULL);
INSERT INTO good SELECT n, n % 900, 'n' || n FROM generate_series(1, 30000) n;
CREATE TABLE wide (id int, body text, note text);
INSERT INTO wide SELECT n,
    (SELECT string_agg(md5(n::text || k), '') FROM generate_series(1, 120) k),
    CASE WHEN n = 9 THEN (SELECT string_agg(md5(n::text || k), '') FROM generate_series(1, 200) k)
    ELSE 'note ' || n END FROM generate_series(1, 1000) n;
CREATE UNLOGGED TABLE quick (id int, owner int);
INSERT INTO quick SELECT n, n % 900 FROM generate_series(1, 30000) n;
CREATE TABLE shapes (id int, place point, raw json);
INSERT INTO shapes SELECT n, point(n, n), '{}' FROM generate_series(1, 3000) n;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE far (id int, owner int) SERVER nowhere;
CREATE TABLE empty (id int, owner int);
CREATE TABLE secret (id int, owner int);
INSERT INTO secret SELECT n, n FROM generate_series(1, 3000) n;
VACUUM ANALYZE
"""
GOOD = "-- name: good\n-- weight: 9\nSELECT * FROM good WHERE owner = 7;\n"


def suggest(connection: Connection, sql: str, **options: object) -> Advice:
    target = Target(connection, True, None, {"kind": "embedded", "version": "18"})
    given = Options(measure=False, **options)  # type: ignore[arg-type]
    return advise(target, files.read([GOOD + sql]), given, lambda *_: None)


def places(advice: Advice) -> set[str]:
    return {each.index.ddl().partition(" ON ")[2] for each in advice.indexes}


def reasons(advice: Advice) -> dict[str, str]:
    return {each.ddl.partition(" ON ")[2]: each.reason for each in advice.rejected}


@pytest.mark.parametrize(
    ("sql", "status", "reason"),
    [
        ("SELECT * FROM far WHERE owner = 3", "failed", 'foreign-data wrapper "nothing" has no'),
        ("SELECT * FROM nowhere WHERE owner = 3", "failed", "there is no table named nowhere"),
        ("SELECT * FROM good WHERE owner = 'x'", "failed", "invalid input syntax for type integer"),
        ("SELECT * FROM good WHERE nothing(owner) = 3", "failed", "function nothing(integer)"),
        ("SELECT * FROM shapes WHERE raw = '{}'", "failed", "operator does not exist: json"),
        ("SELECT * FROM empty WHERE owner = 3", "unchanged", None),
        ("SELECT * FROM shapes WHERE place ~= point '(1,1)' AND id < 0", "improved", None),
        ("SELECT * FROM good WHERE dice(owner) = 3", "unchanged", "must be marked IMMUTABLE"),
        ("SELECT * FROM good WHERE today(owner) = '2020-01-01'", "unchanged", "nothing could be"),
        ("SELECT * FROM good WHERE random() < 0.5", "unchanged", None),
        ("SELECT * FROM good WHERE id = (random() * 5)::int", "unchanged", None),
        ("SELECT * FROM pg_class WHERE relname = 'x'", "unchanged", None),
        ("SELECT * FROM generate_series(1, 5) n WHERE n = 3", "unchanged", None),
        ("VALUES (1), (2)", "unchanged", None),
        ("SELECT 1 WHERE false", "unchanged", None),
    ],
)
def test_one_statement_never_costs_the_others(
    database: Connection, sql: str, status: str, reason: str | None
) -> None:
    advice = suggest(database, f"-- name: bad\n{sql}")
    found = {query.name: query for query in advice.queries}
    assert any(place.startswith("good (owner)") for place in places(advice))
    assert found["bad"].status == status, found["bad"].reason
    if reason:
        assert reason in (found["bad"].reason or "")


def test_functions_that_may_change_their_mind_are_no_keys(database: Connection) -> None:
    sql = "SELECT * FROM good WHERE dice(owner) = 3 AND today(owner) = '2020-01-01'"
    found = reasons(suggest(database, sql))
    for key in ("good ((dice(owner)))", "good ((today(owner)))"):
        assert "functions in index expression must be marked IMMUTABLE" in found[key]


def test_values_wider_than_a_page_are_a_reason(database: Connection) -> None:
    """One of the notes is; of the bodies every one, so that no btree is tried."""
    advice = suggest(database, "SELECT id FROM wide WHERE note > 'note 99' AND body > 'x'")
    assert "index row size" in reasons(advice)["wide (note)"]
    assert not any("wide" in place for place in places(advice))
    assert not any("(body" in place for place in reasons(advice))


@pytest.mark.parametrize("column", ["body", "note"])
def test_a_value_wider_than_a_page_is_found_by_its_hash(database: Connection, column: str) -> None:
    advice = suggest(database, f"SELECT id FROM wide WHERE {column} = 'note 99'")
    assert f"wide USING hash ({column})" in places(advice)


def test_a_name_that_is_taken_is_not_used(database: Connection) -> None:
    """Postgres would call an index on owner alone so too, whatever its predicate."""
    database.execute("CREATE INDEX good_owner_idx ON good (owner) WHERE id < 5")
    try:
        advice = suggest(database, "", max_indexes=1)
        (index,) = advice.indexes
        assert index.index.ddl().endswith(" ON good (owner)")
        assert index.index.name.startswith("good_owner_")
        assert index.index.name != "good_owner_idx"
        assert index.index.name in index.index.ddl()
    finally:
        database.execute("DROP INDEX good_owner_idx")


def test_an_index_of_another_collation_is_another_index(database: Connection) -> None:
    table = TableName("public", "good")
    plain, other = Key("name"), Key('(name COLLATE "POSIX")')
    database.execute('CREATE INDEX posix ON good (name COLLATE "POSIX", id)')
    try:
        present = existing.read(database)
        assert existing.served_by(Index(table, (plain,)), present) is None
        assert existing.served_by(Index(table, (other,)), present) == "is the start of posix"
    finally:
        database.execute("DROP INDEX posix")


def test_an_unlogged_table_is_like_any_other(database: Connection) -> None:
    advice = suggest(database, "SELECT * FROM quick WHERE owner = 3")
    assert any(place.startswith("quick (owner)") for place in places(advice))


def test_a_temporary_table_is_the_sessions_own(database: Connection) -> None:
    database.execute("CREATE TEMPORARY TABLE passing AS SELECT * FROM good")
    try:
        advice = suggest(database, "SELECT * FROM passing WHERE owner = 3")
        assert not any("passing" in ddl for ddl in (*places(advice), *reasons(advice)))
    finally:
        database.execute("DROP TABLE passing")


def test_without_privileges_the_statement_fails_alone(database: Connection) -> None:
    database.execute("CREATE ROLE guest")
    database.execute("GRANT SELECT ON good, quick TO guest")
    database.execute("ALTER TABLE good OWNER TO guest")
    database.execute("GRANT CREATE ON SCHEMA public TO guest")
    database.execute("SET ROLE guest")
    try:
        sql = "-- name: bad\nSELECT * FROM secret WHERE owner = 3;\n"
        advice = suggest(database, f"{sql}-- name: theirs\nSELECT * FROM quick WHERE owner = 3")
        found = {query.name: query for query in advice.queries}
        assert found["bad"].reason == "permission denied for table secret"
        assert found["theirs"].status == "unchanged"
        words = "nothing could be tried for it: could not be built: must be owner of table quick"
        assert found["theirs"].reason == words
        assert any(place.startswith("good (owner)") for place in places(advice))
    finally:
        database.execute("RESET ROLE")
        database.execute("REASSIGN OWNED BY guest TO CURRENT_USER")
        database.execute("DROP OWNED BY guest")
        database.execute("DROP ROLE guest")
