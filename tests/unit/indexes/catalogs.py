"""Write catalogs.json afresh: python tests/unit/indexes/catalogs.py (loads the datasets)."""

import json
from pathlib import Path

from workbench import datasets, servers
from workbench.datasets import cache
from workbench.datasets.load import ensure_loaded
from workbench.datasets.spec import Spec
from workbench.indexes import existing
from workbench.workload import catalog as catalogs
from workbench.workload.schema import Catalog, Column, Table, TableName

FILE = Path(__file__).with_name("catalogs.json")
MOST_COMMON = 12  # more values than this say nothing to a rule
BOUNDS = 10  # so many of Postgres' intervals in one


def described(spec: Spec) -> dict[str, object]:
    """The tables of a dataset at scale small, with statistics, as JSON."""
    with servers.start("embedded", cache.key(spec, "small"), print) as server:
        name = ensure_loaded(server.connect, spec, "small", None, lambda *_: None)
        connection = server.connect(name)
        catalog = catalogs.read(connection)
        catalog = catalogs.with_statistics(connection, catalog, catalog.tables)
        keys = {each.index.table for each in existing.read(connection)}
    return {str(t.table): _table(t) for t in catalog.tables.values() if t.table in keys}


def _table(table: Table) -> dict[str, object]:
    return {
        "name": list(table.table),
        "rows": table.rows,
        "uniques": [sorted(unique) for unique in table.uniques],
        "toasted": table.toasted,
        "columns": [_column(column) for column in table.columns.values()],
    }


def _column(column: Column) -> list[object]:
    few = column.distinct is not None and column.distinct <= MOST_COMMON
    common = {value: round(share, 4) for value, share in column.common.items()} if few else {}
    correlation = None if column.correlation is None else round(column.correlation, 4)
    share = round(column.null_share, 4)
    numbers = [share, column.width_bytes, correlation, common, column.bounds[::BOUNDS]]
    return [column.name, column.type, column.not_null, column.distinct, *numbers]


def read(name: str) -> Catalog:
    """The catalog of a dataset as it was written."""
    tables = {}
    for entry in json.loads(FILE.read_text(encoding="utf-8"))[name].values():
        made = Table(
            TableName(*entry["name"]),
            "r",
            entry["rows"],
            int(entry["rows"]) * 200,
            {column[0]: Column(*column) for column in entry["columns"]},
            uniques=tuple(frozenset(unique) for unique in entry["uniques"]),
            toasted=entry["toasted"],
        )
        tables[made.table] = made
    return Catalog(tables, ("public",))


if __name__ == "__main__":
    found = {spec.name: described(spec) for spec in datasets.available()}
    lines = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    FILE.write_text(lines.replace('["', '\n["') + "\n", encoding="utf-8")
