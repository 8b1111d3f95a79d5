"""Every candidate for every shipped workload is a valid definition: built on empty tables."""

import sys
from pathlib import Path

import psycopg
import pytest

from workbench import datasets
from workbench.db import Connection
from workbench.indexes import existing
from workbench.indexes.candidates import generate
from workbench.indexes.reading import read
from workbench.workload import files

sys.path.append(str(Path(__file__).resolve().parents[2] / "unit" / "indexes"))

from catalogs import read as read_statistics

NAMES = [spec.name for spec in datasets.available()]


@pytest.mark.parametrize("name", NAMES)
def test_every_candidate_can_be_built(connection: Connection, name: str) -> None:
    spec = datasets.open(name)
    connection.execute((spec.folder / "schema.sql").read_text(encoding="utf-8"))
    found = read(connection, files.read(sorted(spec.query_files)), lambda *_: None)
    assert not found.failures
    statistics = read_statistics(name)
    uses = [(query.name, use) for query in found.queries for use in found.uses[query.name]]
    candidates = generate(uses, lambda use: statistics.tables.get(use.table))
    assert len(candidates) > 100
    for candidate in candidates:
        try:
            connection.execute(candidate.index.ddl())
        except psycopg.errors.UndefinedObject:
            assert candidate.index.extension, candidate.index.ddl()
    built = {each.name: each.index for each in existing.read(connection)}
    unknown = [c.index.ddl() for c in candidates if not _recognised(c.index, built)]
    assert unknown == []


def _recognised(index, built) -> bool:
    """Whether an index that exists is known to be the candidate again."""
    made = built.get(index.name)
    twin = existing.Existing(made, "twin", False, True, 0, False) if made else None
    return twin is None or existing.served_by(index, (twin,)) == "exists already as twin"
