"""A comparison held against what a notebook says of it.

What was required stands in the line as it is; what else was found, and every measured figure,
stands between ⟨ and ⟩, where it may differ from run to run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from workbench.errors import NotConfirmed
from workbench.measurement.comparison import Comparison
from workbench.measurement.verdict import Verdict
from workbench.plans import figures
from workbench.plans.remarks import clean


@dataclass(frozen=True)
class Wanted:
    """What a comparison must have found; what is empty may be anything.

    ``index`` is a name, ``columns`` are the first keys of the index that was tried, as its
    CREATE INDEX writes them.
    """

    verdict: Verdict
    table: str = ""
    index: str = ""
    columns: Sequence[str] = ()
    least: float = 0.0


def confirm(found: Comparison, wanted: Wanted) -> str:
    """One line with verdict, table, index and ratio; raises NotConfirmed."""
    tables, indexes = found.after.plan.tables, found.after.plan.index_names
    if found.verdict != wanted.verdict:
        raise NotConfirmed(f"expected {wanted.verdict}, but found {found}")
    if wanted.table and wanted.table not in tables:
        raise NotConfirmed(f"expected a plan on {wanted.table}, but it reads {_names(tables)}")
    if wanted.index and wanted.index not in indexes:
        raise NotConfirmed(f"expected a plan with {wanted.index}, but it uses {_names(indexes)}")
    keys = _keys(found.index)[: len(wanted.columns)]
    if keys != list(wanted.columns):
        words = f"an index on {_names(wanted.columns)}, but tried was {_names(_keys(found.index))}"
        raise NotConfirmed(f"expected {words}")
    if (found.speedup_ci[0] if found.speedup_ci else 0.0) < wanted.least:
        raise NotConfirmed(f"expected at least {wanted.least:g} times as fast, but found {found}")
    return f"{wanted.verdict}: {_subject(found, wanted)}{_ratio(found)}"


def _subject(found: Comparison, wanted: Wanted) -> str:
    """Table, keys and predicate of the index, as far as they were required in the open."""
    names, definition = found.after.plan.index_names, _definition(found.index)
    table = wanted.table or _names(found.after.plan.tables)
    unused = ", not used" if set(names) <= set(found.before.plan.index_names) else ""
    if wanted.columns:
        return f"{table} ({', '.join(wanted.columns)}){unused}"
    if wanted.index and definition:
        return f"{definition}{unused}"
    return f"{table} ⟨{definition or _names(names)}{unused}⟩"


def _definition(ddl: str) -> str:
    """What follows ON in a CREATE INDEX, on one line."""
    return clean(" ".join(ddl.split())).partition(" ON ")[2].removeprefix("ONLY ")


def _keys(ddl: str) -> list[str]:
    """The keys of a CREATE INDEX, with their directions, as they are written."""
    keys, depth = [""], 0
    for char in _definition(ddl).partition("(")[2]:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        if char == "," and depth == 0:
            keys.append("")
        else:
            keys[-1] += char
    return [key.strip() for key in keys if key.strip()]


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _ratio(found: Comparison) -> str:
    if found.speedup is None or found.speedup_ci is None:
        return ""
    low, high = (figures.factor(end) if isfinite(end) else "∞" for end in found.speedup_ci)
    return f", ratio ⟨{figures.factor(found.speedup)}⟩, 99 % interval ⟨{low} to {high}⟩"
