"""A comparison held against what a notebook says of it.

Measured figures stand between ⟨ and ⟩, so that one pattern finds all of them when the outputs of
two runs are compared.
"""

from math import isfinite

from workbench.errors import NotConfirmed
from workbench.measurement.comparison import Comparison
from workbench.measurement.verdict import Verdict
from workbench.plans import figures


def confirm(found: Comparison, verdict: Verdict, table: str, index: str, least: float) -> str:
    """One line with verdict, tables, indexes and ratio; raises NotConfirmed."""
    tables, indexes = found.after.plan.tables, found.after.plan.index_names
    if found.verdict != verdict:
        raise NotConfirmed(f"expected {verdict}, but found {found}")
    if table and table not in tables:
        raise NotConfirmed(f"expected a plan on {table}, but it reads {_names(tables)}")
    if index and index not in indexes:
        raise NotConfirmed(f"expected a plan with {index}, but it uses {_names(indexes)}")
    low = found.speedup_ci[0] if found.speedup_ci else 0.0
    if low < least:
        raise NotConfirmed(f"expected at least {least:g} times as fast, but found {found}")
    return f"{verdict}: {_names(tables)} with {_names(indexes)}{_ratio(found)}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"


def _ratio(found: Comparison) -> str:
    if found.speedup is None or found.speedup_ci is None:
        return ""
    low, high = (figures.factor(end) if isfinite(end) else "∞" for end in found.speedup_ci)
    return f", ratio ⟨{figures.factor(found.speedup)}⟩, 99 % interval ⟨{low} to {high}⟩"
