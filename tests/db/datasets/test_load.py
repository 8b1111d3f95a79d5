"""Datasets on a real server: loaded once, trusted only when whole."""

import json
import re
from pathlib import Path

import pytest

from workbench.datasets import cache, facts, generate, load, spec
from workbench.datasets.copying import identifier
from workbench.db import fetch_all, fetch_value
from workbench.errors import InputError, SpecError

SHOP = Path(__file__).parents[2] / "unit" / "datasets" / "shop"
ROWS = 3_000


@pytest.fixture(scope="module")
def shop():
    return spec.read(SHOP)


@pytest.fixture
def tiny(tmp_path):
    """A dataset with one table, which a test may change."""
    (tmp_path / "dataset.toml").write_text(
        'title = "Tiny"\nseed = 1\nnow = 2026-01-01T00:00:00Z\n[tables.things]\nshare = 1.0\n'
        '[tables.things.columns]\nid = { kind = "sequence" }\n'
        'word = { kind = "choice", values = ["a", "b"] }\n'
    )
    (tmp_path / "schema.sql").write_text(
        "CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, word text);\n"
        "ALTER TABLE things ADD PRIMARY KEY (id);\n"
    )
    named = tmp_path.rename(tmp_path.with_name(f"Tiny {tmp_path.name}"))
    return spec.read(named)


@pytest.fixture
def dropped(server):
    """Names of databases that are dropped after the test."""
    names = []
    yield names
    with server.connect() as admin:
        for name in names:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_every_kind_of_column_is_loaded_as_it_was_drawn(any_server, shop):
    seen = []
    name = load.ensure_loaded(
        any_server.connect, shop, ROWS, progress=lambda *step: seen.append(step)
    )
    with any_server.connect(name) as connection:
        for table, rows in shop.rows(ROWS).items():
            quoted = identifier(table).as_string(connection)
            assert fetch_value(connection, f"SELECT count(*) FROM {quoted}") == rows
        compare(connection, shop.population(ROWS))
    totals = {what: total for what, done, total in seen if done == total}
    assert totals["loading rows"] == sum(shop.rows(ROWS).values())
    assert set(totals) == {"loading rows", "adding keys", "gathering statistics"}


def compare(connection, population):
    """The first and last orders on the server are those of the generator."""
    drawn = generate.frame(population, "shop.orders", 0, ROWS)
    columns = (
        "id, customer_id, due_on::text, total::float8, note, remark, tags::text, channel::text"
    )
    loaded = fetch_all(connection, f"SELECT {columns} FROM shop.orders ORDER BY ctid")
    names = ["id", "customer_id", "due_on", "total", "note", "remark", "tags", "channel"]
    for row, found in zip(drawn.select(names).iter_rows(), loaded, strict=True):
        assert found[:2] == row[:2]
        assert found[2] == row[2].isoformat()
        assert found[3] == pytest.approx(row[3])
        assert found[4:6] == row[4:6]
        assert found[7] == row[7]
    stored = fetch_all(
        connection, "SELECT details, labels, created_at FROM shop.orders ORDER BY ctid"
    )
    for row, (details, labels, created_at) in zip(
        drawn.select("details", "labels", "created_at").iter_rows(), stored, strict=True
    ):
        assert json.loads(row[0]) == details
        assert json.loads(row[1]) == labels
        assert row[2] == created_at


def test_the_second_time_nothing_is_loaded(server, tiny, dropped):
    dropped.append(tiny.name)
    load.ensure_loaded(server.connect, tiny, 100)
    with server.connect(tiny.name) as connection:
        connection.execute("UPDATE things SET word = 'mine' WHERE id = 1")
    seen = []
    load.ensure_loaded(server.connect, tiny, 100, progress=lambda *step: seen.append(step))
    assert seen == []
    with server.connect(tiny.name) as connection:
        assert fetch_value(connection, "SELECT word FROM things WHERE id = 1") == "mine"


@pytest.mark.parametrize("change", ["scale", "seed", "spec"])
def test_another_scale_seed_or_spec_is_loaded_afresh(server, tiny, dropped, change):
    dropped.append(tiny.name)
    load.ensure_loaded(server.connect, tiny, 100)
    if change == "spec":
        tiny.file.write_text(tiny.file.read_text().replace('"b"', '"c"'))
        tiny = spec.read(tiny.folder)
    scale, seed = (200 if change == "scale" else 100), (9 if change == "seed" else None)
    before = words(server, tiny.name)
    load.ensure_loaded(server.connect, tiny, scale, seed)
    assert words(server, tiny.name) != before


def words(server, name):
    with server.connect(name) as connection:
        return fetch_all(connection, "SELECT id, word FROM things ORDER BY id")


def test_a_load_that_was_interrupted_is_not_trusted(server, tiny, dropped):
    dropped.append(tiny.name)

    def interrupt(what, done, total):
        if what == "adding keys":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load.ensure_loaded(server.connect, tiny, 100, progress=interrupt)
    with server.connect(tiny.name) as connection:
        assert fetch_value(connection, "SELECT count(*) FROM things") == 100
    load.ensure_loaded(server.connect, tiny, 100)
    with server.connect(tiny.name) as connection:
        assert (
            fetch_value(
                connection,
                "SELECT count(*) FROM pg_index WHERE indisprimary AND "
                "indrelid = 'things'::regclass",
            )
            == 1
        )


def test_rows_that_are_inserted_later_get_the_next_number(server, tiny, dropped):
    dropped.append(tiny.name)
    load.ensure_loaded(server.connect, tiny, 100)
    with server.connect(tiny.name) as connection:
        assert fetch_value(connection, "INSERT INTO things (word) VALUES ('x') RETURNING id") == 101


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("CREATE TABLE things (id int, word txt);", 'type "txt" does not exist'),
        ("CREATE TABLE things (id int, words text);", "things.word: there is no column named word"),
        (
            "CREATE TABLE things (id int, word text, kind int NOT NULL);",
            "things.kind: is NOT NULL in schema.sql and has no default; declare it",
        ),
        (
            "CREATE TABLE things (id int, word text GENERATED ALWAYS AS ('x') STORED);",
            "things.word: schema.sql says it is GENERATED",
        ),
        ("CREATE TABLE things (id int, word date);", "invalid input syntax for type date"),
        (
            "CREATE TABLE things (id int, word text);\n"
            "ALTER TABLE things ADD PRIMARY KEY (id, nr);",
            'column "nr" of relation "things" does not exist',
        ),
    ],
)
def test_what_the_server_refuses_is_said_and_not_trusted(server, tiny, dropped, schema, message):
    dropped.append(tiny.name)
    (tiny.folder / "schema.sql").write_text(schema)
    broken = spec.read(tiny.folder)
    for _ in range(2):
        with pytest.raises(SpecError) as caught:
            load.ensure_loaded(server.connect, broken, 100)
        assert message in str(caught.value)
        assert str(tiny.folder) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_nulls_in_a_column_that_takes_none_are_refused_before_the_load(server, tiny, dropped):
    dropped.append(tiny.name)
    (tiny.folder / "schema.sql").write_text("CREATE TABLE things (id int, word text NOT NULL);")
    nulls = 'word = { kind = "text", nulls = 0.1 }'
    tiny.file.write_text(re.sub("word = .*", nulls, tiny.file.read_text()))
    with pytest.raises(SpecError, match=r"things\.word: is NOT NULL in schema\.sql"):
        load.ensure_loaded(server.connect, spec.read(tiny.folder), 100)


def test_what_does_not_fit_on_the_disk_is_refused_before_anything_is_done(any_server, tiny):
    wide = 'word = { kind = "text", min = 2000, max = 2000 }'
    tiny.file.write_text(re.sub("word = .*", wide, tiny.file.read_text()))
    with any_server.connect() as connection:
        before = fetch_all(connection, "SELECT oid, datname FROM pg_database ORDER BY oid")
    with pytest.raises(InputError, match=r"with 2,000,000,000 rows .* need about .* MB, but only"):
        load.ensure_loaded(any_server.connect, spec.read(tiny.folder), 2_000_000_000)
    with any_server.connect() as connection:
        assert fetch_all(connection, "SELECT oid, datname FROM pg_database ORDER BY oid") == before


def test_tables_are_vacuumed_and_analysed(server, tiny, dropped):
    dropped.append(tiny.name)
    load.ensure_loaded(server.connect, tiny, 10_000)
    with server.connect(tiny.name) as connection:
        pages, visible, rows = fetch_all(
            connection,
            "SELECT relpages, relallvisible, reltuples FROM pg_class "
            "WHERE oid = 'things'::regclass",
        )[0]
    assert pages == visible > 0
    assert rows == 10_000


def test_facts_are_measured(server, shop):
    name = load.ensure_loaded(server.connect, shop, ROWS)
    with server.connect(name) as connection:
        found = facts.measure(connection, shop)
    tables = {table.name: table for table in found.tables}
    assert list(tables) == list(shop.table_names)
    assert {name: table.rows for name, table in tables.items()} == shop.rows(ROWS)
    assert found.rows == sum(shop.rows(ROWS).values())
    assert found.bytes > tables["shop.orders"].heap_bytes > ROWS * 100
    columns = {column.name: column for column in tables["shop.orders"].columns}
    assert columns["id"].correlation == 1.0
    assert abs(columns["imported_at"].correlation) < 0.1
    assert columns["id"].distinct_values == ROWS
    assert columns["channel"].top_value == "web"
    assert columns["channel"].top_share == pytest.approx(0.53, abs=0.05)
    assert columns["note"].null_share == pytest.approx(0.5, abs=0.05)
    assert columns["details"].type == "jsonb"


def test_the_marker_is_the_key(shop):
    assert json.loads(cache.marker(shop, ROWS)) == {"workbench": cache.key(shop, ROWS)}
