"""The indexes that a system's plan promised, as its dataset keeps them."""

import re

from workbench.datasets import Spec
from workbench.errors import InputError
from workbench.workload.script import split

_NAMED = re.compile(r"CREATE (?:UNIQUE )?INDEX (\w+)\s+ON\s", re.IGNORECASE)


def published(spec: Spec) -> dict[str, str]:
    """Each CREATE INDEX of ``indexes/published.sql`` by the index's name.

    Raises InputError for a statement that is none.
    """
    found = {}
    for statement in split(spec.published_indexes.read_text(encoding="utf-8")):
        named = _NAMED.match(statement.text)
        if named is None:
            raise InputError(
                f"{spec.published_indexes}: line {statement.line} creates no named index"
            )
        found[named[1]] = statement.text
    return found
