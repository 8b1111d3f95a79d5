"""What a statement asks of a table, as values that the rules read (pure)."""

from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

from workbench.workload.schema import ForeignKey, TableName, quoted

Kind: TypeAlias = Literal[
    "equality", "in", "range", "join", "is_null", "is_not_null", "unequal", "other", "residual"
]


@dataclass(frozen=True)
class Condition:
    """One condition on one table: ``expression`` is the side that an index could hold.

    ``column`` is set where that side is a bare column; ``constant`` is the other side as SQL
    where the statement itself fixes it (None for parameters, functions and other tables);
    ``parameters`` are the numbers n of the ``$n`` it is compared to; ``operator`` is Postgres'
    own where ``kind`` is other; ``columns`` are those that the side reads; ``partner`` is the alias
    of the table that a join compares it with. A condition that no key could find rows by, such as
    one between two columns of a table, is residual, and its ``expression`` is the whole of it.
    """

    expression: str
    column: str | None
    kind: Kind
    constant: str | None = None
    parameters: tuple[int, ...] = ()
    operator: str = ""
    columns: tuple[str, ...] = ()
    partner: str = ""


@dataclass(frozen=True)
class SortKey:
    """One key of an ORDER BY on one table; ``column`` is empty where ``written`` is more."""

    column: str
    descending: bool = False
    nulls_first: bool = False
    written: str = ""

    @property
    def expression(self) -> str:
        """The key as an index would hold it."""
        return self.written or quoted(self.column)


@dataclass(frozen=True)
class TableUse:
    """One occurrence of a table in a statement and what is asked of it there.

    ``conditions`` hold together; each member of ``alternatives`` is a branch of an OR.
    ``limited`` says that only the first rows of ``sort`` are wanted, ``first_rows`` how many where
    the statement says so; ``extremes`` are columns under min() or max(). ``columns`` are all that
    are read, ``outputs`` those that are read elsewhere than in ``conditions``. ``lookups`` is how
    often rows of other tables ask for matching rows, as the planner expects; ``written`` says that
    the rows themselves are wanted, to change or to lock them; ``foreign_key`` is the one for which
    Postgres itself asks, when a row of the parent goes.
    """

    table: TableName
    conditions: tuple[Condition, ...] = ()
    alternatives: tuple[tuple[Condition, ...], ...] = ()
    sort: tuple[SortKey, ...] = ()
    limited: bool = False
    first_rows: int | None = None
    group: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    extremes: tuple[str, ...] = ()
    alias: str = ""
    lookups: float = 0.0
    written: bool = False
    foreign_key: ForeignKey | None = None


@dataclass
class Gathering:
    """A TableUse while a statement is being read; the fields mean the same."""

    table: TableName
    alias: str = ""
    conditions: list[Condition] = field(default_factory=list)
    alternatives: list[tuple[Condition, ...]] = field(default_factory=list)
    sort: tuple[SortKey, ...] = ()
    limited: bool = False
    first_rows: int | None = None
    group: tuple[str, ...] = ()
    extremes: tuple[str, ...] = ()
    columns: dict[str, None] = field(default_factory=dict)
    outputs: dict[str, None] = field(default_factory=dict)
    lookups: float = 0.0
    written: bool = False

    def frozen(self) -> TableUse:
        """What was gathered, each condition and column once."""
        gathered = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in ("conditions", "alternatives", "columns", "outputs"):
            gathered[name] = tuple(dict.fromkeys(gathered[name]))
        return TableUse(**gathered)


@dataclass(frozen=True)
class Analysis:
    """The table uses of a statement; ``unread`` says why there are none, where sqlglot cannot.

    ``remarks`` say what no index can serve, but could if it were written in another way.
    """

    uses: tuple[TableUse, ...]
    unread: str | None = None
    remarks: tuple[str, ...] = ()
