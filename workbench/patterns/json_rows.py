"""Rows as JSON has them, for answers of an API and for a cache."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import RowMapping

_JSON = (str, int, float, bool, list, dict)


def plain(value: Any) -> Any:  # noqa: ANN401 - a column's type is the statement's affair
    """A value that JSON has as it is, any other as text."""
    return value if isinstance(value, _JSON) or value is None else str(value)


def objects(rows: Iterable[RowMapping]) -> list[dict[str, Any]]:
    """An object for each row, with a member for each column."""
    return [{name: plain(value) for name, value in row.items()} for row in rows]
