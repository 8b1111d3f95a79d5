"""Reads the tables of a database and their statistics."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any

from workbench import sql
from workbench.db import Connection, fetch_all, fetch_value
from workbench.workload.schema import Catalog, Column, ForeignKey, Table, TableName

ROW_BYTES = 100  # of a table that was never analysed


def read(connection: Connection) -> Catalog:
    """Every table and view outside the system schemas, without column statistics."""
    rows = fetch_all(connection, sql.load("tables"))
    tables = {}
    for (schema, name, kind, tuples, size, toasted, root, uniques), columns in groupby(
        rows, key=lambda row: row[:8]
    ):
        table = TableName(schema, name)
        fields = {row[8]: Column(row[8], row[9], row[10]) for row in columns}
        tables[table] = Table(
            table,
            kind,
            tuples if tuples >= 0 else size / ROW_BYTES,
            size,
            fields,
            TableName(*root) if root else None,
            tuple(frozenset(columns) for columns in uniques),
            toasted,
        )
    path = fetch_value(connection, "SELECT current_schemas(false)::text[]")
    keys = fetch_all(connection, sql.load("foreign_keys"))
    return Catalog(tables, tuple(path), tuple(map(_foreign_key, keys)))


def with_statistics(
    connection: Connection, catalog: Catalog, names: Iterable[TableName]
) -> Catalog:
    """The catalog with the planner's statistics for the named tables."""
    wanted = [name for name in sorted(set(names)) if name in catalog.tables]
    arrays = [[name.schema for name in wanted], [name.name for name in wanted]]
    tables = dict(catalog.tables)
    for row in fetch_all(connection, sql.load("column_statistics"), arrays):
        name = TableName(row[0], row[1])
        table = tables[name]
        column = _with_row(table.columns[row[2]], table.rows, row[3:])
        tables[name] = replace(table, columns={**table.columns, column.name: column})
    return replace(catalog, tables=tables)


def _foreign_key(row: tuple[Any, ...]) -> ForeignKey:
    schema, name, parent_schema, parent, cascades, columns, keys = row
    table, whole = TableName(schema, name), TableName(parent_schema, parent)
    return ForeignKey(table, tuple(columns), whole, tuple(keys), cascades)


def _with_row(column: Column, rows: float, row: tuple[Any, ...]) -> Column:
    n_distinct, null_share, width, correlation, values, shares, bounds = row
    return replace(
        column,
        distinct=n_distinct if n_distinct >= 0 else -n_distinct * rows,
        null_share=null_share,
        width_bytes=width,
        correlation=correlation,
        common=dict(zip(values or (), shares or (), strict=True)),
        bounds=tuple(bounds or ()),
    )
