"""What only a plan shows: tables behind views, pulled-up conditions, operators no parser knows."""

import pytest

from workbench.db import Connection
from workbench.indexes.candidates import generate
from workbench.indexes.reading import Reading, read
from workbench.workload import files
from workbench.workload.uses import Condition, TableUse

SCHEMA = """
CREATE TABLE visits (id bigint, at date NOT NULL, page text, code varchar(20))
PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO visits SELECT n, date '2020-01-01' + n % 700, 'p' || n, 'k' || n
FROM generate_series(1, 9000) n;
CREATE TABLE users (id int, org int, name text, place point, doc jsonb, tags text[],
                    PRIMARY KEY (id, org));
INSERT INTO users SELECT n, n % 77, 'c' || n, point(n, n), '{}', array['a' || n]
FROM generate_series(1, 5000) n;
CREATE VIEW active AS SELECT u.id, u.name, v.page FROM users u JOIN visits v ON v.id = u.id
WHERE u.org > 3;
CREATE MATERIALIZED VIEW counted AS SELECT org, count(*) AS n FROM users, generate_series(1, 20)
GROUP BY org, generate_series;
CREATE TABLE "Odd" ("Id" int, "Sort Key" text);
INSERT INTO "Odd" SELECT n, 'x' || n FROM generate_series(1, 2000) n;
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id int, owner text, total int);
INSERT INTO shop.orders SELECT n, 'o' || n, n FROM generate_series(1, 3000) n;
ANALYZE
"""


def reading(connection: Connection, sql: str) -> Reading:
    found = read(connection, files.read([f"-- name: q\n{sql}"]), lambda *_: None)
    assert not found.failures, found.failures
    return found


def condition(found: Condition) -> str:
    word = found.operator if found.kind == "other" else found.kind
    return f"{word or found.kind}({found.expression})"


def described(use: TableUse) -> str:
    words = list(map(condition, use.conditions))
    words += [f"or({' '.join(map(condition, branch))})" for branch in use.alternatives]
    if use.sort:
        order = ", ".join(k.expression + " desc" * k.descending for k in use.sort)
        words.append(f"sort {order}{' limit' if use.limited else ''}")
    words += [f"group {', '.join(use.group)}"] if use.group else []
    return f"{use.table}: {' '.join(words)}".strip()


PAIRS = {
    "SELECT * FROM active WHERE name = 'c1' ORDER BY page LIMIT 3": {
        "users: join(id) range(org) equality(name)",
        "visits: join(id) sort page limit",
    },
    # sqlglot reads none of these
    "SELECT name FROM users WHERE place <@ box '((0,0),(9,9))' AND name LIKE 'c1%'": {
        "users: <@(place) LIKE(name)"
    },
    "SELECT DISTINCT name FROM users ORDER BY name USING >": {"users: sort name desc"},
    "SELECT id FROM users WHERE name ~>=~ 'c1' AND box(place, place) && box '((0,0),(9,9))'": {
        "users: &&((box(place, place)))"
    },
    "SELECT id FROM users WHERE circle(place, 3) |&> circle(point '(0,0)', 3) OR id = 3": {
        "users: or(|&>((circle(place, '3'::double precision)))) or(equality(id))"
    },
    "SELECT count(*) FROM users WHERE place ~= point '(1,1)' GROUP BY org ORDER BY org USING <": {
        "users: ~=(place) sort org group org"
    },
    # parts of a partitioned table stand for it
    "SELECT * FROM visits WHERE code IN ('k1', 'k2') OR page = '3'": {
        "visits: or(in(code)) or(equality(page))"
    },
    "SELECT * FROM visits WHERE code = 'k1' AND at >= '2021-03-01'": {
        "visits: equality(code) range(at)"
    },
    "SELECT page FROM visits_2 WHERE code = 'k1'": {"visits_2: equality(code)"},
    # quoted names, other schemas
    """SELECT * FROM "Odd" WHERE "Id" = 4 AND lower("Sort Key") = 'x'""": {
        '"Odd": equality("Id") equality((lower("Sort Key")))'
    },
    """SELECT * FROM shop.orders WHERE owner COLLATE "C" = 'x' ORDER BY total DESC LIMIT 1""": {
        'shop.orders: equality((owner COLLATE "C")) equality(owner) sort total desc limit'
    },
    # writes, sets, laterals, CTEs
    "MERGE INTO users u USING visits v ON u.id = v.id AND v.page = '9' WHEN MATCHED THEN DELETE": {
        "users: join(id)",
        "visits: join(id) equality(page)",
    },
    "SELECT id FROM users WHERE org = 3 UNION SELECT id FROM visits WHERE page = '5'": {
        "users: equality(org)",
        "visits: equality(page)",
    },
    "WITH m AS MATERIALIZED (SELECT * FROM users WHERE org = 3) SELECT id FROM m": {
        "users: equality(org)"
    },
    "SELECT u.id, l.page FROM users u CROSS JOIN LATERAL (SELECT page FROM visits v "
    "WHERE v.id = u.id ORDER BY at DESC LIMIT 2) l WHERE u.org = 3": {
        "users: join(id) equality(org)",
        "visits: join(id) sort at desc limit",
    },
    "SELECT n FROM counted WHERE org = 5": {"counted: equality(org)"},
    "UPDATE users SET name = 'x' FROM visits v WHERE v.id = users.id AND v.code = 'k1'": {
        "users: join(id)",
        "visits: join(id) equality(code)",
    },
    "SELECT DISTINCT ON (org) org, id FROM users ORDER BY org, id DESC": {
        "users: sort org, id desc group org"
    },
}


@pytest.mark.parametrize("sql", PAIRS)
def test_uses(database: Connection, sql: str) -> None:
    found = {described(use) for use in reading(database, sql).uses["q"]}
    assert {each for each in found if not each.startswith("active")} == PAIRS[sql]


def test_a_condition_that_follows_from_a_join_is_found(database: Connection) -> None:
    sql = "SELECT * FROM users u JOIN visits v ON v.id = u.id WHERE u.id = 7 AND u.name > 'a'"
    (visits,) = (use for use in reading(database, sql).uses["q"] if use.table.name == "visits")
    assert "id" in {condition.column for condition in visits.conditions}


def test_row_level_security_is_part_of_every_statement(database: Connection) -> None:
    database.execute("CREATE ROLE reader")
    database.execute("GRANT USAGE ON SCHEMA shop TO reader")
    database.execute("GRANT SELECT ON shop.orders TO reader")
    database.execute("ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY")
    database.execute("CREATE POLICY own ON shop.orders USING (owner = 'o' || 7)")
    database.execute("SET ROLE reader")
    try:
        found = reading(database, "SELECT id FROM shop.orders WHERE total > 5")
        assert {described(use) for use in found.uses["q"]} == {
            "shop.orders: range(total) equality(owner)"
        }
    finally:
        database.execute("RESET ROLE")
        database.execute("DROP OWNED BY reader")
        database.execute("DROP ROLE reader")


def test_an_index_for_a_view_is_on_its_table_and_one_for_parts_on_the_whole(
    database: Connection,
) -> None:
    sql = "SELECT * FROM active WHERE name = 'c1' ORDER BY page LIMIT 3"
    found = reading(database, sql)
    uses = [("q", use) for use in found.uses["q"]]
    drafted = {c.index.ddl().partition(" ON ")[2] for c in generate(uses, found.table_of)}
    assert {"users (name)", "visits (id)"} <= drafted
    assert not any("active" in ddl or "visits_" in ddl for ddl in drafted)


def test_many_rows_that_look_others_up_are_counted(database: Connection) -> None:
    sql = "SELECT u.name FROM visits v JOIN users u ON u.id = v.id AND u.org = v.id % 77"
    found = reading(database, sql)
    lookups = {use.table.name: use.lookups for use in found.uses["q"]}
    assert lookups["users"] == pytest.approx(9000, rel=0.1)


def test_values_of_parameters_are_no_constants(database: Connection) -> None:
    sql = "-- param: org=3\nSELECT id FROM users WHERE org = :org AND place <@ box '((0,0),(9,9))'"
    (use,) = reading(database, sql).uses["q"]
    constants = {condition.column: condition.constant for condition in use.conditions}
    assert constants == {"org": None, "place": "'(9,9),(0,0)'"}


def test_parameters_of_what_only_the_plan_shows_get_values(database: Connection) -> None:
    sql = "SELECT id FROM users WHERE name = :who AND place <@ box '((0,0),(9,9))'"
    found = reading(database, sql.replace(":who", "$1"))
    values = [query.parameters["1"] for query in found.queries]
    assert values
    assert all(value.startswith("c") for value in values[:1])


def test_percent_and_cast_are_no_parameters(database: Connection) -> None:
    sql = (
        "-- param: who=c1\n"
        "SELECT id::text FROM users WHERE name = %(who)s AND name LIKE 'c%' AND id % 7 = 1"
    )
    found = reading(database, sql)
    assert found.queries[0].parameters == {"who": "c1"}
    (use,) = found.uses["q"]
    assert described(use) == "users: equality(name) LIKE(name) equality((id % 7))"
