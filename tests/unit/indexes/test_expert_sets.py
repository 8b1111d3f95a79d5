"""What a careful hand wrote for each dataset is among the candidates, and these stay bounded."""

from functools import cache

import pytest
from catalogs import read
from hand_written import as_good, drafted, expert

from workbench import datasets
from workbench.indexes.candidates import Candidate

NAMES = [spec.name for spec in datasets.available()]
# The statement that it is for neither sorts nor compares more than the predicate: any key will do.
ANY_KEY = {"expert_todos_urgent"}


@cache
def candidates(name: str) -> tuple[Candidate, ...]:
    return drafted(name, read(name))


@pytest.mark.parametrize(
    ("dataset", "name"),
    [(dataset, name) for dataset in NAMES for name in expert(dataset)],
)
def test_a_candidate_is_as_good(dataset: str, name: str) -> None:
    index = expert(dataset)[name]
    found = [each.index for each in candidates(dataset) if each.index.table == index.table]
    if name in ANY_KEY:
        assert any(each.predicate == index.predicate and not each.include for each in found)
    else:
        assert any(as_good(index, each) for each in found), index.ddl()


@pytest.mark.parametrize("dataset", NAMES)
def test_candidates_are_bounded(dataset: str) -> None:
    found = candidates(dataset)
    queries = {query for each in found for query in each.queries}
    assert len(found) <= 12 * len(queries)


@pytest.mark.parametrize("dataset", NAMES)
def test_names_tell_all_candidates_of_a_schema_apart(dataset: str) -> None:
    found = candidates(dataset)
    names = [(each.index.table.schema, each.index.name) for each in found]
    assert len(set(names)) == len(names)
