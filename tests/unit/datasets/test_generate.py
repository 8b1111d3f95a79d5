import gc
import json
import weakref
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from dataset_folders import SHOP, one_column, written
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.datasets import generate, spec
from workbench.datasets.kinds.references import dealing
from workbench.errors import SpecError

ROWS = 20_000


@pytest.fixture(scope="module")
def shop():
    """All rows of the shop, one frame per table."""
    population = spec.read(SHOP).population(ROWS)
    return {
        table: generate.frame(population, table, 0, rows) for table, rows in population.rows.items()
    }


@settings(max_examples=12, deadline=None)
@given(st.integers(20, 450))
def test_blocks_of_any_size_give_the_same_bytes(block_rows):
    population = spec.read(SHOP).population(400)
    for table in population.rows:
        whole = b"".join(text for _, text in generate.blocks(population, table))
        parts = b"".join(text for _, text in generate.blocks(population, table, block_rows))
        assert parts == whole


def test_a_block_is_freed_as_soon_as_it_is_written():
    """Else memory would grow with the rows until the garbage collector comes."""
    population = spec.read(SHOP).population(400)
    gc.disable()
    try:
        for table, rows in population.rows.items():
            block = population.block(table, np.arange(rows))
            for column in population.stored(table):
                block.column(column)
            freed = weakref.ref(block)
            del block
            assert freed() is None, table
    finally:
        gc.enable()


def test_rows_far_apart_stand_in_the_same_groups_as_in_a_block():
    population = spec.read(SHOP).population(ROWS)
    table, reference = "shop.Order Items", "order_id"
    rows = np.arange(population.rows[table])
    deal = dealing(population.block(table, rows), reference)
    close = deal.groups(rows)
    for chosen in (rows[::997], rows[-1:], rows[:0], rows[::-1]):
        apart = deal.groups(chosen)
        for name in ("rank", "position", "size"):
            assert (getattr(apart, name) == getattr(close, name)[chosen]).all()


def test_the_seed_changes_the_rows_and_the_scale_their_number():
    shop = spec.read(SHOP)
    sums = {generate.checksum(shop.population(300, seed)) for seed in (1, 1, 2)}
    assert len(sums) == 2
    small, large = shop.rows(1_000), shop.rows(100_000)
    assert small == {
        "shop.orders": 1_000,
        "auth.customers": 100,
        "shop.Order Items": 800,
        "shop.products": 10,
        "shop.visits": 500,
    }
    assert large["shop.Order Items"] == 80_000
    assert shop.rows(10_000_000)["shop.products"] == 5_000


def test_a_new_column_changes_no_other(tmp_path):
    before = one_column(tmp_path, '{ kind = "text", max = 4 }', 500)
    old = generate.frame(before, "t", 0, 500)
    toml = (
        "[tables.t]\nshare = 1.0\n[tables.t.columns]\n"
        'early = { kind = "time", from = "-1y" }\nid = { kind = "sequence" }\n'
        'c = { kind = "text", max = 4 }\n'
        "[tables.other]\nrows = 3\n"
        '[tables.other.columns]\nc = { kind = "text", max = 4 }\n'
    )
    schema = "CREATE TABLE t (id bigint, c text, early date);\nCREATE TABLE other (c text);"
    after = written(tmp_path, toml, schema).population(500)
    new = generate.frame(after, "t", 0, 500)
    assert new.select("id", "c").equals(old)
    assert not generate.frame(after, "other", 0, 3)["c"].equals(old["c"][:3])


def test_foreign_keys_hold(shop):
    orders, items, customers = shop["shop.orders"], shop["shop.Order Items"], shop["auth.customers"]
    assert orders["customer_id"].is_in(customers["id"].implode()).all()
    assert items["order_id"].is_in(orders["id"].implode()).all()
    assert items["product_id"].is_in(shop["shop.products"]["id"].implode()).all()
    assert customers["invited_by"].drop_nulls().is_in(customers["id"].implode()).all()


def test_unique_columns_are_unique(shop):
    for table, names in {
        "shop.orders": ["id", "public_id", "ticket"],
        "auth.customers": ["id", "email", "login", "api_key"],
        "shop.products": ["id", "slug", "name"],
    }.items():
        for name in names:
            assert shop[table][name].is_unique().all(), name
    items = shop["shop.Order Items"]
    assert items.select("order_id", "position").is_unique().all()
    assert items.select("order_id", "product_id").is_unique().all()


def test_a_few_parents_have_most_children_and_some_have_none(shop):
    children = shop["shop.orders"]["customer_id"].value_counts(sort=True)["count"]
    parents = len(shop["auth.customers"])
    assert len(children) < 0.81 * parents
    assert children[: parents // 10].sum() > 0.3 * ROWS


def test_groups_stand_together_in_the_order_of_their_parents(shop):
    items = shop["shop.Order Items"]
    assert items["order_id"].is_sorted()
    assert items["position"].min() == 1
    sizes = items["order_id"].value_counts()["count"]
    assert sizes.n_unique() > 2
    assert (
        items.group_by("order_id").agg(pl.col("position").max())["position"] <= sizes.max()
    ).all()


def test_what_follows_from_a_parent_is_the_parents(shop):
    customers = shop["auth.customers"].select("id", "country", "login", "created_at")
    orders = shop["shop.orders"].join(customers, left_on="customer_id", right_on="id")
    assert (orders["country"] == orders["country_right"]).all()
    items = shop["shop.Order Items"].join(orders, left_on="order_id", right_on="id")
    assert (items["customer"] == items["login"]).all()
    assert (items["shipped_at"] > items["created_at"]).all()
    inviters = shop["auth.customers"].join(customers, left_on="invited_by", right_on="id")
    assert (inviters["inviter"] == inviters["login_right"]).all()


def test_a_recent_parent_is_older_than_its_child(shop):
    customers = shop["auth.customers"].select("id", "created_at")
    visits = shop["shop.visits"].join(customers, left_on="customer_id", right_on="id")
    assert (visits["at"] >= visits["created_at"])[100:].all()
    assert shop["auth.customers"]["invited_by"][0] is None
    invited = shop["auth.customers"].drop_nulls("invited_by")
    assert (invited["invited_by"] < invited["id"]).all()


def test_the_oldest_of_the_recent_have_most_children_and_none_is_younger_than_its_child(shop):
    customers = shop["auth.customers"].select("id", "created_at")
    visits = shop["shop.visits"].join(customers, left_on="regular_id", right_on="id")
    assert (visits["at"] >= visits["created_at"])[100:].all()
    by_age = visits["regular_id"].value_counts().sort("regular_id")["count"]
    tenth = len(customers) // 10
    assert by_age[:tenth].sum() > 0.4 * len(visits)
    assert (visits["regular_id"] > len(customers) // 2).sum() > 0.02 * len(visits)


def test_shares_nulls_and_order_are_as_declared(shop):
    orders = shop["shop.orders"]
    near = pytest.approx
    assert orders["weight"].null_count() / ROWS == near(0.1, abs=0.01)
    assert orders["note"].null_count() / ROWS == near(0.5, abs=0.015)
    assert orders["gift"].mean() == near(0.04, abs=0.006)
    assert orders["weight"].mean() == near(3.0, abs=0.02)
    assert orders["total"].median() == near(40.0, rel=0.03)
    assert (shop["auth.customers"]["country"] == "de").mean() == near(0.6, abs=0.03)
    place = np.arange(ROWS)
    assert orders["created_at"].is_sorted()
    assert abs(np.corrcoef(place, orders["imported_at"].to_physical())[0, 1]) < 0.03
    ratio = orders["tax"] / orders["total"]
    assert ratio.median() == near(0.19, abs=0.001)
    assert set(orders["currency"].unique()) == {"EUR", "GBP", "USD"}
    assert orders.select("country", "currency").unique().height == orders["country"].n_unique()


def test_times_respect_now_and_the_weeks_shape(shop):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    orders = shop["shop.orders"]
    assert orders["created_at"].max() <= now
    assert orders["paid_at"].max() <= now
    assert orders["paid_at"].null_count() > 0
    assert (orders["due_on"].max()) > now.date()
    hours = orders["created_at"].dt.hour()
    assert hours.is_between(9, 17).mean() > 0.6
    assert (orders["created_at"].dt.weekday() >= 6).mean() < 0.12
    year = orders["created_at"].dt.year()
    assert (year == 2025).mean() == pytest.approx(0.75, abs=0.02)  # growth 2: a square


def test_cases_depend_on_age_and_on_other_columns(shop):
    orders = shop["shop.orders"]
    recent = orders["created_at"] >= datetime(2025, 12, 18, tzinfo=UTC)
    assert set(orders.filter(recent)["status"].unique()) == {"open", "paid"}
    settled = orders.filter(~recent & orders["paid_at"].is_not_null())
    assert settled["status"].unique().to_list() == ["paid"]


def test_documents_are_json_with_optional_keys(shop):
    documents = [json.loads(text) for text in shop["shop.orders"]["details"][:2_000]]
    assert sum("ci" in d for d in documents) / 2_000 == pytest.approx(0.6, abs=0.05)
    assert sum('naïve "key"' in d for d in documents) / 2_000 == pytest.approx(0.1, abs=0.03)
    assert {type(d["owner"]["verified"]) for d in documents} == {bool}
    assert any(d["licence"] is None for d in documents)
    assert {len(d["files"]) for d in documents} == {0, 1, 2, 3}
    remarks = shop["shop.orders"]["remark"]
    for row, document in enumerate(documents):
        assert document.get('naïve "key"', remarks[row]) == remarks[row]
    labels = [json.loads(text) for text in shop["shop.orders"]["labels"][:500]]
    assert all(len(set(found)) == len(found) for found in labels)


def test_words_come_by_zipfs_law(shop):
    words = shop["shop.orders"]["note"].drop_nulls().str.split(" ").explode()
    counts = words.value_counts(sort=True)
    assert counts[0, 0] == "größe"
    assert counts[0, 1] > 1.25 * counts[1, 1]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ('{ kind = "after", column = "id", delay = "1d" }', "is not a time"),
        ('{ kind = "map", column = "id", to = { 1 = "a", 2 = 3 } }', "cannot be drawn"),
        (
            '{ kind = "cases", cases = [{ if = { column = "id", is = "x" }, then = { kind = "null" '
            '} }], otherwise = { kind = "null" } }',
            "cannot be drawn",
        ),
        (
            '{ kind = "cases", cases = [{ if = { column = "id", above = 99 }, '
            'then = { kind = "bool", share = 0.5 } }], '
            'otherwise = { kind = "time", from = "-1d" } }',
            "cannot be drawn",
        ),
    ],
)
def test_values_of_the_wrong_type_are_found_before_anything_is_loaded(tmp_path, kind, wrong):
    with pytest.raises(SpecError, match=wrong) as caught:
        one_column(tmp_path, kind, 100)
    assert "t.c" in str(caught.value)
