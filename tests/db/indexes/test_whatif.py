"""Hiding and showing candidates on a real server."""

import pytest

from workbench.db import Connection, fetch_value, rolled_back
from workbench.errors import ServerError, StatementError
from workbench.indexes import existing
from workbench.indexes.index import Index, Key
from workbench.indexes.whatif import sweep, trial
from workbench.servers import Server
from workbench.workload.query import Query
from workbench.workload.schema import TableName

ORDERS = TableName("public", "orders")
BY_CUSTOMER = Index(ORDERS, (Key("customer_id"),))
BY_MADE = Index(ORDERS, (Key("made", True, True),))
OPEN = Index(ORDERS, (Key("made"),), predicate="NOT shipped")
QUERIES = [
    Query("customer", sql := "SELECT * FROM orders WHERE customer_id = 7", sql),
    Query("newest", sql := "SELECT * FROM orders ORDER BY made DESC LIMIT 5", sql),
    Query("open", sql := "SELECT * FROM orders WHERE NOT shipped AND made > '2025-01-01'", sql),
    Query("update", sql := "UPDATE orders SET note = 'x' WHERE customer_id = 7", sql),
]
SETS = [(), (BY_CUSTOMER,), (BY_MADE, OPEN), (BY_CUSTOMER, BY_MADE, OPEN)]


def silent(*_: object) -> None:
    pass


def test_hidden_is_as_good_as_gone(shop: Connection) -> None:
    """Every plan and cost with some candidates shown is that of a server with only those."""
    with trial(shop, [BY_CUSTOMER, BY_MADE, OPEN], silent) as candidates:
        hidden = {
            (query.name, shown): candidates.plan(query, shown)
            for query in QUERIES
            for shown in SETS
        }
    for shown in SETS:
        with trial(shop, shown, silent) as candidates:
            for query in QUERIES:
                real = candidates.plan(query, shown)
                assert hidden[query.name, shown].root == real.root
    assert hidden["customer", SETS[3]].root != hidden["customer", ()].root


def test_nothing_is_left_also_when_the_block_fails(shop: Connection) -> None:
    before = existing.read(shop)
    with pytest.raises(ZeroDivisionError), trial(shop, [BY_CUSTOMER], silent) as candidates:
        1 / (len(candidates.built) - 1)
    assert existing.read(shop) == before


def test_two_at_once_do_not_sweep_each_other(shop: Connection, server: Server) -> None:
    with trial(shop, [BY_MADE], silent), server.connect(shop.info.dbname) as other:
        with pytest.raises(ServerError, match="another workbench"), trial(other, (), silent):
            pass
        assert BY_MADE.name in {each.name for each in existing.read(other)}
    with trial(shop, (), silent):
        pass


def test_expression_statistics_leave_those_of_the_table_alone(shop: Connection) -> None:
    held = "SELECT * FROM pg_stats WHERE schemaname = 'public' AND tablename = 'orders' ORDER BY 3"
    sizes = "SELECT reltuples, relpages FROM pg_class WHERE relname = 'orders'"
    before = [shop.execute(q).fetchall() for q in (held, sizes)]
    by_note = Index(ORDERS, (Key("(lower(note))"),))
    with trial(shop, [by_note], silent) as candidates:
        own = "SELECT n_distinct FROM pg_stats WHERE tablename = $1"
        assert fetch_value(shop, own, [by_note.name]) is not None
        assert [shop.execute(q).fetchall() for q in (held, sizes)] == before
        assert candidates.built[by_note].columns == ("lower(note)",)


def test_leftovers_are_swept_and_the_users_indexes_stay(shop: Connection) -> None:
    shop.execute("CREATE INDEX mine ON orders (made)")
    shop.execute("CREATE INDEX left_over ON orders (state)")
    shop.execute(f"COMMENT ON INDEX left_over IS '{existing.MARK}'")
    assert sweep(shop) == 1
    assert {"mine", "orders_pkey"} <= {each.name for each in existing.read(shop)}
    assert "left_over" not in {each.name for each in existing.read(shop)}


def test_a_candidate_that_cannot_be_built_keeps_the_servers_words(shop: Connection) -> None:
    broken = Index(ORDERS, (Key("no_such_column"),))
    with trial(shop, [broken, BY_MADE], silent) as candidates:
        assert set(candidates.built) == {BY_MADE}
        assert candidates.failed == {
            broken: 'could not be built: column "no_such_column" does not exist'
        }


def test_a_table_owner_who_is_no_superuser_hides_by_dropping(shop: Connection) -> None:
    shop.execute("CREATE ROLE plain_owner; GRANT CREATE ON SCHEMA public TO plain_owner")
    shop.execute("ALTER TABLE orders OWNER TO plain_owner")
    try:
        shop.execute("SET ROLE plain_owner")
        with trial(shop, [BY_CUSTOMER, BY_MADE], silent) as candidates:
            without = candidates.plan(QUERIES[0], [BY_MADE])
            shown = candidates.plan(QUERIES[0], [BY_CUSTOMER])
            assert candidates.used(without) == frozenset()
            assert candidates.used(shown) == {BY_CUSTOMER}
    finally:
        shop.execute("RESET ROLE; DROP OWNED BY plain_owner CASCADE; DROP ROLE plain_owner")


def test_a_statement_gives_the_index_it_creates(shop: Connection) -> None:
    with trial(shop, (), silent) as candidates:
        made = candidates.build_statement("create index on orders (state, made desc)")
        assert made == Index(ORDERS, (Key("state"), Key("made", True, True)))
        with rolled_back(shop):
            candidates.show(())
            assert fetch_value(shop, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1


@pytest.mark.parametrize(
    ("ddl", "words"),
    [
        ("DROP TABLE orders", "an index is given as CREATE INDEX"),
        ("CREATE INDEX CONCURRENTLY x ON orders (made)", "leave out CONCURRENTLY"),
        ("CREATE INDEX IF NOT EXISTS orders_pkey ON orders (made)", "no new index came of"),
        ("CREATE INDEX ON orders (nothing)", 'column "nothing" does not exist'),
    ],
)
def test_bad_index_statements(shop: Connection, ddl: str, words: str) -> None:
    with trial(shop, (), silent) as candidates, pytest.raises(StatementError, match=words):
        candidates.build_statement(ddl)
    assert fetch_value(shop, "SELECT count(*) FROM orders") == 20_000


def test_existing_indexes_are_read_as_values(shop: Connection) -> None:
    shop.execute('CREATE TABLE "Odd Name" ("Select" int, b text)')
    shop.execute('CREATE UNIQUE INDEX ON "Odd Name" ("Select" DESC NULLS LAST) INCLUDE (b)')
    shop.execute("CREATE INDEX ON orders (made) WHERE NOT shipped")
    found = {each.index: each for each in existing.read(shop)}
    odd = TableName("public", "Odd Name")
    assert found[Index(odd, (Key('"Select"', True, False),), include=("b",))].unique
    assert OPEN in found
    assert existing.served_by(OPEN, tuple(found.values())) == "exists already as orders_made_idx"
    by_key = Index(ORDERS, (Key("id"), Key("made")))
    assert "finds at most one row" in (existing.served_by(by_key, tuple(found.values())) or "")
    twin = Index(ORDERS, (Key("id"),), include=("made",))
    assert existing.served_by(twin, tuple(found.values())) is None
