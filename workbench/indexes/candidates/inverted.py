"""GIN rules: documents, arrays, full text and trigrams."""

from collections.abc import Iterator

from workbench.indexes.candidates.rule import Draft, column_of, keyed
from workbench.indexes.index import Key
from workbench.workload.schema import Table
from workbench.workload.uses import Condition, TableUse

PATH_OPERATORS = ("@>", "@?", "@@")
KEY_OPERATORS = ("?", "?|", "?&")
ARRAY_OPERATORS = ("@>", "<@", "&&")
TEXT_OPERATORS = ("LIKE", "ILIKE", "~", "~*", "%", "<%", "%>")
SCALARS = {
    "smallint": "int2_ops", "integer": "int4_ops", "bigint": "int8_ops", "numeric": "numeric_ops",
    "text": "text_ops", "character varying": "varchar_ops", "uuid": "uuid_ops",
    "date": "date_ops", "boolean": "bool_ops",
}  # fmt: skip


def documents(use: TableUse, table: Table) -> Iterator[Draft]:
    """jsonb: jsonb_path_ops is smaller and answers paths; only jsonb_ops knows key existence."""
    for condition in use.conditions:
        words = f"{condition.operator} on {condition.expression}"
        if condition.operator in PATH_OPERATORS and _is_document(condition, table):
            yield Draft((Key(condition.expression, opclass="jsonb_path_ops"),), words, "gin")
        elif (
            condition.operator in KEY_OPERATORS
            and (_is_document(condition, table) or _is(condition, table, "hstore"))
        ) or (condition.operator == "@>" and _is(condition, table, "hstore")):
            yield Draft((Key(condition.expression),), words, "gin")


def arrays(use: TableUse, table: Table) -> Iterator[Draft]:
    """Membership and overlap of array columns."""
    for condition in use.conditions:
        if _is_array(condition, table):
            words = f"{condition.operator} on {condition.expression}"
            yield Draft((Key(condition.expression),), words, "gin")


def full_text(use: TableUse, table: Table) -> Iterator[Draft]:
    """A tsvector column, or the very to_tsvector expression that the statement searches."""
    for condition in use.conditions:
        if condition.operator == "@@" and not _is_document(condition, table):
            words = f"full-text search on {condition.expression}"
            yield Draft((Key(condition.expression),), words, "gin")


def trigrams(use: TableUse, table: Table) -> Iterator[Draft]:
    """Patterns anywhere in a text; needs the pg_trgm extension."""
    for condition in use.conditions:
        if condition.operator in TEXT_OPERATORS and not _is_number(condition, table):
            words = f"{condition.operator} on {condition.expression}"
            yield Draft((Key(condition.expression, opclass="gin_trgm_ops"),), words, "gin")


def equality_with_members(use: TableUse, table: Table) -> Iterator[Draft]:
    """One equality before the searched array or document; needs the btree_gin extension."""
    equal = [c for c in use.conditions if c.kind == "equality" and c.constant != "true"]
    names = keyed(use, table, "equality")
    for lead in (c for c in equal if c.expression in names[:1]):
        column = column_of(lead, table)
        opclass = SCALARS.get(column.type.partition("(")[0]) if column else None
        for found in (*arrays(use, table), *documents(use, table)) if opclass else ():
            keys = (Key(lead.expression, opclass=opclass or ""), *found.keys)
            yield Draft(keys, f"equality on {lead.expression}, then {found.because}", "gin")


def _is_document(condition: Condition, table: Table) -> bool:
    """Whether the searched side is a jsonb column or a part of one."""
    if condition.column is not None:
        return _is(condition, table, "jsonb")
    return "->" in condition.expression and "->>" not in condition.expression


def _is_array(condition: Condition, table: Table) -> bool:
    column = column_of(condition, table)
    listed = column is not None and column.type.endswith("[]")
    return listed and condition.operator in ARRAY_OPERATORS


def _is(condition: Condition, table: Table, type_name: str) -> bool:
    column = column_of(condition, table)
    return column is not None and column.type.rpartition(".")[2] == type_name


def _is_number(condition: Condition, table: Table) -> bool:
    """Whether ``%`` is the remainder of a division here."""
    column = column_of(condition, table)
    return column is not None and not column.type.startswith(("text", "character", "citext"))
