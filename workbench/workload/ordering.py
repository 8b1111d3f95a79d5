"""The order and the groups a statement asks of its tables (pure, by sqlglot)."""

from collections.abc import Iterator
from typing import Protocol, TypeAlias

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from workbench.workload.expressions import extremes, first_rows
from workbench.workload.uses import Condition, Gathering, Kind, SortKey

Placed: TypeAlias = tuple[Gathering, SortKey]


class Finder(Protocol):
    """Knows the tables behind names."""

    def origin(self, column: exp.Column, scope: Scope) -> tuple[Gathering, str] | None:
        """The use and column of the table that stores a column."""

    def side(
        self, side: exp.Expr, kind: Kind, constant: str | None, scope: Scope
    ) -> Iterator[tuple[Gathering, Condition]]:
        """A condition on an expression if all its columns come from one table."""


def take(select: exp.Select, scope: Scope, finder: Finder) -> None:
    """Put sort, extremes and groups of one SELECT into the uses of its tables."""
    keys, limited = _wanted_order(select)
    _sort(select, keys, limited, [_placed(key, scope, finder) for key in keys])
    _extremes(select, scope, finder)
    _group(select, scope, finder)


def take_branches(union: exp.SetOperation, scope: Scope, finder: Finder) -> None:
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
            _placed(exp.Ordered(**{**key.args, "this": output.unalias()}), branch, finder)
            for key, name in zip(order.expressions, names, strict=True)
            for output in outputs[heads.index(name) :][:1]
        ]
        keys = [key for key in found if key is not None]
        if len(keys) == len(names) and len({id(use) for use, _ in keys}) == 1:
            keys[0][0].sort = tuple(key for _, key in keys)
            keys[0][0].limited = True


def _wanted_order(select: exp.Select) -> tuple[list[exp.Expr], bool]:
    """The keys of ORDER BY, of a lone min() or max(), or of a window; whether there is a LIMIT."""
    order = select.args.get("order")
    if order:
        limited = bool(select.args.get("limit") or select.args.get("fetch"))
        return list(order.expressions), limited
    if not select.args.get("group") and len(select.selects) == 1:
        keys = extremes(select.selects[0].unalias())
        if keys:
            return keys, True
    windows = (window.args.get("order") for window in select.find_all(exp.Window))
    return next((list(inner.expressions) for inner in windows if inner), []), False


def _sort(
    select: exp.Select, keys: list[exp.Expr], limited: bool, placed: list[Placed | None]
) -> None:
    """The leading keys of one table; those of a second table are its order within a join."""
    found: dict[int, tuple[Gathering, list[SortKey]]] = {}
    count = 0
    for key in placed:
        if key is None or (id(key[0]) in found and id(key[0]) != list(found)[-1]):
            break
        found.setdefault(id(key[0]), (key[0], []))[1].append(key[1])
        count += 1
    for place, (use, members) in enumerate(found.values()):
        if place == 0 and (len(members) == len(keys) or not limited):
            use.sort, use.limited = tuple(members), limited
            use.first_rows = first_rows(select)
        elif place and count == len(keys) and not use.sort:
            use.sort = tuple(members)


def _placed(key: exp.Expr, scope: Scope, finder: Finder) -> Placed | None:
    """A key of ORDER BY whose columns are all of one table."""
    down = bool(key.args.get("desc"))
    nulls_first = key.args.get("nulls_first")
    first = down if nulls_first is None else bool(nulls_first)
    inner = key.this.unnest()
    for use, condition in finder.side(inner, "other", None, scope):
        column = condition.column or ""
        return use, SortKey(column, down, first, "" if column else condition.expression)
    if not isinstance(inner, exp.Column) or inner.table:
        return None
    origin = finder.origin(inner, scope)  # it may be the name of an output
    return (origin[0], SortKey(origin[1], down, first)) if origin else None


def _extremes(select: exp.Select, scope: Scope, finder: Finder) -> None:
    """The columns under min() and max()."""
    for output in select.selects:
        for key in extremes(output.unalias()):
            origin = finder.origin(key.this, scope)
            if origin and origin[1] not in origin[0].extremes:
                origin[0].extremes += (origin[1],)


def _group(select: exp.Select, scope: Scope, finder: Finder) -> None:
    """The columns of GROUP BY, DISTINCT or PARTITION BY."""
    group = select.args.get("group")
    distinct = select.args.get("distinct")
    keys: list[exp.Expr] = list(group.expressions) if group else []
    if distinct and not keys:
        on = distinct.args.get("on")
        keys = list(on.expressions) if on else [o.unalias() for o in select.selects]
    for window in [] if keys else select.find_all(exp.Window):
        keys = keys or list(window.args.get("partition_by") or [])
    origins = [finder.origin(k, scope) if isinstance(k, exp.Column) else None for k in keys]
    known = [origin for origin in origins if origin]
    for use in {id(origin[0]): origin[0] for origin in known}.values():
        use.group = tuple(dict.fromkeys(name for owner, name in known if owner is use))
