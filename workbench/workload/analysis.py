"""What a statement asks of each table: conditions, sort and group columns (pure, by sqlglot).

``analyse`` reads one statement; every place where it names a table becomes one TableUse. Names
are followed through derived tables and CTEs to the table that stores the column.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from workbench.workload.expressions import (
    OPERATORS,
    conjuncts,
    extremes,
    first,
    first_rows,
    fixed_list,
    folded_bool,
    has_columns,
    literal,
    numbers,
    predicates,
    unqualified,
)
from workbench.workload.qualified import WRITTEN, qualified
from workbench.workload.schema import Catalog, TableName, quoted
from workbench.workload.uses import Analysis, Condition, Kind, SortKey, TableUse


def analyse(sql: str, catalog: Catalog) -> Analysis:
    """The table uses of one statement whose parameters are written $1, $2, …; never raises."""
    try:
        reader = _Reader()
        for scope in traverse_scope(qualified(sql, catalog)):
            reader.read(scope)
        return Analysis(tuple(use.frozen() for use in reader.uses.values()))
    except (SqlglotError, RecursionError, AttributeError, KeyError) as error:
        return Analysis((), unread=str(error).splitlines()[0] if str(error) else "not readable")


@dataclass
class _Use:
    """A TableUse while it is being read."""

    table: TableName
    conditions: list[Condition] = field(default_factory=list)
    alternatives: list[tuple[Condition, ...]] = field(default_factory=list)
    sort: tuple[SortKey, ...] = ()
    limited: bool = False
    first_rows: int | None = None
    group: tuple[str, ...] = ()
    extremes: tuple[str, ...] = ()
    columns: dict[str, None] = field(default_factory=dict)
    outputs: dict[str, None] = field(default_factory=dict)
    alias: str = ""
    written: bool = False

    def frozen(self) -> TableUse:
        return TableUse(
            self.table,
            tuple(dict.fromkeys(self.conditions)),
            tuple(dict.fromkeys(self.alternatives)),
            self.sort,
            self.limited,
            self.first_rows,
            self.group,
            tuple(self.columns),
            tuple(self.outputs),
            self.extremes,
            self.alias,
            written=self.written,
        )


Found: TypeAlias = tuple[_Use, Condition]


class _Reader:
    """Walks the scopes of one qualified statement and fills its table uses."""

    def __init__(self) -> None:
        self.uses: dict[int, _Use] = {}
        self._conditioned: set[int] = set()

    def read(self, scope: Scope) -> None:
        """Take in one SELECT: its tables, conditions, sort and group columns."""
        origins = [(column, self.origin(column, scope)) for column in scope.columns]
        select = scope.expression
        if isinstance(select, exp.SetOperation):
            self._sort_branches(select, scope)
        if not isinstance(select, exp.Select):
            return
        for predicate in predicates(select):
            self._take(predicate, scope)
        for column, origin in origins:
            if origin and select.args.get("locks"):
                origin[0].written = True
            if origin and id(column) not in self._conditioned:
                origin[0].outputs.setdefault(origin[1])
        self._sort(select, scope)
        self._extremes(select, scope)
        self._group(select, scope)

    def origin(self, column: exp.Column, scope: Scope) -> tuple[_Use, str] | None:
        """The use and column of the table that stores ``column``, None if it is computed."""
        place: Scope | None = scope
        while place is not None and column.table not in place.sources:
            place = place.parent
        if place is None:
            return self._by_alias(column, scope)
        source = place.sources[column.table]
        if isinstance(source, exp.Table):
            table = TableName(source.db, source.name)
            written = bool(source.meta.get(WRITTEN))
            made = _Use(table, alias=source.alias_or_name, written=written)
            use = self.uses.setdefault(id(source), made)
            use.columns.setdefault(column.name)
            return use, column.name
        for output in getattr(source.expression, "selects", []):
            if output.alias_or_name == column.name:
                inner = output.unalias()
                return self.origin(inner, source) if isinstance(inner, exp.Column) else None
        return None

    def _by_alias(self, column: exp.Column, scope: Scope) -> tuple[_Use, str] | None:
        """An ORDER BY or GROUP BY name that stands for an output column."""
        if column.table:
            return None
        for output in getattr(scope.expression, "selects", []):
            inner = output.unalias()
            if output.alias == column.name and isinstance(inner, exp.Column) and inner.table:
                return self.origin(inner, scope)
        return None

    def _take(self, predicate: exp.Expr, scope: Scope) -> None:
        if isinstance(predicate, exp.Or):
            for branch in predicate.flatten():
                for use, conditions in _by_use(self._branch(branch, scope)):
                    use.alternatives.append(tuple(conditions))
            return
        for use, condition in self._conditions(predicate, scope):
            use.conditions.append(condition)
            for column in predicate.find_all(exp.Column):
                origin = self.origin(column, scope)
                if origin and origin[0] is use:
                    self._conditioned.add(id(column))

    def _branch(self, branch: exp.Expr, scope: Scope) -> Iterator[Found]:
        for predicate in conjuncts(branch):
            yield from self._conditions(predicate, scope)

    def _conditions(self, node: exp.Expr, scope: Scope) -> Iterator[Found]:
        """The indexable sides of one predicate without AND."""
        if node.args.get("negate"):
            yield from self._negated(node, scope)
            return
        match node:
            case exp.EQ(this=exp.Tuple(), expression=exp.Tuple()):
                pairs = zip(node.this.expressions, node.expression.expressions, strict=False)
                for left, right in pairs:
                    yield from self._compared(left, right, "equality", scope)
            case exp.EQ(expression=exp.Any()):
                yield from self._side(node.this, "in", None, scope, [node.expression])
            case exp.EQ():
                yield from self._compared(node.this, node.expression, "equality", scope)
            case exp.NEQ():
                yield from self._compared(node.this, node.expression, "unequal", scope)
            case exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
                left, right = first(node.this), first(node.expression)
                yield from self._compared(left, right, "range", scope)
            case exp.Between():
                bounds = [node.args["low"], node.args["high"]]
                yield from self._side(node.this, "range", None, scope, bounds)
            case exp.In():
                yield from self._membership(node, scope)
            case exp.Is():
                yield from self._is(node, scope)
            case exp.Not():
                yield from self._negated(node, scope)
            case exp.Column():
                yield from self._side(node, "equality", "true", scope)
            case exp.MatchAgainst():  # sqlglot turns the sides of @@ round
                yield from self._operated(node.expressions[0], node.this, "@@", scope)
            case _ if type(node) in OPERATORS:
                yield from self._operated(node.this, node.expression, OPERATORS[type(node)], scope)

    def _operated(
        self, left: exp.Expr, right: exp.Expr, operator: str, scope: Scope
    ) -> Iterator[Found]:
        """An operator of text, documents, arrays, ranges or shapes, its column on the left."""
        for use, condition in self._side(left, "other", literal(right), scope, [right]):
            if not self._mentions(right, use, scope):
                yield use, replace(condition, operator=operator)

    def _compared(
        self, left: exp.Expr, right: exp.Expr, kind: Kind, scope: Scope
    ) -> Iterator[Found]:
        for side, other in ((left, right), (right, left)):
            with_columns = has_columns(other)
            actual: Kind = "join" if with_columns and kind == "equality" else kind
            constant = None if with_columns else literal(other)
            for use, condition in self._side(side, actual, constant, scope, [other]):
                if not self._mentions(other, use, scope):
                    yield use, replace(condition, partner=self._partner(other, scope))

    def _membership(self, node: exp.In, scope: Scope) -> Iterator[Found]:
        inner = node.args.get("query")
        if inner is None:
            yield from self._side(node.this, "in", fixed_list(node), scope, node.expressions)
            return
        yield from self._side(node.this, "join", None, scope)
        query = inner.unnest()
        place = next((s for s in scope.traverse() if s.expression is query), None)
        if place is not None and len(query.selects) == 1:
            yield from self._side(query.selects[0].unalias(), "join", None, place)

    def _is(self, node: exp.Is, scope: Scope) -> Iterator[Found]:
        if isinstance(node.expression, exp.Null):
            yield from self._side(node.this, "is_null", None, scope)
        elif isinstance(node.expression, exp.Boolean):
            yield from self._side(node.this, "equality", node.expression.sql(), scope)

    def _negated(self, node: exp.Expr, scope: Scope) -> Iterator[Found]:
        inner = node.this.unnest() if isinstance(node, exp.Not) else node
        if isinstance(inner, exp.Column):
            yield from self._side(inner, "equality", "false", scope)
        elif isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            yield from self._side(inner.this, "is_not_null", None, scope)
        elif isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean):
            for use, condition in self._side(inner.this, "other", None, scope):
                words = f"IS NOT {inner.expression.sql().upper()}"
                yield use, replace(condition, operator=words)
        elif isinstance(inner, exp.In) and inner.args.get("query") is None:
            yield from self._side(inner.this, "unequal", fixed_list(inner), scope)

    def _side(
        self,
        side: exp.Expr,
        kind: Kind,
        constant: str | None,
        scope: Scope,
        others: Iterable[exp.Expr] = (),
    ) -> Iterator[Found]:
        """A condition on ``side`` if all its columns come from one table."""
        side = side.unnest()
        columns = [side] if isinstance(side, exp.Column) else list(side.find_all(exp.Column))
        origins = [self.origin(column, scope) for column in columns]
        if not origins or None in origins or side.find(exp.Query, exp.AggFunc):
            return
        if not all(self._passes(column, scope) for column in columns):
            return
        use, name = origins[0] or (None, "")
        if use is None or any(other and other[0] is not use for other in origins):
            return
        names = tuple(dict.fromkeys(origin[1] for origin in origins if origin))
        given = numbers(others)
        if isinstance(side, exp.Column):
            fixed = folded_bool(constant)
            yield use, Condition(quoted(name), name, kind, fixed, given, columns=names)
        elif all(column.table in scope.sources for column in columns):
            yield use, Condition(unqualified(side), None, kind, constant, given, columns=names)

    def _partner(self, node: exp.Expr, scope: Scope) -> str:
        """The alias of the first table that an expression reads."""
        origins = (self.origin(column, scope) for column in node.find_all(exp.Column))
        return next((origin[0].alias for origin in origins if origin), "")

    def _passes(self, column: exp.Column, scope: Scope) -> bool:
        """Whether Postgres takes a condition on ``column`` down to the table: not past LIMIT."""
        place: Scope | None = scope
        while place is not None and column.table not in place.sources:
            place = place.parent
        source = place.sources[column.table] if place else None
        if not isinstance(source, Scope):
            return True
        query, around = source.expression, source.expression.parent
        fenced = isinstance(around, exp.CTE) and around.args.get("materialized")
        if fenced or query.args.get("limit") or query.args.get("offset"):
            return False
        outputs = (o for o in getattr(query, "selects", []) if o.alias_or_name == column.name)
        inner = next((output.unalias() for output in outputs), None)
        return not isinstance(inner, exp.Column) or self._passes(inner, source)

    def _mentions(self, node: exp.Expr, use: _Use, scope: Scope) -> bool:
        origins = (self.origin(column, scope) for column in node.find_all(exp.Column))
        return any(origin and origin[0] is use for origin in origins)

    def _sort(self, select: exp.Select, scope: Scope) -> None:
        """The leading keys of one table; those of a second table are its order within a join."""
        limited = bool(select.args.get("limit") or select.args.get("fetch"))
        order = select.args.get("order")
        keys = list(order.expressions) if order else []
        if not keys and not select.args.get("group") and len(select.selects) == 1:
            keys, limited = extremes(select.selects[0].unalias()), True
        for window in [] if keys else select.find_all(exp.Window):
            inner = window.args.get("order")
            keys, limited = keys or list(inner.expressions if inner else []), False
        found: dict[int, tuple[_Use, list[SortKey]]] = {}
        count = 0
        for key in keys:
            placed = self._sort_key(key, scope)
            if placed is None or (id(placed[0]) in found and id(placed[0]) != list(found)[-1]):
                break
            found.setdefault(id(placed[0]), (placed[0], []))[1].append(placed[1])
            count += 1
        for place, (use, members) in enumerate(found.values()):
            whole = len(members) == len(keys) or not limited
            if place == 0 and whole:
                use.sort, use.limited = tuple(members), limited
                use.first_rows = first_rows(select)
            elif place and count == len(keys) and not use.sort:
                use.sort = tuple(members)

    def _sort_branches(self, union: exp.SetOperation, scope: Scope) -> None:
        """ORDER BY … LIMIT over a UNION ALL: each branch may deliver its rows in that order."""
        order, limit = union.args.get("order"), union.args.get("limit")
        if not (order and limit) or union.args.get("distinct"):
            return
        heads = [output.alias_or_name for output in union.selects]
        names = [key.this.name for key in order.expressions]
        if not set(names) <= set(heads):
            return
        for branch in scope.set_operation_scopes:
            outputs = getattr(branch.expression, "selects", [])
            found = [
                self._sort_key(exp.Ordered(**{**key.args, "this": output.unalias()}), branch)
                for key, name in zip(order.expressions, names, strict=True)
                for output in outputs[heads.index(name) :][:1]
            ]
            keys = [key for key in found if key is not None]
            if len(keys) == len(names) and len({id(use) for use, _ in keys}) == 1:
                keys[0][0].sort = tuple(key for _, key in keys)
                keys[0][0].limited = True

    def _sort_key(self, key: exp.Expr, scope: Scope) -> tuple[_Use, SortKey] | None:
        """A key of ORDER BY whose columns are all of one table."""
        down = bool(key.args.get("desc"))
        nulls_first = key.args.get("nulls_first")
        first = down if nulls_first is None else bool(nulls_first)
        inner = key.this.unnest()
        for use, condition in self._side(inner, "other", None, scope):
            column = condition.column or ""
            written = "" if column else condition.expression
            return use, SortKey(column, down, first, written)
        named = isinstance(inner, exp.Column) and not inner.table
        origin = self.origin(inner, scope) if named else None
        return (origin[0], SortKey(origin[1], down, first)) if origin else None

    def _extremes(self, select: exp.Select, scope: Scope) -> None:
        """The columns under min() and max()."""
        for output in select.selects:
            for key in extremes(output.unalias()):
                origin = self.origin(key.this, scope)
                if origin and origin[1] not in origin[0].extremes:
                    origin[0].extremes += (origin[1],)

    def _group(self, select: exp.Select, scope: Scope) -> None:
        group = select.args.get("group")
        distinct = select.args.get("distinct")
        keys: list[exp.Expr] = list(group.expressions) if group else []
        if distinct and not keys:
            on = distinct.args.get("on")
            keys = list(on.expressions) if on else [o.unalias() for o in select.selects]
        for window in [] if keys else select.find_all(exp.Window):
            keys = keys or list(window.args.get("partition_by") or [])
        origins = [self.origin(k, scope) if isinstance(k, exp.Column) else None for k in keys]
        known = [origin for origin in origins if origin]
        for use in {id(origin[0]): origin[0] for origin in known}.values():
            use.group = tuple(dict.fromkeys(name for owner, name in known if owner is use))


def _by_use(found: Iterable[Found]) -> Iterator[tuple[_Use, list[Condition]]]:
    grouped: dict[int, tuple[_Use, list[Condition]]] = {}
    for use, condition in found:
        grouped.setdefault(id(use), (use, []))[1].append(condition)
    yield from grouped.values()
