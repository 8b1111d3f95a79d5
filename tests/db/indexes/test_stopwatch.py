"""Quick times for the search, and what the workload's own writes cost by the model."""

import math

from workbench.db import Connection
from workbench.indexes.charges import written_ms
from workbench.indexes.index import Index, Key
from workbench.indexes.reading import read
from workbench.indexes.stopwatch import Stopwatch
from workbench.indexes.whatif import trial
from workbench.workload import files
from workbench.workload.query import Query
from workbench.workload.schema import TableName

ORDERS = TableName("public", "orders")
BY_CUSTOMER = Index(ORDERS, (Key("customer_id"),))
BY_STATE = Index(ORDERS, (Key("state"),), include=("note",))
BY_NOTE = Index(ORDERS, (Key("(lower(note))"),), "gin")
SLOW = "SELECT count(*) FROM generate_series(1, 300000)"
WRITES = """
-- name: insert
-- weight: 10
INSERT INTO orders SELECT id + 100000, customer_id, state, shipped, made, note FROM orders
LIMIT 100;
-- name: update
-- weight: 50
UPDATE orders SET note = 'x' WHERE id = 3;
-- name: delete
DELETE FROM orders WHERE id = 4;
"""


def silent(*_: object) -> None:
    pass


def test_what_takes_longer_than_its_cap_is_infinite(shop: Connection) -> None:
    query = Query("slow", SLOW, SLOW)
    with trial(shop, [BY_CUSTOMER], silent) as candidates:
        clock = Stopwatch(candidates, {"slow": query}, None, 60, silent)
        taken = clock("slow", frozenset(), math.inf)
        assert taken is not None
        assert 1 < taken < math.inf
        assert clock("slow", frozenset({BY_CUSTOMER}), taken / 100) == math.inf
        assert clock("slow", frozenset({BY_CUSTOMER}), taken * 100) not in (None, math.inf)


def test_a_statement_that_runs_into_the_limit_takes_that_long(shop: Connection) -> None:
    query = Query("sleep", sql := "SELECT pg_sleep(5)", sql)
    with trial(shop, [], silent) as candidates:
        clock = Stopwatch(candidates, {"sleep": query}, None, 0.2, silent)
        assert clock("sleep", frozenset(), math.inf) == 200
        assert clock("sleep", frozenset(), 100) == math.inf


def test_when_its_seconds_are_over_only_what_there_is_now_is_timed(shop: Connection) -> None:
    query = Query("slow", SLOW, SLOW)
    with trial(shop, [BY_CUSTOMER], silent) as candidates:
        clock = Stopwatch(candidates, {"slow": query}, None, 60, silent, seconds=0)
        assert (clock("slow", frozenset(), math.inf) or 0) > 1
        assert not clock.untimed
        assert clock("slow", frozenset({BY_CUSTOMER}), math.inf) is None
        assert clock.untimed == {("slow", frozenset({BY_CUSTOMER}))}


def test_half_of_the_seconds_is_for_every_statement_alike(shop: Connection) -> None:
    queries = {name: Query(name, sql, sql) for name, sql in (("slow", SLOW), ("fast", "SELECT 1"))}
    with trial(shop, [BY_CUSTOMER, BY_STATE], silent) as candidates:
        clock = Stopwatch(candidates, queries, None, 60, silent, seconds=0.004)
        one, other = frozenset({BY_CUSTOMER}), frozenset({BY_STATE})
        assert clock("slow", one, math.inf) is not None  # which takes all that is not for others
        assert clock("slow", other, math.inf) is None
        clock.once_more("slow")
        assert clock("slow", other, math.inf) is not None
        assert clock("slow", other, math.inf) is None
        assert clock("fast", one, math.inf) is not None


def test_writes_are_charged_by_what_they_touch(shop: Connection) -> None:
    reading = read(shop, files.read([WRITES]), silent)
    charged = written_ms(reading, [BY_CUSTOMER, BY_STATE, BY_NOTE], {ORDERS: 1})
    inserted, updated = 10 * 100, 50 * 2
    assert charged[BY_CUSTOMER] == inserted * 3 / 1000
    assert charged[BY_STATE] == (inserted + updated) * 3 / 1000
    assert charged[BY_NOTE] == (inserted + updated) * 20 / 1000
