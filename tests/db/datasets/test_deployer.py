"""What the catalogue of repositories is made to have: skew, dependencies, order, gaps."""

from collections.abc import Iterator

import pytest

from workbench import datasets
from workbench.datasets.load import ensure_loaded
from workbench.db import Connection, fetch_value
from workbench.servers import Server


@pytest.fixture(scope="module")
def deployer(server: Server) -> Iterator[Connection]:
    with server.connect(ensure_loaded(server.connect, datasets.open("deployer"))) as connection:
        yield connection


def share(connection: Connection, condition: str, table: str = "repositories") -> float:
    query = f"SELECT count(*) FILTER (WHERE {condition})::float8 / count(*) FROM {table}"
    return float(fetch_value(connection, query))


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("language IN ('Python', 'JavaScript', 'TypeScript')", 0.58, 0.66),
        ("category IN ('web-backend', 'web-frontend', 'devtools')", 0.60, 0.68),
        ("language IN ('Elixir', 'Haskell', 'Zig')", 0.001, 0.004),
        ("language IS NULL", 0.03, 0.05),
        ("health_status = 'unhealthy'", 0.015, 0.028),
        ("last_health_check IS NULL", 0.003, 0.009),
        ("deleted_at IS NOT NULL", 0.03, 0.07),
        ("metadata ? 'funding'", 0.02, 0.04),
        ("metadata ? 'ci'", 0.59, 0.65),
    ],
)
def test_shares_of_repositories(deployer, condition, low, high):
    assert low <= share(deployer, condition) <= high


@pytest.mark.parametrize(
    "broken",
    [
        "repositories WHERE language = 'Swift' AND category <> 'mobile'",
        "repositories WHERE (last_health_check IS NULL) <> (health_status = 'unknown')",
        "repositories WHERE last_health_check < created_at OR deleted_at < created_at",
        "repositories WHERE metadata ->> 'package_manager' = 'cargo' AND language <> 'Rust'",
        "health_checks WHERE (error IS NULL) <> (status = 'passed')",
        "health_checks WHERE (http_status = 200) <> (status = 'passed')",
    ],
)
def test_what_follows_from_other_columns_always_holds(deployer, broken):
    assert fetch_value(deployer, f"SELECT count(*) FROM {broken}") == 0


def test_the_checks_lie_in_time_order_and_after_their_repository(deployer):
    correlation = "SELECT correlation FROM pg_stats WHERE attname = 'checked_at'"
    assert fetch_value(deployer, correlation) > 0.999
    table = "health_checks JOIN repositories ON repositories.id = repository_id"
    assert share(deployer, "checked_at < created_at", table) < 0.0001


def test_failures_belong_to_the_unhealthy(deployer):
    table = "health_checks JOIN repositories ON repositories.id = repository_id"
    unhealthy = share(deployer, "status <> 'passed'", f"{table} WHERE health_status = 'unhealthy'")
    assert unhealthy > 10 * share(deployer, "status <> 'passed'", "health_checks")


def test_one_repository_in_a_hundred_has_half_of_the_stars(deployer):
    top = "SELECT sum(stars) FROM (SELECT stars FROM repositories ORDER BY stars DESC LIMIT 300) t"
    everything = fetch_value(deployer, "SELECT sum(stars) FROM repositories")
    assert 0.4 < fetch_value(deployer, top) / everything < 0.65


@pytest.mark.parametrize(
    ("parent", "child", "key", "low", "high"),
    [
        ("repositories", "health_checks", "repository_id", 0.15, 0.3),
        ("repositories", "repository_tags", "repository_id", 0.0, 0.1),
        ("collections", "collection_repositories", "collection_id", 0.1, 0.15),
    ],
)
def test_some_parents_have_no_children(deployer, parent, child, key, low, high):
    parents = fetch_value(deployer, f"SELECT count(*) FROM {parent}")
    with_children = fetch_value(deployer, f"SELECT count(DISTINCT {key}) FROM {child}")
    assert low < 1 - with_children / parents < high


def test_a_few_collections_hold_hundreds(deployer):
    sizes = (
        "SELECT percentile_disc($1::float8) WITHIN GROUP (ORDER BY n) FROM "
        "(SELECT count(*) AS n FROM collection_repositories GROUP BY collection_id) t"
    )
    middle, biggest = (fetch_value(deployer, sizes, [at]) for at in (0.5, 1))
    assert middle < 20
    assert biggest > 400
