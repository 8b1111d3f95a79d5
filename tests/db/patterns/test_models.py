"""The models say what the schemas of the datasets say."""

import pytest
from sqlalchemy import UniqueConstraint, inspect
from sqlalchemy.dialects import postgresql

from workbench.patterns import models
from workbench.patterns.latency import connected

DATASETS = [("deployer", models.Deployer), ("learning", models.Learning)]


def typed(kind):
    return str(kind.compile(dialect=postgresql.dialect()))


def declared(table):
    """Columns, keys and unique sets of a model's table."""
    return {
        "columns": {c.name: (typed(c.type), c.nullable) for c in table.columns},
        "defaults": {c.name for c in table.columns if c.server_default is not None},
        "key": {c.name for c in table.primary_key},
        "unique": {frozenset(c.name for c in u.columns) for u in uniques(table)},
        "foreign": {
            (tuple(fk.column_keys), fk.referred_table.name) for fk in table.foreign_key_constraints
        },
    }


def uniques(table):
    return [each for each in table.constraints if isinstance(each, UniqueConstraint)]


def real(inspector, name):
    """The same of the table in the database."""
    columns = inspector.get_columns(name)
    return {
        "columns": {c["name"]: (typed(c["type"]), c["nullable"]) for c in columns},
        "defaults": {c["name"] for c in columns if c["default"] is not None or c.get("identity")},
        "key": set(inspector.get_pk_constraint(name)["constrained_columns"]),
        "unique": {frozenset(u["column_names"]) for u in inspector.get_unique_constraints(name)},
        "foreign": {
            (tuple(fk["constrained_columns"]), fk["referred_table"])
            for fk in inspector.get_foreign_keys(name)
        },
    }


@pytest.mark.parametrize(("dataset", "base"), DATASETS, ids=[name for name, _ in DATASETS])
def test_the_models_are_the_schema(lab, dataset, base):
    with connected(lab.site(dataset).conninfo) as app:
        inspector = inspect(app)
        assert set(base.metadata.tables) == set(inspector.get_table_names())
        for name, table in base.metadata.tables.items():
            assert declared(table) == real(inspector, name), name


def test_a_pull_request_has_the_columns_of_its_table(prmetrics):
    columns = declared(models.PullRequest.__table__)["columns"]
    with connected(prmetrics.conninfo) as app:
        assert columns == real(inspect(app), "pull_requests")["columns"]
