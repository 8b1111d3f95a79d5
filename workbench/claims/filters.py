"""Conditions on one column whose share of matching rows is known, from rare to common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg import sql

from workbench.db import Connection, fetch_all

T = TypeVar("T")


@dataclass(frozen=True)
class Filter:
    """A condition as SQL, the column it is on, and how many percent of the rows match."""

    column: str
    where: str
    matching_pct: float


def equal(connection: Connection, table: str, column: str) -> list[Filter]:
    """One filter for each value of a column, the rarest first."""
    query = sql.SQL("""/*workbench*/ SELECT {column}, 100.0 * count(*) / sum(count(*)) OVER ()
        FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2, 1""")
    name = sql.Identifier(column)
    found = fetch_all(connection, query.format(column=name, table=_named(table)))
    return [
        Filter(column, _text(connection, name, "=", value), float(share)) for value, share in found
    ]


def beyond(
    connection: Connection, table: str, column: str, sign: str, shares_pct: Sequence[float]
) -> list[Filter]:
    """Filters ``column < value`` or ``column >= value`` that these percents of the rows meet."""
    query = sql.SQL("""/*workbench*/ SELECT percentile_disc({part}) WITHIN GROUP (ORDER BY {column})
        FROM {table}""")
    name, found = sql.Identifier(column), []
    for share in shares_pct:
        part = share / 100 if sign == "<" else 1 - share / 100
        filled = query.format(column=name, table=_named(table), part=part)
        ((value,),) = fetch_all(connection, filled)
        where = _text(connection, name, sign, value)
        count = sql.SQL("SELECT 100.0 * count(*) FILTER (WHERE {w}) / count(*) FROM {t}")
        ((exact,),) = fetch_all(connection, count.format(w=sql.SQL(where), t=_named(table)))
        found.append(Filter(column, where, float(exact)))
    return found


def nearest(filters: Iterable[Filter], matching_pct: float) -> Filter:
    """The filter whose share of matching rows is the nearest."""
    return min(filters, key=lambda each: abs(each.matching_pct - matching_pct))


def spread(ordered: Sequence[T], count: int) -> list[T]:
    """At most ``count`` of them: the first, the last, and some in between."""
    if len(ordered) <= count or count < 2:
        return list(ordered[:count])
    return [ordered[round(k * (len(ordered) - 1) / (count - 1))] for k in range(count)]


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _text(connection: Connection, name: sql.Identifier, sign: str, value: object) -> str:
    condition = sql.SQL("{} {} {}").format(name, sql.SQL(sign), sql.Literal(value))
    return condition.as_string(connection)
