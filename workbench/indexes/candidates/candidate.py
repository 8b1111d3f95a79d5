"""What comes of the rules."""

from dataclasses import dataclass

from workbench.indexes.index import Index


@dataclass(frozen=True)
class Candidate:
    """An index that could help, the rule it comes from, the reason and the queries that ask."""

    index: Index
    rule: str
    because: str
    queries: tuple[str, ...]
