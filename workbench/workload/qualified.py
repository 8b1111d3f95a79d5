"""A statement as a SELECT that sqlglot understands, every name with its table and schema (pure)."""

from collections.abc import Iterator
from typing import TypeAlias

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from workbench.workload.schema import Catalog

Schema: TypeAlias = dict[str, object]
WRITTEN = "written"  # marks the table that a statement changes


def qualified(sql: str, catalog: Catalog) -> exp.Expr:
    """The statement's tree, writes turned into the SELECT that finds their rows.

    Raises SqlglotError where sqlglot cannot read the statement.
    """
    tree = _as_select(parse_one(sql, dialect="postgres"))
    _empty_exists(tree)
    _unlambda(tree)
    _place_tables(tree, catalog)
    return qualify(
        tree,
        dialect="postgres",
        schema=_sqlglot_schema(catalog, tree),
        validate_qualify_columns=False,
        allow_partial_qualification=True,
    )


def table_names(sql: str) -> tuple[tuple[str | None, str], ...]:
    """The (schema or None, table) names that a statement mentions, its own CTEs left out."""
    try:
        tree = parse_one(sql, dialect="postgres")
    except SqlglotError:
        return ()
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    names = ((_folded(t.args.get("db")), _folded(t.this)) for t in tree.find_all(exp.Table))
    return tuple(dict.fromkeys((s, n) for s, n in names if n and (s or n not in own)))


def assigned_columns(sql: str) -> tuple[tuple[str | None, str, tuple[str, ...]], ...]:
    """(schema or None, table, columns that are set) of every UPDATE in a statement."""
    try:
        tree = parse_one(sql, dialect="postgres")
    except SqlglotError:
        return ()
    found = []
    for update in tree.find_all(exp.Update):
        table = update.this
        name = _folded(table.this) if isinstance(table, exp.Table) else None
        targets = [each.this for each in update.expressions if isinstance(each, exp.EQ)]
        columns = [_folded(each.this) for each in targets if isinstance(each, exp.Column)]
        if name and columns:
            schema = _folded(table.args.get("db"))
            found.append((schema, name, tuple(sorted(filter(None, columns)))))
    return tuple(found)


def _folded(identifier: exp.Expr | None) -> str | None:
    if not isinstance(identifier, exp.Identifier):
        return None
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()


def _as_select(node: exp.Expr) -> exp.Expr:
    """A SELECT with the same tables and conditions, for a statement that writes."""
    for cte in list(node.find_all(exp.CTE)):
        if isinstance(cte.this, (exp.Update, exp.Delete, exp.Insert, exp.Merge)):
            cte.set("this", _as_select(cte.this))
    if not isinstance(node, (exp.Update, exp.Delete, exp.Insert, exp.Merge)):
        return node
    returned = node.args.get("returning")
    outputs = list(returned.expressions) if returned else [exp.Literal.number(1)]
    select = exp.Select(expressions=outputs)
    if node.args.get("with_"):
        select.set("with_", node.args["with_"])
    if isinstance(node, exp.Insert):
        return _inserted(node, select)
    tables = list(_written_tables(node))
    select.set("from_", exp.From(this=tables[0]))
    select.set("joins", [exp.Join(this=table) for table in tables[1:]])
    condition = node.args.get("on") if isinstance(node, exp.Merge) else None
    where = exp.Where(this=condition) if condition else node.args.get("where")
    select.set("where", where)
    for assigned in node.expressions if isinstance(node, exp.Update) else ():
        if isinstance(assigned, exp.EQ) and assigned.expression.find(exp.Select):
            select.append("expressions", assigned.expression)
    return select


def _empty_exists(tree: exp.Expr) -> None:
    """Leave out what EXISTS (SELECT …) selects: nobody reads it."""
    for exists in tree.find_all(exp.Exists):
        inner = exists.this.unnest()
        if isinstance(inner, exp.Select) and not inner.args.get("group"):
            inner.set("expressions", [exp.Literal.number(1)])


def _unlambda(tree: exp.Expr) -> None:
    """Read ``f(doc -> 'a')`` as Postgres does: sqlglot takes the arrow for a function of doc."""
    for arrow in list(tree.find_all(exp.Lambda)):
        arrow.replace(parse_one(arrow.sql(dialect="postgres"), dialect="postgres"))


def _inserted(node: exp.Insert, select: exp.Select) -> exp.Expr:
    source = node.args.get("expression")
    if not isinstance(source, exp.Query):
        return select
    if select.args.get("with_"):
        source.set("with_", select.args["with_"])
    return source


def _written_tables(node: exp.Expr) -> Iterator[exp.Expr]:
    """The target of an UPDATE, DELETE or MERGE, then the tables of FROM or USING."""
    node.this.meta[WRITTEN] = True
    yield node.this
    source = node.args.get("from_") or node.args.get("using")
    sources = source if isinstance(source, list) else [source]
    for place in filter(None, sources):
        table = place.this if isinstance(place, exp.From) else place
        joins = table.args.get("joins") or []
        table.set("joins", None)
        yield table
        yield from (join.this for join in joins)


def _place_tables(tree: exp.Expr, catalog: Catalog) -> None:
    """Write the schema beside each table name that has none, CTE names excepted."""
    for table in tree.find_all(exp.Table):
        name = _folded(table.this)
        if name is None or table.args.get("db") or _names_cte(table, name):
            continue
        found = catalog.resolve(name)
        if found:
            table.set("db", exp.to_identifier(found.table.schema, quoted=True))


def _names_cte(table: exp.Table, name: str) -> bool:
    node: exp.Expr | None = table
    while node is not None:
        clause = node.args.get("with_")
        if clause and any(cte.alias == name for cte in clause.expressions):
            return True
        node = node.parent
    return False


def _sqlglot_schema(catalog: Catalog, tree: exp.Expr) -> Schema:
    """The columns of the tables that the statement names, as sqlglot wants them."""
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table in tree.find_all(exp.Table):
        found = catalog.resolve(table.name, table.db or None) if table.db else None
        if found:
            columns = {f'"{c}"': "unknown" for c in found.columns}
            schema.setdefault(f'"{found.table.schema}"', {})[f'"{found.table.name}"'] = columns
    return dict(schema)
