"""What the user asked for, and the database the advice is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.db import Connection
from workbench.errors import UnknownName
from workbench.indexes import budget as budgets
from workbench.indexes.candidates import KINDS

SWEEP = "sweep"


@dataclass(frozen=True)
class Options:
    """What the user asked for: limits, kinds of index, whether to measure, seconds a statement.

    ``sweep`` asks for the best set under many budgets beside the answer. ``disk_bytes`` is what
    candidates may take of the disk while they are tried, None what is free there.
    """

    budget: budgets.Budget = field(default_factory=budgets.Budget)
    max_indexes: int | None = None
    kinds: tuple[str, ...] = KINDS
    measure: bool = True
    seed: int = 0
    timeout_s: float = 60.0
    price_writes: bool = False
    sweep: bool = False
    disk_bytes: int | None = None

    @classmethod
    def parse(
        cls,
        budget: str | None,
        max_indexes: int | None,
        kinds: Iterable[str] | None,
        measure: bool,
        seed: int,
        timeout_s: float,
        price_writes: bool = False,
    ) -> "Options":
        """The options as a user writes them; raises InputError for what they cannot be."""
        sweep = budget is not None and budget.strip().lower() == SWEEP
        limit = budgets.parse(budget) if budget and not sweep else budgets.Budget()
        return cls(
            limit,
            max_indexes,
            check_kinds(kinds or KINDS),
            measure,
            seed,
            timeout_s,
            price_writes,
            sweep,
        )


@dataclass(frozen=True)
class Target:
    """The database the advice is for; where ``changeable``, indexes may be built and dropped."""

    connection: Connection
    changeable: bool
    backend_cpu: Path | None
    server: Mapping[str, Any]
    dataset: Mapping[str, Any] | None = None


def check_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """The kinds without repetitions; raises UnknownName for one that is not known."""
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of index", kind, KINDS)
    return tuple(dict.fromkeys(kinds))
