"""New values for rows like those of a twin, as SQL: unique ones, and others that exist."""

from psycopg import sql as compose

from workbench.indexes.twin import Column, Twin

REACH = 100
NUMBER = compose.Identifier("workbench n")


def renewed(twin: Twin, drawn: bool) -> dict[str, compose.Composable]:
    """New values, as SQL over a row ``p``, for one column of each unique index."""
    by_name = {column.name: column for column in twin.columns}
    found: dict[str, compose.Composable] = {}
    for index in twin.indexes:
        if not index.unique or found.keys() & set(index.keys):
            continue
        columns = list(filter(None, map(by_name.get, reversed(index.keys))))
        others = list(filter(None, map(by_name.get, sorted(index.columns - set(index.keys)))))
        others.sort(key=lambda each: each.category != "S")  # an expression is mostly over text
        for column in [*columns, *others]:
            alone = len(index.keys) == 1
            new = _again(column) if drawn and not alone else None
            new = new or _fresh(twin, column)
            if new is not None:
                found[column.name] = new
                break
    return found


def _again(column: Column) -> compose.Composable | None:
    """The value of another random row, for columns that number something else."""
    if column.category != "N":
        return None
    query = "lead({c}, 1, {c}) OVER (ORDER BY p.{n})"
    return compose.SQL(query).format(c=of("p", column), n=NUMBER)


def _fresh(twin: Twin, column: Column) -> compose.Composable | None:
    """A value that the column does not have yet, as SQL over a row ``p``; None for other types."""
    name, value = compose.Identifier(column.name), of("p", column)
    beyond = compose.SQL("((SELECT max({}) FROM {}) + p.{}{})::{}")
    cast = compose.SQL(column.type)  # as format_type writes it
    match column.category:
        case "N":
            return beyond.format(name, twin.place, NUMBER, compose.SQL(""), cast)
        case "D":
            step = compose.SQL("::int" if column.type == "date" else " * interval '1 millisecond'")
            return beyond.format(name, twin.place, NUMBER, step, cast)
        case "uuid":
            return compose.SQL(column.default or "gen_random_uuid()")
        case "S":
            words = (
                "overlay({v}::text placing substr(md5(p.{n}::text), 1, 7) from 2 for {length})::{t}"
            )
            length = compose.Literal(7 if column.limited else 0)
            return compose.SQL(words).format(v=value, n=NUMBER, length=length, t=cast)
        case _:
            return None


def other_value(
    sample: compose.Identifier, column: Column, alias: compose.Identifier
) -> compose.Composed:
    """Joins the first of the next rows that has another value than ``p``."""
    return compose.SQL(
        "LEFT JOIN LATERAL (SELECT true AS v_found, o.{c} AS v FROM {sample} o "
        "WHERE o.{n} > p.{n} AND o.{n} <= p.{n} + {reach} "
        "AND o.{c}::text IS DISTINCT FROM p.{c}::text ORDER BY o.{n} LIMIT 1) {alias} ON true"
    ).format(
        c=compose.Identifier(column.name),
        n=NUMBER,
        reach=compose.Literal(REACH),
        sample=sample,
        alias=alias,
    )


def of(alias: str, column: Column) -> compose.Composed:
    return compose.SQL("{}.{}").format(compose.Identifier(alias), compose.Identifier(column.name))
