"""Plans under other samples of the tables, and nothing of it stays."""

from workbench.db import Connection, fetch_all
from workbench.indexes.index import Index, Key
from workbench.indexes.reading import read
from workbench.indexes.stability import other_plans
from workbench.indexes.whatif import trial
from workbench.workload import files
from workbench.workload.schema import TableName

BY_CUSTOMER = Index(TableName("public", "orders"), (Key("customer_id"),))
STATEMENTS = """
-- name: of_customer
SELECT * FROM orders WHERE customer_id = 7;
-- name: by_key
SELECT * FROM orders WHERE id = 5;
"""


def silent(*_: object) -> None:
    pass


def test_statistics_are_drawn_anew_and_put_back(shop: Connection) -> None:
    shop.execute("UPDATE pg_class SET reltuples = 19999 WHERE relname = 'orders'")
    held = "SELECT starelid, staattnum, s::text FROM pg_statistic s ORDER BY 1, 2"
    sizes = "SELECT relname, relpages, reltuples FROM pg_class ORDER BY oid"
    reading = read(shop, files.read([STATEMENTS]), silent)
    with trial(shop, [BY_CUSTOMER], silent) as candidates:
        before = [fetch_all(shop, query) for query in (held, sizes)]
        found = other_plans(candidates, reading, frozenset({BY_CUSTOMER}))
        assert [fetch_all(shop, query) for query in (held, sizes)] == before
    assert found == [("of_customer", frozenset({BY_CUSTOMER})), ("by_key", frozenset())]
    assert other_plans(candidates, reading, frozenset()) == []
