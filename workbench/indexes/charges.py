"""What the workload's own writes would pay for each candidate, by a cheap model (pure).

A row inserted goes into every index of its table. An update costs nothing while it is HOT; one of
an indexed column goes into all indexes of the table. Deleting touches none. The prices are typical
ones; a measured price takes their place in the receipt.
"""

from collections.abc import Iterable, Mapping

from workbench.indexes.index import Index
from workbench.indexes.reading import Reading
from workbench.workload.schema import TableName, quoted

US_PER_ROW: Mapping[str, float] = {"brin": 0.3, "gin": 20.0, "gist": 10.0, "spgist": 10.0}
US_PER_ROW_OF_TREE = 3.0


def written_ms(
    reading: Reading, indexes: Iterable[Index], present: Mapping[TableName, int]
) -> dict[Index, float]:
    """Milliseconds of the weighted workload by index; ``present`` counts indexes by table."""
    inserted = _inserted(reading)
    updated = {
        (table, columns): rows
        for table, sets in reading.changes().items()
        for columns, rows in sets.items()
    }
    found = {}
    for index in indexes:
        us = US_PER_ROW.get(index.method, US_PER_ROW_OF_TREE)
        rows = inserted.get(index.table, 0.0)
        for (table, columns), weight in updated.items():
            if table == index.table and _holds(index, columns):
                rows += weight * (1 + present.get(table, 0))
        if rows:
            found[index] = us * rows / 1000
    return found


def _inserted(reading: Reading) -> dict[TableName, float]:
    """Rows that are inserted into each table, as the planner expects, times the weight."""
    found: dict[TableName, float] = {}
    for query in reading.queries:
        for node in reading.plans[query.name].walk():
            if node.node_type == "ModifyTable" and node.operation == "Insert" and node.relation:
                table = TableName(node.schema or "public", node.relation)
                rows = sum(child.plan_rows or 0.0 for child in node.children)
                found[table] = found.get(table, 0.0) + query.weight * rows
    return found


def _holds(index: Index, columns: Iterable[str]) -> bool:
    """Whether an index would change with one of the columns."""
    text = " ".join([*(key.expression for key in index.keys), *index.include, index.predicate])
    words = set("".join(c if c.isalnum() or c in '_$"' else " " for c in text).split())
    return any(quoted(column) in words for column in columns)
