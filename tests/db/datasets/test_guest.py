"""Datasets in somebody else's database: in schemas of their own, nothing else is touched."""

from pathlib import Path

import pytest

from workbench import datasets
from workbench.datasets import guest, spec
from workbench.datasets.load import silent
from workbench.db import fetch_all, fetch_value
from workbench.errors import InputError, ServerError

SHOP = Path(__file__).parents[2] / "unit" / "datasets" / "shop"
TODOS = datasets.open("todos")
ROWS = 2_000
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1"


@pytest.fixture
def connect(server, connection):
    """Opens connections to the fresh database that ``connection`` leads to."""
    return lambda: server.connect(connection.info.dbname)


def schemas(connection):
    return {name for (name,) in fetch_all(connection, SCHEMAS)} - {"information_schema", "public"}


def load(connection, connect, dataset, **options):
    guest.into_schema(connect, guest.intention(connection, dataset, ROWS, **options), silent)


def test_what_will_be_created_is_said_before_anything_is(connection):
    intended = guest.intention(connection, TODOS, "medium", schema="My Todos")
    assert intended.rows == {"todos": 1_000_000}
    assert intended.schemas == ("My Todos",)
    assert intended.replaced == ()
    assert 150_000_000 < intended.bytes < 500_000_000
    assert schemas(connection) == set()


def test_tables_without_a_schema_go_where_they_are_sent(connection, connect):
    load(connection, connect, TODOS, schema="My Todos")
    load(connection, connect, TODOS)
    assert schemas(connection) == {"My Todos", "todos"}
    assert fetch_value(connection, 'SELECT count(*) FROM "My Todos".todos') == ROWS
    assert fetch_value(connection, "SELECT to_regclass('public.todos')") is None


def test_a_dataset_with_schemas_makes_them(connection, connect):
    shop = spec.read(SHOP)
    load(connection, connect, shop)
    assert schemas(connection) == {"auth", "shop"}
    with pytest.raises(InputError, match=r"makes the schemas auth, shop itself"):
        guest.intention(connection, shop, ROWS, schema="other")


def test_an_existing_schema_is_refused(connection, connect):
    load(connection, connect, TODOS)
    with pytest.raises(InputError, match=r"has a schema todos already.*--replace"):
        guest.intention(connection, TODOS, ROWS)


def test_only_what_the_workbench_made_is_replaced(connection, connect):
    load(connection, connect, TODOS)
    intended = guest.intention(connection, TODOS, 500, replace=True)
    assert intended.replaced == ("todos",)
    guest.into_schema(connect, intended, silent)
    assert fetch_value(connection, "SELECT count(*) FROM todos.todos") == 500
    connection.execute("CREATE SCHEMA mine; CREATE TABLE mine.own (id int)")
    with pytest.raises(InputError, match="was not made by the workbench"):
        guest.intention(connection, TODOS, ROWS, schema="mine", replace=True)


def test_an_interrupted_load_leaves_nothing(connection, connect):
    connection.execute("CREATE SCHEMA mine")

    def interrupt(what, done, total):
        raise KeyboardInterrupt

    intended = guest.intention(connection, spec.read(SHOP), ROWS)
    with pytest.raises(KeyboardInterrupt):
        guest.into_schema(connect, intended, interrupt)
    assert schemas(connection) == {"mine"}


def test_a_schema_that_appears_in_between_is_not_dropped(connection, connect):
    intended = guest.intention(connection, spec.read(SHOP), ROWS)
    connection.execute("CREATE SCHEMA auth; CREATE TABLE auth.own (id int)")
    with pytest.raises(InputError, match='schema "auth" already exists'):
        guest.into_schema(connect, intended, silent)
    assert schemas(connection) == {"auth"}
    assert fetch_value(connection, "SELECT count(*) FROM auth.own") == 0


def test_a_user_who_may_not_create_schemas_is_told(connection, connect):
    connection.execute("DROP ROLE IF EXISTS plain; CREATE ROLE plain")

    def connect_plain():
        opened = connect()
        opened.execute("SET ROLE plain")
        return opened

    intended = guest.intention(connection, TODOS, ROWS)
    try:
        with pytest.raises(ServerError, match=r"permission denied for database.*needs CREATE"):
            guest.into_schema(connect_plain, intended, silent)
    finally:
        connection.execute("DROP ROLE plain")
