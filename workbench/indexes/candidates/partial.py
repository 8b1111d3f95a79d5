"""Predicates: which constant conditions of a statement an index could keep to."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import TypeAlias

from workbench.workload.schema import Column, Table, TableName, quoted
from workbench.workload.uses import Condition, TableUse

Place: TypeAlias = tuple[TableName, str]
Compares: TypeAlias = Callable[[float, float], bool]

MOST_DISTINCT = 50
NARROW = 0.6
MOST_SHARE = 0.995
OFTEN_NULL = 0.05
STRICT = ("equality", "in", "range", "join", "other", "unequal")
CONSTANT = ("equality", "in", "unequal")
WORDS = {"in": "IN", "unequal": "<>", "equality": "="}
KEY_OPERATORS = ("?", "?|", "?&")
TRUTHS = ("true", "false", "'true'", "'false'")
_FLAGS = re.compile(r"""'\{("\w+": ?(true|false)(, ?)?)+\}'""")  # a document of nothing but flags
RARE = 0.3  # of a range: another statement may ask for another one
COMPARISONS: dict[str, Compares] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True)
class Part:
    """One predicate that a condition allows; ``narrow`` if it keeps the smaller part of the rows.

    ``implied`` says that the condition is stricter, so that it has to be checked still;
    ``instead`` that the predicate stands in place of the condition's own.
    """

    text: str
    condition: Condition
    narrow: bool
    implied: bool = False
    instead: bool = False


def asked_for_several(uses: Iterable[TableUse]) -> frozenset[Place]:
    """The columns that statements compare with more than one constant."""
    constants: dict[Place, set[str]] = {}
    for use in uses:
        for condition in (*use.conditions, *(c for branch in use.alternatives for c in branch)):
            if condition.column and condition.constant and condition.kind in CONSTANT:
                values = _values(condition.constant)
                constants.setdefault((use.table, condition.column), set()).update(values)
    return frozenset(place for place, values in constants.items() if len(values) > 1)


def predicates(
    use: TableUse, table: Table, several: frozenset[Place] = frozenset()
) -> Iterator[tuple[str, TableUse]]:
    """Predicates that the statement's constants allow, each with what is left of the use.

    One that keeps most of the rows is worth having too: it spares the look at the heap, and the
    key is shorter for it. A parameter never makes a predicate: another value of it could not use
    the index. ``several`` are the columns that statements compare with more than one constant.
    """
    parts = [part for condition in use.conditions for part in _parts(condition, table, several)]
    for members in _together(list({part.text: part for part in parts}.values())):
        text = " AND ".join(sorted(part.text for part in members))
        gone = {part.condition for part in members if not part.implied}
        kept = tuple(c for c in use.conditions if c not in gone)
        keyless = not _keys(replace(use, conditions=kept))
        for part in (part for part in members if part.narrow and not part.implied):
            if keyless or part.condition.kind == "in":
                yield text, replace(use, conditions=(*kept, part.condition))
        if not keyless:
            yield text, replace(use, conditions=kept)


def _together(parts: list[Part]) -> list[tuple[Part, ...]]:
    """Each part alone, all narrow ones, all wide ones, each narrow one with all wide ones, all."""
    own = [part for part in parts if not part.instead]
    narrow = tuple(part for part in own if part.narrow)
    wide = tuple(part for part in own if not part.narrow)
    sets = [*((part,) for part in parts), narrow, wide, tuple(own)]
    sets += [(part, *wide) for part in parts if part.narrow]
    return list(dict.fromkeys(_needed(found) for found in sets if found))


def _needed(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts without those that follow from another one of them."""
    whole = {part.condition for part in parts if not part.implied}
    return tuple(part for part in parts if not part.implied or part.condition not in whole)


def _keys(use: TableUse) -> bool:
    """Whether anything is left that could be a key."""
    return bool(
        use.sort
        or use.group
        or use.extremes
        or use.alternatives
        or any(c.kind not in ("unequal", "is_not_null", "residual") for c in use.conditions)
    )


def _parts(condition: Condition, table: Table, several: frozenset[Place]) -> Iterator[Part]:
    """What the condition itself says, and what follows from it."""
    column = table.columns.get(condition.column or "")
    text, share = _text(condition), share_kept(condition, column)
    if text and share is not None and share <= MOST_SHARE:
        yield Part(text, condition, share <= NARROW)
    if (table.table, condition.column or "") in several:
        yield from _not_common(condition, column)
    if condition.kind in STRICT and condition.column is None and _is_document(condition.expression):
        yield Part(f"{condition.expression} IS NOT NULL", condition, True, implied=True)
    for name in condition.columns if condition.kind in STRICT else ():
        held = table.columns.get(name)
        if held and held.null_share >= OFTEN_NULL and "coalesce" not in condition.expression:
            yield Part(f"{quoted(name)} IS NOT NULL", condition, True, implied=True)


def _text(condition: Condition) -> str:
    """The condition as an index predicate, empty where it cannot be one."""
    name, constant = condition.expression, condition.constant
    if condition.kind == "residual":
        return name
    if condition.kind == "is_null":
        return f"{name} IS NULL"
    if condition.kind == "is_not_null":
        return f"{name} IS NOT NULL"
    if condition.operator.startswith("IS "):
        return f"{name} {condition.operator}"
    if constant is None:
        return ""
    if constant in ("true", "false") and condition.kind == "equality":
        return name if constant == "true" else f"NOT {name}"
    if condition.kind == "unequal" and constant.startswith("("):
        return f"{name} NOT IN {constant}"
    operator = WORDS.get(condition.kind, condition.operator)
    return f"{name} {operator} {constant}" if operator else ""


def share_kept(condition: Condition, column: Column | None) -> float | None:
    """Share of the rows that a condition keeps, None where it should not become a predicate."""
    if condition.kind == "residual":
        return MOST_SHARE  # no statistics tell
    if condition.kind == "other":
        if condition.operator.startswith("IS NOT"):
            opposite = {"IS NOT TRUE": "t", "IS NOT FALSE": "f"}.get(condition.operator, "")
            return 1 - column.common.get(opposite, 0.0) if column else None
        flags = condition.operator == "@>" and _FLAGS.fullmatch(condition.constant or "")
        return 0.0 if flags or condition.operator in KEY_OPERATORS else None
    if column is None and condition.kind == "equality" and condition.constant in TRUTHS:
        return 0.0  # a flag in a document; nothing is known of its values
    if condition.kind == "is_not_null" and column is None:
        return 0.0
    if condition.kind == "range":
        share = _share_in_range(condition, column) if column else None
        return share if share is not None and share <= RARE else None
    if column is None or condition.kind == "join":
        return None
    if condition.kind == "is_null":
        return None if column.not_null else column.null_share
    if condition.kind == "is_not_null":
        return 1 - column.null_share
    return _share_of_constants(condition, column)


def _share_of_constants(condition: Condition, column: Column) -> float | None:
    if condition.constant is None or not column.common or (column.distinct or 0) > MOST_DISTINCT:
        return None
    share = sum(column.common.get(value, 0.0) for value in _values(condition.constant))
    return 1 - share - column.null_share if condition.kind == "unequal" else share


def _share_in_range(condition: Condition, column: Column) -> float | None:
    """Share of the rows beyond a number, by the common values and the bounds of the others."""
    meets = COMPARISONS.get(condition.operator)
    limit = _number(condition.constant)
    common = {_number(value): share for value, share in column.common.items()}
    if meets is None or limit is None or None in common or not (common or column.bounds):
        return None
    share = sum(held for value, held in common.items() if value is not None and meets(value, limit))
    others = 1 - sum(common.values()) - column.null_share
    parts = list(pairwise(column.bounds))
    inside = sum(_beyond(low, high, limit, meets) for low, high in parts)
    return share + (others * inside / len(parts) if parts else 0.0)


def _beyond(low: float, high: float, limit: float, meets: Compares) -> float:
    """Share of an interval that meets a comparison."""
    if low < limit < high:
        below = (limit - low) / (high - low)
        return below if meets(low, limit) else 1 - below
    return float(meets((low + high) / 2, limit))


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").strip("'"))
    except ValueError:
        return None


def _not_common(condition: Condition, column: Column | None) -> Iterator[Part]:
    """``<> 'done'`` where that is most of the rows and the statement asks for others.

    One index then serves all the rare values, whichever a statement asks for.
    """
    if column is None or not column.common or condition.constant is None:
        return
    value, share = max(column.common.items(), key=lambda pair: pair[1])
    literal = _as_literal(value, column)
    known = set(_values(condition.constant)) <= column.common.keys() - {value}
    if condition.kind in ("equality", "in") and share >= NARROW and known and literal:
        yield Part(f"{quoted(column.name)} <> {literal}", condition, True, True, instead=True)


def _as_literal(value: str, column: Column) -> str:
    if column.type in ("smallint", "integer", "bigint"):
        return value
    quotable = "'" not in value and column.type != "boolean"
    return f"'{value}'" if quotable else ""


def _values(constant: str) -> list[str]:
    """The constants of a condition as pg_stats writes them."""
    boolean = {"true": "t", "false": "f"}
    items = constant.strip("()").split(", ")
    return [boolean.get(value, value.strip("'")) for value in items]


def _is_document(expression: str) -> bool:
    return "->" in expression and "->>" not in expression
