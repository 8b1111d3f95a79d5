"""Which indexes could help: one rule, one function, one line in ``RULES`` (pure).

A rule reads one use of a table and yields the keys of indexes with the reason. Equalities come
first, the column with most distinct values leading, then one range or the sort with its
directions; what follows a range could not be used to narrow the scan.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from workbench.indexes.index import Index, Key
from workbench.workload.analysis import Condition, TableUse
from workbench.workload.schema import Column, Table, quoted

MAX_KEYS = 4
MIN_ROWS = 1_000
PARTIAL_DISTINCT = 50
PARTIAL_SHARE = 0.6
NO_BTREE = ("json", "xml", "point", "box", "polygon", "path", "line", "circle", "tsvector", "lseg")


@dataclass(frozen=True)
class Draft:
    """The keys of a possible index and the words that say what asks for it."""

    keys: tuple[Key, ...]
    because: str


Rule: TypeAlias = Callable[[TableUse, Table], Iterator[Draft]]


@dataclass(frozen=True)
class Candidate:
    """An index that could help, the rule it comes from, the reason and the queries that ask."""

    index: Index
    rule: str
    because: str
    queries: tuple[str, ...]


def single_columns(use: TableUse, table: Table) -> Iterator[Draft]:
    """Each column that is compared, joined, sorted or grouped, alone."""
    words = {"in": "IN list", "is_null": "IS NULL", "is_not_null": "IS NOT NULL"}
    for condition in chain(use.conditions, *use.alternatives):
        if condition.column and condition.kind not in ("other", "is_not_null"):
            kind = words.get(condition.kind, condition.kind)
            yield _draft([condition.column], f"{kind} on {condition.column}")


def equalities(use: TableUse, table: Table) -> Iterator[Draft]:
    """All equalities together, then one IN list or one joined column before or after them."""
    equal = _columns(use, table, "equality", "is_null")
    for members in (*_branches(use), use.conditions):
        together = _columns(replace(use, conditions=tuple(members)), table, "equality", "is_null")
        yield _draft(together, f"equality on {_and(together)}")
    for column in _columns(use, table, "in"):
        yield _draft([*equal, column], f"{_lead(equal)}IN list on {column}")
    for column in _columns(use, table, "join"):
        yield _draft([*equal, column], f"{_lead(equal)}join on {column}")
        yield _draft([column, *equal], f"join on {column}{_trail(equal)}")
    joined = _columns(use, table, "join")
    yield _draft([*joined, *equal], f"join on {_and(joined)}{_trail(equal)}")


def equalities_then_range(use: TableUse, table: Table) -> Iterator[Draft]:
    """Equalities, then one range."""
    for lead in _leads(use, table):
        for column in _columns(use, table, "range"):
            yield _draft([*lead, column], f"{_lead(lead)}range on {column}")


def equalities_then_sort(use: TableUse, table: Table) -> Iterator[Draft]:
    """Equalities, then the sort with its directions; the sort alone where rows are limited."""
    order = tuple(Key(quoted(k.column), k.descending, k.nulls_first) for k in use.sort)
    words = ", ".join(str(key) for key in order)
    limit = " with LIMIT" if use.limited else ""
    for lead in [*_leads(use, table), []] if order else []:
        kept = tuple(key for key in order if key.expression not in map(quoted, lead))
        keys = (*_draft(lead, "").keys, *kept)
        yield Draft(keys, f"{_lead(lead)}ORDER BY {words}{limit}")


def group_columns(use: TableUse, table: Table) -> Iterator[Draft]:
    """The columns of GROUP BY, DISTINCT or PARTITION BY, after the equalities or alone."""
    order = [key.column for key in use.sort if key.column not in use.group]
    ranges = _columns(use, table, "range")
    for lead in [*_leads(use, table), []] if use.group else []:
        rest = [column for column in use.group if column not in lead]
        yield _draft([*lead, *rest], f"{_lead(lead)}grouping by {_and(use.group)}")
        yield _draft([*lead, *rest, *ranges[:1]], f"{_lead(lead)}grouping by {_and(use.group)}")
        if order:
            down = {key.column: key for key in use.sort}
            keys = [down[c] for c in order]
            tail = tuple(Key(quoted(k.column), k.descending, k.nulls_first) for k in keys)
            start = _draft([*lead, *rest], "").keys
            yield Draft((*start, *tail), f"first rows within {_and(use.group)}")


RULES: tuple[Rule, ...] = (
    single_columns,
    equalities,
    equalities_then_range,
    equalities_then_sort,
    group_columns,
)


def generate(
    uses: Iterable[tuple[str, TableUse]],
    tables: Callable[[TableUse], Table | None],
    kinds: frozenset[str] = frozenset({"btree", "partial"}),
) -> tuple[Candidate, ...]:
    """Candidates for (query name, table use) pairs, equal ones merged, in a stable order."""
    found: dict[Index, Candidate] = {}
    for query, use in uses:
        table = tables(use)
        if table is None or table.kind not in ("r", "p", "m") or table.rows < MIN_ROWS:
            continue
        for candidate in _of_use(query, use, table):
            if candidate.index.kind in kinds:
                known = found.setdefault(candidate.index, candidate)
                names = tuple(dict.fromkeys((*known.queries, query)))
                found[candidate.index] = replace(known, queries=names)
    return tuple(found[index] for index in sorted(found))


def _of_use(query: str, use: TableUse, table: Table) -> Iterator[Candidate]:
    for rule in RULES:
        for draft in rule(use, table):
            if _indexable(draft.keys, table):
                index = Index(table.table, _unique(draft.keys)[:MAX_KEYS])
                yield Candidate(index, rule.__name__, draft.because, (query,))
    for predicate, rest in _predicates(use, table):
        for rule in RULES:
            for draft in rule(rest, table):
                if _indexable(draft.keys, table):
                    keys = _unique(draft.keys)[:MAX_KEYS]
                    index = Index(table.table, keys, predicate=predicate)
                    because = f"{draft.because}, only rows {predicate}"
                    yield Candidate(index, "partial", because, (query,))


def _predicates(use: TableUse, table: Table) -> Iterator[tuple[str, TableUse]]:
    """Constant conditions that keep a small share of the rows, each with what is left of the use.

    A parameter never makes a predicate: another value of it could not use the index.
    """
    found = [(c, text) for c in use.conditions if (text := _predicate(c, table))]
    for condition, text in found:
        rest = tuple(c for c in use.conditions if c != condition)
        keyless = not (rest or use.sort or use.group or use.alternatives)
        yield text, replace(use, conditions=(condition,) if keyless else rest)
    if len(found) > 1:
        chosen = {condition for condition, _ in found}
        rest = tuple(c for c in use.conditions if c not in chosen)
        if rest or use.sort or use.group:
            text = " AND ".join(sorted(text for _, text in found))
            yield text, replace(use, conditions=rest)


def _predicate(condition: Condition, table: Table) -> str:
    """The condition as an index predicate, empty where it would keep most of the rows."""
    column = table.columns.get(condition.column or "")
    if column is None:
        return ""
    share = _share(condition, column)
    if share is None or share > PARTIAL_SHARE:
        return ""
    name = quoted(column.name)
    if condition.kind == "is_null":
        return f"{name} IS NULL"
    if condition.kind == "is_not_null":
        return f"{name} IS NOT NULL"
    if condition.constant in ("true", "false"):
        return name if condition.constant == "true" else f"NOT {name}"
    operator = "IN" if condition.kind == "in" else "="
    return f"{name} {operator} {condition.constant}"


def _share(condition: Condition, column: Column) -> float | None:
    """Share of the rows that a constant condition keeps, None where statistics cannot say."""
    if condition.kind == "is_null":
        return column.null_share
    if condition.kind == "is_not_null":
        return 1 - column.null_share
    if condition.constant is None or condition.kind not in ("equality", "in"):
        return None
    if not column.common or (column.distinct or 0) > PARTIAL_DISTINCT:
        return None
    boolean = {"true": "t", "false": "f"}
    constants = condition.constant.strip("()").split(", ")
    values = [boolean.get(value, value.strip("'")) for value in constants]
    return sum(column.common.get(value, 0.0) for value in values)


def _columns(use: TableUse, table: Table, *kinds: str) -> list[str]:
    """Columns with conditions of these kinds, the one with most distinct values first."""
    named = dict.fromkeys(c.column for c in use.conditions if c.column and c.kind in kinds)
    distinct = {name: table.columns[name].distinct or 0 for name in named if name in table.columns}
    return sorted(distinct, key=lambda name: (-distinct[name], name))


def _branches(use: TableUse) -> list[tuple[Condition, ...]]:
    """Each branch of an OR, by itself and with the conditions that hold for all branches."""
    return [(*common, *branch) for branch in use.alternatives for common in ((), use.conditions)]


def _leads(use: TableUse, table: Table) -> list[list[str]]:
    """What may stand before a range or a sort: the equalities, and joined columns with them."""
    equal = _columns(use, table, "equality", "is_null")
    joined = _columns(use, table, "join")
    leads = [equal, *([*equal, column] for column in joined)]
    leads += [[column] for column in equal if len(equal) > 1]
    return [list(lead) for lead in dict.fromkeys(map(tuple, leads)) if lead] or [[]]


def _draft(columns: Iterable[str], because: str) -> Draft:
    return Draft(tuple(Key(quoted(column)) for column in columns), because)


def _unique(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys without later repetitions of an expression."""
    return tuple({key.expression: key for key in reversed(keys)}[e] for e in _expressions(keys))


def _expressions(keys: tuple[Key, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.expression for key in keys))


def _indexable(keys: tuple[Key, ...], table: Table) -> bool:
    """Whether there are keys and each is a column whose type a btree can order usefully."""
    types = {quoted(name): column.type for name, column in table.columns.items()}
    known = [types.get(key.expression, "json") for key in keys]
    return bool(keys) and not any(
        t in NO_BTREE or t.startswith("jsonb") or t.endswith("[]") for t in known
    )


def _and(columns: Iterable[str]) -> str:
    return " and ".join(columns)


def _lead(columns: list[str]) -> str:
    return f"equality on {_and(columns)}, then " if columns else ""


def _trail(columns: list[str]) -> str:
    return f", then equality on {_and(columns)}" if columns else ""
