"""What a DELETE asks of other tables: for each row the rows that refer to it.

Postgres looks for them by triggers, whose queries EXPLAIN does not show. They are planned beside
the statement, so that its cost holds them; a measured time does anyway. A check that is put off to
the end of the transaction is left out, as what we measure is always rolled back.
"""

from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql as compose

from workbench.db import Connection
from workbench.errors import StatementError
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.workload.qualified import assigned_columns
from workbench.workload.query import Check, Query
from workbench.workload.schema import Catalog, ForeignKey, TableName, quoted
from workbench.workload.uses import Condition, TableUse

MOST_CASCADES = 3


def explained(connection: Connection, query: Query) -> Plan:
    """The plan of a statement, its checks below its root and in its cost."""
    plan = explain(connection, query.text, query.values)
    root = plan.root
    for check in query.checks:
        below = explain(connection, check.text).root
        cost = (root.total_cost or 0.0) + check.rows * (below.total_cost or 0.0)
        root = replace(root, total_cost=cost, children=(*root.children, below))
    return replace(plan, root=root)


def referring(
    connection: Connection, catalog: Catalog, query: Query, plan: Plan
) -> Iterator[tuple[Check, TableUse]]:
    """The checks of a statement's writes, each with what it asks of its table."""
    for node in plan.walk():
        if node.node_type == "ModifyTable" and node.operation in ("Delete", "Update"):
            table = TableName(node.schema or "public", node.relation or "")
            rows = sum(child.plan_rows or 0.0 for child in node.children)
            changed = None if node.operation == "Delete" else _changed(query, table)
            yield from _checks(connection, catalog, table, rows, changed, MOST_CASCADES)


def _checks(
    connection: Connection,
    catalog: Catalog,
    table: TableName,
    rows: float,
    changed: frozenset[str] | None,
    deep: int,
) -> Iterator[tuple[Check, TableUse]]:
    """For each key that refers to a table, and for those that refer to rows that go with it."""
    for key in catalog.foreign_keys:
        if key.parent != table or (changed is not None and not changed & set(key.keys)):
            continue
        text = _text(catalog, key)
        try:
            found = explain(connection, text).root.plan_rows or 0.0
        except StatementError:  # Postgres checks with the owner's rights, we ask with the user's
            continue
        yield Check(text, rows), _use(key)
        if key.cascades and changed is None and deep:
            yield from _checks(connection, catalog, key.table, rows * found, None, deep - 1)


def _changed(query: Query, table: TableName) -> frozenset[str]:
    """The columns of a table that a statement sets."""
    sets = assigned_columns(query.text)
    return frozenset(c for _, name, columns in sets if name == table.name for c in columns)


def _text(catalog: Catalog, key: ForeignKey) -> str:
    """The query of the check, for a row that the planner knows nothing of."""
    held = catalog.tables.get(key.table)
    only = "" if held and held.kind == "p" else "ONLY "
    equal = [
        compose.SQL("x.{} = (SELECT p.{} FROM {} p LIMIT 1)").format(
            compose.Identifier(column), compose.Identifier(name), compose.Identifier(*key.parent)
        )
        for column, name in zip(key.columns, key.keys, strict=True)
    ]
    query = compose.SQL("SELECT 1 FROM {}{} x WHERE {} FOR KEY SHARE OF x").format(
        compose.SQL(only), compose.Identifier(*key.table), compose.SQL(" AND ").join(equal)
    )
    return query.as_string()


def _use(key: ForeignKey) -> TableUse:
    conditions = (
        Condition(quoted(column), column, "equality", columns=(column,)) for column in key.columns
    )
    return TableUse(
        key.table,
        tuple(conditions),
        columns=key.columns,
        alias=key.table.name,
        written=True,
        foreign_key=key,
    )
