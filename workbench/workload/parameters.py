"""Values for parameters that the workload file gives none."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from psycopg import sql

from workbench import db
from workbench.errors import StatementError
from workbench.sql import load
from workbench.workload.query import Query
from workbench.workload.values import (
    ABSENT,
    DATES,
    VARIANTS,
    Column,
    Role,
    Type,
    Value,
    Variant,
    choose,
    roles,
)

ColumnName = tuple[str, str, str]
Choices = Mapping[Variant, Value]

PREPARED = "workbench_parameters"
LIMITS: dict[Role, str] = {"limit": "10", "offset": "0"}
BY_CATEGORY = {"N": "1", "B": "true", "S": "a", "T": "1 day"}


def fill(
    connection: db.Connection,
    query: Query,
    column_of: Mapping[str, ColumnName],
    *,
    sample: bool = False,
) -> tuple[Query, ...]:
    """The query with a common, a rare and an absent value for each parameter that has none.

    ``column_of`` tells by slot which schema, table and column a parameter is compared with. Where
    the column has no statistics, ``sample`` allows to read one value from the table. The weight
    is shared evenly; ``origin`` says where each value comes from. Raises StatementError for a
    parameter that none can be found for, and with the server's message for a faulty statement.
    """
    if not query.missing:
        return (query,)
    types = dict(zip(query.slots, parameter_types(connection, query.text), strict=True))
    uses = roles(query.text)
    role_of = {slot: uses.get(place, "equal") for place, slot in enumerate(query.slots, 1)}
    choices: dict[str, Choices] = {}
    for slot in query.missing:
        column = read_column(connection, column_of[slot], sample) if slot in column_of else None
        window = _window(slot, column_of, role_of)
        found = choose(column, types[slot], role_of[slot], window) if column else {}
        choices[slot] = found or _default(connection, slot, types[slot], role_of[slot])
    return _variants(query, choices)


def parameter_types(connection: db.Connection, text: str) -> tuple[Type, ...]:
    """The types Postgres gives ``$1``, ``$2``, …; StatementError with its message if it cannot."""
    with _prepared(connection, text):
        rows = db.fetch_all(connection, load("parameter_types"), [PREPARED])
    return tuple(_type(*row) for row in rows)


@contextmanager
def _prepared(connection: db.Connection, text: str) -> Iterator[None]:
    """The statement, prepared under our own name and only for the length of the block."""
    db.run_statement(connection, text, prefix=f"/*workbench*/ PREPARE {PREPARED} AS ")
    try:
        yield
    finally:
        connection.execute(f"/*workbench*/ DEALLOCATE {PREPARED}")


def _type(name: str, category: str, element: str | None, element_category: str | None) -> Type:
    inner = Type(element, element_category or "") if element else None
    return Type(name, category, inner)


def read_column(connection: db.Connection, name: ColumnName, sample: bool) -> Column | None:
    """A column's statistics, or one of its values where it has none; None if there is no such."""
    rows = db.fetch_all(connection, load("parameter_column"), name)
    if not rows:
        return None
    common, shares, bounds, elements, element_shares, labels = (tuple(v or ()) for v in rows[0][4:])
    column = Column(
        ".".join(name[1:]), _type(*rows[0][:4]), common, shares, bounds,
        _by_share(elements, element_shares), labels,
    )  # fmt: skip
    if sample and not (common or bounds or elements):
        return replace(column, sample=_first_value(connection, name))
    return column


def _by_share(elements: Iterable[str], shares: Iterable[float]) -> tuple[str, ...]:
    """Elements with the most common first: Postgres keeps them in their own order."""
    ranked = sorted(zip(shares, elements, strict=False), key=lambda pair: -pair[0])
    return tuple(element for _, element in ranked)


def _first_value(connection: db.Connection, name: ColumnName) -> str | None:
    statement = sql.SQL(
        "/*workbench*/ SELECT {column}::text FROM {table} WHERE {column} IS NOT NULL LIMIT 1"
    ).format(table=sql.Identifier(*name[:2]), column=sql.Identifier(name[2]))
    value: str | None = db.fetch_value(connection, statement)
    return value


def _window(slot: str, column_of: Mapping[str, ColumnName], role_of: Mapping[str, Role]) -> bool:
    """Whether another parameter limits the same column from the other side."""
    other = {"above": "below", "below": "above"}.get(role_of[slot])
    return any(
        role_of.get(name) == other and column == column_of.get(slot)
        for name, column in column_of.items()
        if name != slot
    )


def _default(connection: db.Connection, slot: str, wanted: Type, role: Role) -> Choices:
    """A value that fits the clause or the type, where no column says more."""
    if role in LIMITS:
        return {"common": Value(LIMITS[role], f"the default for {role.upper()}")}
    if wanted.name == "uuid":
        text = ABSENT["uuid"]
    elif wanted.name in DATES:
        text = db.fetch_value(connection, "/*workbench*/ SELECT current_date::text")
    elif wanted.category in BY_CATEGORY:
        text = BY_CATEGORY[wanted.category]
    else:
        written = f"${slot}" if slot.isdecimal() else f":{slot}"
        raise StatementError(
            f"parameter {written} ({wanted.name}) has no value; add a line -- param: {slot}=…"
        )
    return {"common": Value(text, f"the default for type {wanted.name}")}


def _variants(query: Query, choices: Mapping[str, Choices]) -> tuple[Query, ...]:
    """One query for each variant in which a parameter differs from those before."""
    sets: dict[tuple[str, ...], tuple[Variant, dict[str, Value]]] = {}
    for variant in VARIANTS:
        values = {slot: found.get(variant) or found["common"] for slot, found in choices.items()}
        sets.setdefault(tuple(value.text for value in values.values()), (variant, values))
    return tuple(
        replace(
            query,
            name=query.name if len(sets) == 1 else f"{query.name} [{variant}]",
            parameters={**query.parameters, **{s: value.text for s, value in values.items()}},
            weight=query.weight / len(sets),
            origin="; ".join(f"{s} = {v.text}: {v.origin}" for s, v in values.items()),
        )
        for variant, values in sets.values()
    )
