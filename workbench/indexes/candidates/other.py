"""Rules for the less common access methods: GiST, BRIN and hash."""

import re
from collections.abc import Iterator

from workbench.indexes.candidates.rule import SHAPES, Draft, column_of, is_text, keyed
from workbench.indexes.index import Key
from workbench.workload.schema import Column, Table, quoted
from workbench.workload.uses import Condition, TableUse

RELATIONS = frozenset(("&&", "@>", "<@", "<->", "-|-", "~=", "~", "=", "<<=", ">>="))
SIDES = frozenset(("<<", ">>", "&<", "&>", "<<|", "|>>", "&<|", "|&>", "<^", ">^"))
GIST_CLASSES = {"inet": "inet_ops", "cidr": "inet_ops"}
SCALARS = {
    "smallint": "gist_int2_ops", "integer": "gist_int4_ops", "bigint": "gist_int8_ops",
    "text": "gist_text_ops", "uuid": "gist_uuid_ops", "date": "gist_date_ops",
}  # fmt: skip
MULTI = {
    "smallint": "int2", "integer": "int4", "bigint": "int8", "numeric": "numeric", "date": "date",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "timestamptz": "timestamptz", "timestamp": "timestamp",
}  # fmt: skip
BRIN_CORRELATION = 0.8
IN_ORDER = 0.999
BRIN_ROWS = 50_000
BRIN_STORAGE = "pages_per_range = 8"
HASH_WIDTH_BYTES = 32
HASH_DISTINCT = 100
MOST_BTREE_BYTES = 2_700  # a third of a page


def overlaps(use: TableUse, table: Table) -> Iterator[Draft]:
    """Ranges and shapes that overlap or contain one another, with an equality before them."""
    for condition in use.conditions:
        if not _searched(condition, table):
            continue
        column = column_of(condition, table)
        words = f"{condition.operator or 'equality'} on {condition.expression}"
        key = Key(condition.expression, opclass=GIST_CLASSES.get(column.type if column else "", ""))
        yield Draft((key,), words, "gist")
        for name in keyed(use, table, "equality")[:1]:
            lead = next((c for c in use.conditions if c.expression == name), condition)
            held = column_of(lead, table)
            opclass = SCALARS.get(held.type) if held else None
            if opclass:
                words = f"equality on {name}, then {words}"
                yield Draft((Key(name, opclass=opclass), key), words, "gist")


def nearest(use: TableUse, table: Table) -> Iterator[Draft]:
    """ORDER BY distance with LIMIT: GiST gives the nearest rows first."""
    for key in use.sort[:1]:
        left, operator, _ = key.written.strip("()").partition(" <-> ")
        column = table.columns.get(left.strip('"'))
        if operator and column and is_spatial(column):
            yield Draft((Key(quoted(column.name)),), f"nearest {left} first", "gist")
        elif operator and column and column.type.startswith(("text", "character")):
            words = f"most alike {left} first"
            yield Draft((Key(quoted(column.name), opclass="gist_trgm_ops"),), words, "gist")


def block_ranges(use: TableUse, table: Table) -> Iterator[Draft]:
    """BRIN where rows lie on the disk nearly in the order of a column asked for by range.

    A few strays among the others spoil the least and greatest value of their block; there the
    classes that keep several intervals help.
    """
    for name in keyed(use, table, "range"):
        column = next((c for c in table.columns.values() if quoted(c.name) == name), None)
        correlation = abs(column.correlation or 0) if column else 0
        if column is None or correlation < BRIN_CORRELATION or table.rows < BRIN_ROWS:
            continue
        words = f"range on {name}, whose rows lie in order (correlation {correlation:.2f})"
        yield Draft((Key(name),), words, "brin", BRIN_STORAGE)
        kind = MULTI.get(re.sub(r"\(.*?\)", "", column.type))
        if kind and correlation < IN_ORDER:
            key = Key(name, opclass=f"{kind}_minmax_multi_ops")
            yield Draft((key,), f"{words}, with strays", "brin", BRIN_STORAGE)


def wide_equalities(use: TableUse, table: Table) -> Iterator[Draft]:
    """Hash where the compared values are long, so that a btree would repeat or refuse them."""
    for condition in use.conditions:
        column = column_of(condition, table)
        if column and condition.kind == "equality" and _hashed(column, table):
            words = f"equality on the long {condition.expression}"
            yield Draft((Key(condition.expression),), words, "hash")


def is_spatial(column: Column) -> bool:
    """Whether GiST has an operator class for the column's type."""
    base = column.type.rpartition(".")[2].partition("(")[0]
    known = (*SHAPES, *GIST_CLASSES, "tsquery", "geometry", "geography", "ltree")
    return base in known or base.endswith("range")


def _hashed(column: Column, table: Table) -> bool:
    """Whether values are long, or one might be; few different ones a btree keeps small too."""
    limit = re.search(r"\((\d+)\)", column.type)
    several = column.distinct is None or column.distinct >= HASH_DISTINCT
    unlimited = table.toasted and (limit is None or int(limit[1]) > MOST_BTREE_BYTES)
    long = unlimited or column.width_bytes >= HASH_WIDTH_BYTES
    return is_text(column) and several and long


def _searched(condition: Condition, table: Table) -> bool:
    """Whether an operator of GiST is applied to a column or expression of ranges or shapes."""
    column = column_of(condition, table)
    if condition.operator not in RELATIONS | SIDES:
        return False
    if column is not None:
        return is_spatial(column)
    called = condition.expression.lstrip("(").partition("(")[0]
    return called.endswith("range") or called in SHAPES
