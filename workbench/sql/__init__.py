"""Catalog queries, one file each; ``load`` gives their text."""

from functools import cache
from importlib.resources import files


@cache
def load(name: str) -> str:
    """Text of the catalog query in ``name``.sql, marked as the workbench's own."""
    text = (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
    return f"/*workbench*/ {text}"
