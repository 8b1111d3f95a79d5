"""The statements and index sets of every shipped dataset, on its rows at scale small."""

import re
from collections.abc import Iterator

import pytest

from workbench import datasets, db
from workbench.datasets import Spec
from workbench.datasets.load import ensure_loaded
from workbench.db import Connection
from workbench.plans.explain import explain
from workbench.servers import Server
from workbench.workload import files
from workbench.workload.query import Failure, Query

SPECS = {spec.name: spec for spec in datasets.available()}
LISTED = [
    pytest.param(spec, query, id=f"{name}-{query.name}")
    for name, spec in SPECS.items()
    for query in files.read(spec.query_files)
]
SETS = [
    pytest.param(spec, file, id=f"{name}-{file.stem}")
    for name, spec in SPECS.items()
    for file in sorted((spec.folder / "indexes").glob("*.sql"))
]
MADE = """
SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace::regnamespace::text NOT IN ('pg_catalog', 'pg_toast')
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@pytest.fixture
def loaded(spec: Spec, server: Server) -> Iterator[Connection]:
    """A connection to the dataset; what a test changes is rolled back."""
    with (
        server.connect(ensure_loaded(server.connect, spec)) as connection,
        db.rolled_back(connection),
    ):
        yield connection


@pytest.mark.parametrize(("spec", "query"), LISTED)
def test_each_statement_finds_rows(spec: Spec, query: Query | Failure, loaded: Connection) -> None:
    assert isinstance(query, Query), str(query)
    steps = list(explain(loaded, query.text, query.values, analyze=True, timing=False).walk())
    rows = next(step.actual_rows for step in steps if step.node_type != "ModifyTable")
    assert rows, f"{query.name} finds nothing"


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_statements_are_named_weighted_and_explained(spec: Spec) -> None:
    texts = [file.read_text(encoding="utf-8") for file in spec.query_files]
    heads = re.findall(r"-- name: (\S+)\n-- weight: [\d.]+\n-- .*\.\n", "\n".join(texts))
    assert 12 <= len(heads) <= 30
    assert len(set(heads)) == len(heads) == len(files.read(spec.query_files))


@pytest.mark.parametrize(("spec", "file"), SETS)
def test_the_index_set_applies_and_makes_the_workload_cheaper(spec, file, loaded) -> None:
    queries = [query for query in files.read(spec.query_files) if isinstance(query, Query)]
    before, _ = planned(loaded, queries)
    loaded.execute(file.read_text(encoding="utf-8"))
    loaded.execute("ANALYZE")
    after, used = planned(loaded, queries)
    made = {name for (name,) in db.fetch_all(loaded, MADE)}
    assert made & used
    assert after < before
    if file.stem == "expert":
        assert made <= used, f"no statement uses {sorted(made - used)}"


def planned(connection: Connection, queries: list[Query]) -> tuple[float, set[str]]:
    """The weighted cost of the statements, and the indexes their plans use."""
    plans = [(query.weight, explain(connection, query.text, query.values)) for query in queries]
    indexes = {name for _, plan in plans for name in plan.index_names}
    return sum(weight * plan.cost for weight, plan in plans), indexes
