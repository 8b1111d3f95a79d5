"""Small questions about parts of a qualified statement (pure, on sqlglot's trees)."""

from collections.abc import Iterable, Iterator

from sqlglot import exp

from workbench.workload.schema import quoted

OPERATORS: dict[type[exp.Expr], str] = {
    exp.ArrayContainsAll: "@>",
    exp.ArrayContainedBy: "<@",
    exp.ArrayOverlaps: "&&",
    exp.JSONBContainsTopKey: "?",
    exp.JSONBContainsAnyTopKeys: "?|",
    exp.JSONBContainsAllTopKeys: "?&",
    exp.JSONBPathExists: "@?",
    exp.Like: "LIKE",
    exp.ILike: "ILIKE",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.StartsWith: "^@",
    exp.Distance: "<->",
    exp.Adjacent: "-|-",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.ExtendsLeft: "&<",
    exp.ExtendsRight: "&>",
    exp.Mod: "%",
}
RANGES: dict[type[exp.Expr], str] = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
COMPARISONS: tuple[type[exp.Expr], ...] = (exp.EQ, exp.NEQ, exp.Not, *RANGES, *OPERATORS)


def predicates(select: exp.Select) -> Iterator[exp.Expr]:
    """The conditions of WHERE and of every JOIN … ON, split at AND."""
    where = select.args.get("where")
    if where:
        yield from conjuncts(where.this)
    for join in select.args.get("joins") or []:
        if join.args.get("on"):
            yield from conjuncts(join.args["on"])


def conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a condition that must all hold."""
    node = node.unnest()
    if isinstance(node, exp.And):
        for part in (node.this, node.expression):
            yield from conjuncts(part)
    else:
        yield node


def first(node: exp.Expr) -> exp.Expr:
    """The first member of a row comparison (a, b) < (x, y), which decides the range."""
    row = node.unnest()
    return row.expressions[0] if isinstance(row, exp.Tuple) and row.expressions else node


def has_columns(node: exp.Expr) -> bool:
    """Whether an expression reads a column."""
    return node.find(exp.Column) is not None


def literal(node: exp.Expr) -> str | None:
    """A literal of the statement as SQL; None for parameters and functions."""
    inner = node.unnest()
    while isinstance(inner, (exp.Cast, exp.Neg)):
        inner = inner.this.unnest()
    if isinstance(inner, (exp.Literal, exp.Boolean)):
        return node.sql(dialect="postgres")
    return None


def numbers(nodes: Iterable[exp.Expr]) -> tuple[int, ...]:
    """The n of every $n in some expressions."""
    found = (place for node in nodes for place in node.find_all(exp.Parameter))
    return tuple(int(place.name) for place in found if place.name.isdigit())


def folded_bool(constant: str | None) -> str | None:
    """TRUE and FALSE in lower case, anything else as it is."""
    return constant.lower() if constant and constant.lower() in ("true", "false") else constant


def unqualified(side: exp.Expr) -> str:
    """An expression with bare column names, as an index would hold it."""
    copy = exp.paren(side.copy())
    for column in list(copy.find_all(exp.Column)):
        needs = quoted(column.name) != column.name
        column.replace(exp.Identifier(this=column.name, quoted=needs))
    for trunc in list(copy.find_all(exp.TimestampTrunc)):  # its unit must be spelled as asked
        unit = exp.Literal.string(str(trunc.args["unit"].name).lower())
        zone = [trunc.args["zone"]] if trunc.args.get("zone") else []
        trunc.replace(exp.Anonymous(this="date_trunc", expressions=[unit, trunc.this, *zone]))
    return copy.sql(dialect="postgres", normalize_functions="lower")


def extremes(output: exp.Expr) -> list[exp.Expr]:
    """The sort that answers a lone min() or max()."""
    if isinstance(output, (exp.Min, exp.Max)) and isinstance(output.this, exp.Column):
        return [exp.Ordered(this=output.this, desc=isinstance(output, exp.Max), nulls_first=False)]
    return []


def fixed_list(node: exp.In) -> str | None:
    """The members of an IN list as SQL, None where one of them is no literal."""
    values = [literal(value) for value in node.expressions]
    fixed = [value for value in values if value is not None]
    return f"({', '.join(fixed)})" if fixed and len(fixed) == len(values) else None


def first_rows(select: exp.Select) -> int | None:
    """How many rows LIMIT and OFFSET read, None where the statement does not say."""
    limits = [select.args.get("limit"), select.args.get("fetch")]
    counts = [node.args.get("expression") or node.args.get("count") for node in limits if node]
    offset = select.args.get("offset")
    counts += [offset.expression] if offset else []
    known = [count for count in counts if isinstance(count, exp.Literal) and count.is_int]
    whole = any(limits) and len(known) == len(counts)
    return sum(int(count.name) for count in known) if whole else None
