"""GIN rules: documents, arrays, full text and trigrams."""

from collections.abc import Iterator

from workbench.indexes.candidates.rule import Draft, column_of, every_condition
from workbench.indexes.index import Key
from workbench.workload.schema import Table
from workbench.workload.uses import Condition, TableUse

PATH_OPERATORS = ("@>", "@?", "@@")
DOCUMENT_OPERATORS = (*PATH_OPERATORS, "?", "?|", "?&")
ARRAY_OPERATORS = ("@>", "<@", "&&")
TEXT_OPERATORS = ("LIKE", "ILIKE", "~", "~*")


def documents(use: TableUse, table: Table) -> Iterator[Draft]:
    """jsonb: jsonb_path_ops is smaller and answers paths; only jsonb_ops knows key existence."""
    for condition in every_condition(use):
        if condition.operator in DOCUMENT_OPERATORS and _is_document(condition, table):
            words = f"{condition.operator} on {condition.expression}"
            if condition.operator in PATH_OPERATORS:
                yield Draft((Key(condition.expression, opclass="jsonb_path_ops"),), words, "gin")
            yield Draft((Key(condition.expression),), words, "gin")


def arrays(use: TableUse, table: Table) -> Iterator[Draft]:
    """Membership and overlap of array columns."""
    for condition in every_condition(use):
        column = column_of(condition, table)
        if column and column.type.endswith("[]") and condition.operator in ARRAY_OPERATORS:
            words = f"{condition.operator} on {condition.expression}"
            yield Draft((Key(condition.expression),), words, "gin")


def full_text(use: TableUse, table: Table) -> Iterator[Draft]:
    """A tsvector column, or the very to_tsvector expression that the statement searches."""
    for condition in every_condition(use):
        if condition.operator == "@@" and not _is_document(condition, table):
            words = f"full-text search on {condition.expression}"
            yield Draft((Key(condition.expression),), words, "gin")


def trigrams(use: TableUse, table: Table) -> Iterator[Draft]:
    """Patterns anywhere in a text; needs the pg_trgm extension."""
    for condition in every_condition(use):
        if condition.operator in TEXT_OPERATORS:
            words = f"{condition.operator} on {condition.expression}"
            yield Draft((Key(condition.expression, opclass="gin_trgm_ops"),), words, "gin")


def _is_document(condition: Condition, table: Table) -> bool:
    """Whether the searched side is a jsonb column or a part of one."""
    column = column_of(condition, table)
    if column is not None:
        return column.type == "jsonb"
    return "->" in condition.expression and "->>" not in condition.expression
