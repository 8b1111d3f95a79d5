"""A small shop with skew, for the advisor."""

import pytest

from workbench.db import Connection

SHOP = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, country text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, state text NOT NULL,
                     shipped boolean NOT NULL, made date NOT NULL, note text);
INSERT INTO customers SELECT n, 'u' || n || '@example.org', 'c' || (n % 7)
FROM generate_series(1, 2000) n;
INSERT INTO orders SELECT n, 1 + (n * 7919) % 2000,
    CASE WHEN n % 50 = 0 THEN 'returned' ELSE 'kept' END, n % 20 <> 0,
    date '2020-01-01' + n % 2000, CASE WHEN n % 9 = 0 THEN 'n' || n END
FROM generate_series(1, 20000) n;
VACUUM ANALYZE customers; VACUUM ANALYZE orders
"""


@pytest.fixture
def shop(connection: Connection) -> Connection:
    """A connection to a fresh shop: 2,000 customers, 20,000 orders, primary keys only."""
    for statement in SHOP.split(";"):
        connection.execute(statement)
    return connection
