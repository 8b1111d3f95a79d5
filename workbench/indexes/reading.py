"""A workload on a database: which statements can be planned, and what they ask of its tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from workbench.db import (
    Connection,
    DriverError,
    fetch_value,
    rolled_back,
    server_version,
)
from workbench.errors import InputError, StatementError, TimedOut, UnknownName
from workbench.indexes.checks import referring
from workbench.indexes.planned import enriched, planned
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.plans.parse import parse
from workbench.workload import catalog as catalogs
from workbench.workload import parameters
from workbench.workload.analysis import analyse
from workbench.workload.qualified import assigned_columns, table_names
from workbench.workload.query import Failure, Query
from workbench.workload.schema import Catalog, Table, TableName
from workbench.workload.uses import TableUse

Column = tuple[str, str, str]
GENERIC_SINCE = 160000


@dataclass(frozen=True)
class Reading:
    """The statements that can be planned, with their plans and table uses, and those that cannot.

    A statement with parameters that the file gives no values for becomes several queries, one for
    each kind of value. ``order`` has the names of all of them as the files have them.
    """

    catalog: Catalog
    queries: tuple[Query, ...]
    plans: Mapping[str, Plan]
    uses: Mapping[str, tuple[TableUse, ...]]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...] = field(default=())
    order: tuple[str, ...] = field(default=())

    def tables(self, query: str) -> frozenset[TableName]:
        """The tables that a statement reads or writes."""
        nodes = [node for node in self.plans[query].walk() if node.relation]
        planned = {TableName(node.schema or "public", str(node.relation)) for node in nodes}
        whole = {self.catalog.root(name) for name in planned}
        return frozenset(planned | whole | {use.table for use in self.uses[query]})

    def all_tables(self) -> frozenset[TableName]:
        """The tables of all statements."""
        return frozenset(name for query in self.queries for name in self.tables(query.name))

    def changes(self) -> dict[TableName, dict[tuple[str, ...], float]]:
        """By table, the columns that the workload's UPDATEs set together, with their weights."""
        found: dict[TableName, dict[tuple[str, ...], float]] = {}
        for query in self.queries:
            for schema, name, columns in assigned_columns(query.text):
                table = self.catalog.resolve(name, schema)
                if table is not None:
                    sets = found.setdefault(table.table, {})
                    sets[columns] = sets.get(columns, 0.0) + query.weight
        return found

    def table_of(self, use: TableUse) -> Table | None:
        """The table with its statistics."""
        return self.catalog.tables.get(use.table)


def read(
    connection: Connection,
    statements: Iterable[Query | Failure],
    progress: Callable[[str, int, int], None],
) -> Reading:
    """Plan every statement once; what cannot be planned keeps the server's own message."""
    catalog = catalogs.read(connection)
    entries = list(statements)
    queries: list[Query] = []
    plans: dict[str, Plan] = {}
    uses: dict[str, tuple[TableUse, ...]] = {}
    failures: list[Failure] = []
    order: list[str] = []
    notes: list[str] = []
    for done, entry in enumerate(entries):
        progress("planning", done, len(entries))
        if isinstance(entry, Failure):
            failures.append(entry)
            order.append(entry.name)
            continue
        analysis = analyse(entry.text, catalog)
        try:
            asked = analysis.uses or _for_unknown_values(connection, entry, catalog)
            for query in parameters.fill(connection, entry, dict(_columns(entry, asked))):
                plan = explain(connection, query.text, query.values, verbose=True)
                plans[query.name] = plan
                checks = list(referring(connection, catalog, query, plan))
                own = enriched(analysis.uses, plan, catalog, query.values)
                uses[query.name] = (*own, *(use for _, use in checks))
                queries.append(replace(query, checks=tuple(check for check, _ in checks)))
                order.append(query.name)
            if analysis.unread:
                words = f"its conditions were read from its plan ({analysis.unread})"
                notes.append(f"{entry.name}: {words}")
            notes += [f"{entry.name}: {remark}" for remark in analysis.remarks]
        except (StatementError, TimedOut) as error:
            failures.append(_failure(entry, error, catalog))
            order.append(entry.name)
    progress("planning", len(entries), len(entries))
    named = {use.table for found in uses.values() for use in found}
    catalog = catalogs.with_statistics(connection, catalog, named)
    return Reading(
        catalog, tuple(queries), plans, uses, tuple(failures), tuple(notes), tuple(order)
    )


def _for_unknown_values(
    connection: Connection, query: Query, catalog: Catalog
) -> tuple[TableUse, ...]:
    """The uses in a plan made before the values of the parameters are known, from PostgreSQL 16.

    Such a plan can only be asked for without values, and then the server takes several statements
    in one text; so it is prepared first, which takes a single one only.
    """
    if not query.missing or server_version(connection) < GENERIC_SINCE:
        return ()
    parameters.parameter_types(connection, query.text)
    prefix = "/*workbench*/ EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) "
    try:
        with rolled_back(connection):
            return planned(parse(fetch_value(connection, prefix + query.text)), catalog)
    except DriverError:
        return ()


def _columns(query: Query, uses: Iterable[TableUse]) -> Iterator[tuple[str, Column]]:
    """The column that each parameter of a statement is compared to."""
    for use in uses:
        for condition in use.conditions + tuple(c for b in use.alternatives for c in b):
            for number in condition.parameters:
                if condition.column and number <= len(query.slots):
                    yield query.slots[number - 1], (*use.table, condition.column)


def _failure(query: Query, error: InputError | TimedOut, catalog: Catalog) -> Failure:
    """The server's message, with near names where a table does not exist."""
    reason = error.in_file(query.line) if isinstance(error, StatementError) else str(error)
    for schema, name in table_names(query.text):
        missing = f'relation "{f"{schema}." if schema else ""}{name}" does not exist'
        if missing in reason and catalog.resolve(name, schema) is None:
            known = {table.name for table in catalog.tables}
            reason = str(UnknownName("table", name, known))
    return Failure(query.name, query.sql, query.line, reason, query.source, query.weight)
