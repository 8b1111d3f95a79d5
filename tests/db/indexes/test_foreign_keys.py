"""A DELETE looks for rows that refer to what it deletes; an index makes that fast."""

import pytest
from test_advise import suggest

from workbench.db import Connection
from workbench.indexes.advice import Advice
from workbench.indexes.reading import read
from workbench.workload import files

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 5000) n;
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE);
INSERT INTO orders SELECT n, 1 + n % 5000 FROM generate_series(1, 30000) n;
CREATE TABLE lines (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE CASCADE, n int);
INSERT INTO lines SELECT n, 1 + n % 30000, n FROM generate_series(1, 60000) n;
CREATE TABLE later (customer_id int REFERENCES customers DEFERRABLE INITIALLY DEFERRED);
INSERT INTO later SELECT 1 + n % 4000 FROM generate_series(1, 9000) n;
CREATE TABLE own (customer_id int REFERENCES customers);
INSERT INTO own SELECT 1 + n % 4000 FROM generate_series(1, 9000) n;
CREATE INDEX theirs ON own (customer_id);
VACUUM ANALYZE
"""
BECAUSE = "foreign key on {}: what is deleted from {} is looked for here"


@pytest.fixture
def customers(connection: Connection) -> Connection:
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    return connection


def places(advice: Advice) -> dict[str, str]:
    return {each.index.ddl().partition(" ON ")[2]: each.why for each in advice.indexes}


def test_the_rows_that_refer_to_a_deleted_one_are_found_by_an_index(customers: Connection) -> None:
    """Also those that refer to rows which are deleted with it."""
    advice = suggest(customers, "-- name: forget\nDELETE FROM customers WHERE id = 4711")
    assert places(advice) == {
        "orders (customer_id)": BECAUSE.format("customer_id", "customers"),
        "lines (order_id)": BECAUSE.format("order_id", "orders"),
    }
    (forget,) = advice.queries
    assert forget.status == "improved"
    assert forget.speedup is not None
    assert forget.speedup > 3
    assert forget.after is not None
    assert forget.after.cost is not None
    assert forget.before is not None
    assert forget.before.cost is not None
    assert forget.after.cost < forget.before.cost / 10  # the plan of the DELETE alone is the same
    reasons = {each.ddl.partition(" ON ")[2]: each.reason for each in advice.rejected}
    assert reasons["own (customer_id)"] == "exists already as theirs"
    assert not any("later" in place for place in reasons)  # it is only checked at the end


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("UPDATE customers SET name = 'x' WHERE id = 7", set()),
        ("UPDATE customers SET id = 9999 WHERE id = 7", {"orders", "own"}),
        ("DELETE FROM orders WHERE id = 7", {"lines"}),
        ("WITH d AS (DELETE FROM orders WHERE id = 7 RETURNING *) SELECT * FROM d", {"lines"}),
        ("DELETE FROM lines", set()),
        ("INSERT INTO orders VALUES (0, 1)", set()),
    ],
)
def test_only_what_changes_a_key_is_checked(
    customers: Connection, sql: str, tables: set[str]
) -> None:
    found = read(customers, files.read([f"-- name: q\n{sql}"]), lambda *_: None)
    assert {use.table.name for use in found.uses["q"] if use.foreign_key} == tables
