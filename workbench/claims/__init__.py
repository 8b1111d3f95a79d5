"""Claims: what five optimisation plans promised, and what was measured.

``ledger.toml`` holds every claim with its promised figures; ``checks`` holds the experiments, one
file per family; ``running`` puts both together and ``store`` keeps what came out. From Python,
these functions answer with data frames.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from workbench.claims.result import Result

__all__ = ["ledger", "points", "records", "results", "run"]


def ledger(system: str | None = None) -> "pandas.DataFrame":
    """One row for each promised figure: id, system, claim, figure, unit, low, high, neutral, axis.

    A claim that cannot be measured has one row without a figure. Raises UnknownName for a system
    that is not there.
    """
    from workbench.claims import entries, frames

    return frames.ledger(entries.chosen(system=system))


def results(
    identifiers: Iterable[str] = (),
    *,
    system: str | None = None,
    scale: str | int = "small",
    seed: int = 0,
    quick: bool = True,
) -> "pandas.DataFrame":
    """One row for each claim, as it was measured last: verdict, figure, interval, sentence.

    Nothing is measured here. Raises UnknownName for a claim or a system that is not there.
    """
    from workbench.claims import frames

    return frames.results(_kept(identifiers, system, scale, seed, quick))


def points(
    identifiers: Iterable[str] = (),
    *,
    system: str | None = None,
    scale: str | int = "small",
    seed: int = 0,
    quick: bool = True,
) -> "pandas.DataFrame":
    """One row for each place of an axis where a claim's headline was measured last."""
    from workbench.claims import frames

    return frames.points(_kept(identifiers, system, scale, seed, quick))


def records(
    identifier: str, *, scale: str | int = "small", seed: int = 0, quick: bool = True
) -> "pandas.DataFrame":
    """The rows behind the last result of a claim, as its experiment wrote them."""
    from workbench.claims import frames

    return frames.records(_kept([identifier], None, scale, seed, quick))


def _kept(
    identifiers: Iterable[str], system: str | None, scale: str | int, seed: int, quick: bool
) -> "tuple[Result, ...]":
    """What was measured last; nothing is measured here."""
    from workbench.claims import entries, running

    settings = running.Settings(scale=str(scale), seed=seed, quick=quick)
    return running.results(entries.chosen(identifiers, system), settings)


def run(
    identifiers: Iterable[str] = (),
    *,
    system: str | None = None,
    where: str = "auto",
    scale: str | int = "small",
    seed: int = 0,
    quick: bool = True,
    again: bool = False,
    notify: Callable[[str], None] = lambda message: None,
) -> "pandas.DataFrame":
    """The same, after measuring what has not been measured yet, or all of it ``again``.

    ``notify`` is told of each claim when its verdict is there.
    """
    from workbench.claims import entries, frames, running

    settings = running.Settings(where, str(scale), seed, quick, again, notify=notify)
    found = []
    for result in running.run(entries.chosen(identifiers, system), settings):
        notify(f"{result.claim.id}: {result.ruling.verdict}: {result.ruling.sentence}")
        found.append(result)
    return frames.results(found)
