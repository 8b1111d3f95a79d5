"""What a statement asks of each table: conditions, sort and group columns (pure, by sqlglot).

``analyse`` reads one statement; every place where it names a table becomes one TableUse. Names
are followed through derived tables and CTEs to the table that stores the column.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from workbench.workload import ordering
from workbench.workload.expressions import (
    COMPARISONS,
    MIRRORED,
    OPERATORS,
    RANGES,
    conjuncts,
    first,
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
from workbench.workload.uses import Analysis, Condition, Gathering, Kind

Found: TypeAlias = tuple[Gathering, Condition]


def analyse(sql: str, catalog: Catalog) -> Analysis:
    """The table uses of one statement whose parameters are written $1, $2, …; never raises."""
    try:
        reader = _Reader()
        for scope in traverse_scope(qualified(sql, catalog)):
            reader.read(scope)
        uses = tuple(use.frozen() for use in reader.uses.values())
        return Analysis(uses, remarks=tuple(dict.fromkeys(reader.remarks)))
    except (SqlglotError, RecursionError, AttributeError, KeyError) as error:
        return Analysis((), unread=str(error).splitlines()[0] if str(error) else "not readable")


class _Reader:
    """Walks the scopes of one qualified statement and fills its table uses."""

    def __init__(self) -> None:
        self.uses: dict[int, Gathering] = {}
        self.remarks: list[str] = []
        self._conditioned: set[int] = set()

    def read(self, scope: Scope) -> None:
        """Take in one SELECT: its tables, conditions, sort and group columns."""
        origins = [(column, self.origin(column, scope)) for column in scope.columns]
        select = scope.expression
        if isinstance(select, exp.SetOperation):
            ordering.take_branches(select, scope, self)
        if not isinstance(select, exp.Select):
            return
        for predicate in predicates(select):
            self._take(predicate, scope)
        for column, origin in origins:
            if origin and select.args.get("locks"):
                origin[0].written = True
            if origin and id(column) not in self._conditioned:
                origin[0].outputs.setdefault(origin[1])
        ordering.take(select, scope, self)

    def origin(self, column: exp.Column, scope: Scope) -> tuple[Gathering, str] | None:
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
            made = Gathering(table, source.alias_or_name, written=written)
            use = self.uses.setdefault(id(source), made)
            use.columns.setdefault(column.name)
            return use, column.name
        for output in getattr(source.expression, "selects", []):
            if output.alias_or_name == column.name:
                inner = output.unalias()
                return self.origin(inner, source) if isinstance(inner, exp.Column) else None
        return None

    def _by_alias(self, column: exp.Column, scope: Scope) -> tuple[Gathering, str] | None:
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
        rows = isinstance(predicate, exp.In) and isinstance(predicate.this, exp.Tuple)
        if rows and predicate.args.get("query") is None:
            for use, members in _by_use(self._conditions(predicate, scope)):
                use.alternatives.append(tuple(replace(c, kind="equality") for c in members))
            return
        found = list(self._conditions(predicate, scope)) or list(self._residual(predicate, scope))
        for use, condition in found:
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
                self._remark_members(node)
                yield from self.side(node.this, "in", None, scope, [node.expression])
            case exp.EQ():
                yield from self._compared(node.this, node.expression, "equality", scope)
            case exp.NEQ():
                yield from self._compared(node.this, node.expression, "unequal", scope)
            case exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
                yield from self._range(node, scope)
            case exp.Between():
                bounds = [node.args["low"], node.args["high"]]
                yield from self.side(node.this, "range", None, scope, bounds)
            case exp.In():
                yield from self._membership(node, scope)
            case exp.Is():
                yield from self._is(node, scope)
            case exp.Not():
                yield from self._negated(node, scope)
            case exp.Column() | exp.Cast() | exp.Anonymous():
                yield from self.side(node, "equality", "true", scope)
            case exp.MatchAgainst():  # sqlglot turns the sides of @@ round
                yield from self._operated(node.expressions[0], node.this, "@@", scope)
            case _ if type(node) in OPERATORS:
                yield from self._operated(node.this, node.expression, OPERATORS[type(node)], scope)

    def _residual(self, node: exp.Expr, scope: Scope) -> Iterator[Found]:
        """A condition of the statement's own that no key could find rows by."""
        if isinstance(node, COMPARISONS) and not node.find(exp.Parameter, exp.Placeholder):
            for use, condition in self.side(node, "residual", None, scope):
                if condition.column is None:
                    yield use, replace(condition, expression=condition.expression[1:-1])

    def _remark_members(self, node: exp.EQ) -> None:
        """What to write instead of a search for a member that no index can serve."""
        held = node.expression.this.unnest()
        if isinstance(held, exp.Column) and not has_columns(node.this):
            value, name = node.this.sql(dialect="postgres"), quoted(held.name)
            words = f"{name} @> ARRAY[{value}] finds the same rows and can use one"
            self.remarks.append(f"{value} = ANY ({name}) can use no index; {words}")

    def _operated(
        self, left: exp.Expr, right: exp.Expr, operator: str, scope: Scope
    ) -> Iterator[Found]:
        """An operator of text, documents, arrays, ranges or shapes, its column on the left."""
        for use, condition in self.side(left, "other", literal(right), scope, [right]):
            if not self._mentions(right, use, scope):
                yield use, replace(condition, operator=operator)

    def _compared(
        self, left: exp.Expr, right: exp.Expr, kind: Kind, scope: Scope, operator: str = ""
    ) -> Iterator[Found]:
        turned = MIRRORED.get(operator, "")
        for side, other, word in ((left, right, operator), (right, left, turned)):
            with_columns = has_columns(other)
            actual: Kind = "join" if with_columns and kind == "equality" else kind
            constant = None if with_columns else literal(other)
            for use, condition in self.side(side, actual, constant, scope, [other]):
                if not self._mentions(other, use, scope):
                    partner = self._partner(other, scope)
                    yield use, replace(condition, partner=partner, operator=word)

    def _range(self, node: exp.Expr, scope: Scope) -> Iterator[Found]:
        """Less or greater; of rows the first members, which only nearly decide it."""
        left, right = first(node.this), first(node.expression)
        single = left is node.this and right is node.expression
        operator = RANGES[type(node)] if single else ""
        yield from self._compared(left, right, "range", scope, operator)

    def _membership(self, node: exp.In, scope: Scope) -> Iterator[Found]:
        inner = node.args.get("query")
        members = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
        if inner is None:
            fixed = fixed_list(node) if len(members) == 1 else None
            for member in members:
                yield from self.side(member, "in", fixed, scope, node.expressions)
            return
        for member in members:
            yield from self.side(member, "join", None, scope)
        query = inner.unnest()
        place = next((s for s in scope.traverse() if s.expression is query), None)
        if place is not None and len(query.selects) == len(members):
            for output in query.selects:
                yield from self.side(output.unalias(), "join", None, place)

    def _is(self, node: exp.Is, scope: Scope) -> Iterator[Found]:
        if isinstance(node.expression, exp.Null):
            yield from self.side(node.this, "is_null", None, scope)
        elif isinstance(node.expression, exp.Boolean):
            yield from self.side(node.this, "equality", node.expression.sql(), scope)

    def _negated(self, node: exp.Expr, scope: Scope) -> Iterator[Found]:
        inner = node.this.unnest() if isinstance(node, exp.Not) else node
        if isinstance(inner, (exp.Column, exp.Cast, exp.Anonymous)):
            yield from self.side(inner, "equality", "false", scope)
        elif isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            yield from self.side(inner.this, "is_not_null", None, scope)
        elif isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean):
            for use, condition in self.side(inner.this, "other", None, scope):
                words = f"IS NOT {inner.expression.sql().upper()}"
                yield use, replace(condition, operator=words)
        elif isinstance(inner, exp.In) and inner.args.get("query") is None:
            yield from self.side(inner.this, "unequal", fixed_list(inner), scope)

    def side(
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
        if not origins or None in origins or side.find(exp.Query, exp.AggFunc, exp.Tuple):
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
        elif all(column.table in ("", *scope.sources) for column in columns):
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

    def _mentions(self, node: exp.Expr, use: Gathering, scope: Scope) -> bool:
        origins = (self.origin(column, scope) for column in node.find_all(exp.Column))
        return any(origin and origin[0] is use for origin in origins)


def _by_use(found: Iterable[Found]) -> Iterator[tuple[Gathering, list[Condition]]]:
    grouped: dict[int, tuple[Gathering, list[Condition]]] = {}
    for use, condition in found:
        grouped.setdefault(id(use), (use, []))[1].append(condition)
    yield from grouped.values()
