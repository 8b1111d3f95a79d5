"""Does the ledger come to the same verdicts when it is measured a second time?

    python benchmarks/ledger.py                quick mode, twice
    python benchmarks/ledger.py --full         full mode, twice
    python benchmarks/ledger.py S1.4 S3.4      some claims only
    python benchmarks/ledger.py --kept         compare the last two kept runs, measure nothing

The whole ledger is measured once, then the whole ledger again, each claim with the same seed. What
is kept from an earlier call is not measured again, so an interrupted call goes on where it was. The
exit status is 1 when fewer than 95 % of the measurable claims come to the same verdict twice.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.claims import entries, running
from workbench.claims.claim import Claim
from workbench.claims.store import Run
from workbench.claims.verdict import Ruling, rule

TARGET = 0.95
TIMES = 2


@dataclass(frozen=True)
class Pair:
    """The last two runs of a claim that found something, the older one first."""

    claim: Claim
    runs: tuple[Run, ...]

    @property
    def rulings(self) -> list[Ruling]:
        """What each run says by itself."""
        return [rule(self.claim, run.finding) for run in self.runs if run.finding]

    @property
    def verdicts(self) -> list[str]:
        """Their words."""
        return [ruling.verdict for ruling in self.rulings]

    @property
    def agrees(self) -> bool:
        """Whether there are two verdicts and both are the same word."""
        return len(self.verdicts) == TIMES and len({*self.verdicts}) == 1

    @property
    def overlaps(self) -> bool:
        """Whether the intervals of the headline have a place in common."""
        first, *others = (ruling.kept[0].measured for ruling in self.rulings)
        return all(each.low <= first.high and first.low <= each.high for each in others)


def main() -> int:
    """Print a line for each claim and the agreement; 1 below the target."""
    options = _options()
    claims = [each for each in entries.chosen(options.ids) if each.unmeasurable is None]
    settings = running.Settings(
        where=options.server,
        scale=options.scale,
        seed=options.seed,
        quick=not options.full,
        again=True,
        notify=_say,
    )
    if not options.kept:
        for number in range(1, TIMES + 1):
            _measure(claims, settings, number)
    pairs = [_pair(claim, settings) for claim in claims]
    for pair in pairs:
        print("\n".join(_lines(pair)))
    return _summary(pairs, settings.mode)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ids", nargs="*", metavar="ID", help="claims; all without any")
    parser.add_argument("--full", action="store_true", help="the full mode")
    parser.add_argument("--kept", action="store_true", help="measure nothing")
    parser.add_argument("--scale", default="small")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--server", default="auto", choices=["auto", "embedded", "container"])
    return parser.parse_args()


def _measure(claims: Sequence[Claim], settings: running.Settings, number: int) -> None:
    """Measure once what has fewer than ``number`` kept runs; the load is that before each."""
    due = [claim for claim in claims if len(_pair(claim, settings).runs) < number]
    _say(f"time {number} of {TIMES}: {len(due)} claims, load {os.getloadavg()[0]:.1f}")
    for done, result in enumerate(running.run(due, settings), 1):
        took_s = result.run.seconds if result.run else 0.0
        _say(f"{result.claim.id}: {result.ruling.verdict}, {took_s:.0f} s ({done} of {len(due)})")


def _pair(claim: Claim, settings: running.Settings) -> Pair:
    kept = running.own_store().runs(settings.experiment(claim))
    return Pair(claim, tuple(run for run in kept if run.finding)[-TIMES:])


def _lines(pair: Pair) -> list[str]:
    """Both verdicts with both figures; where they differ, both sentences."""
    found = [f"{ruling.verdict} {ruling.kept[0].measured}" for ruling in pair.rulings]
    seconds = " + ".join(f"{run.seconds:.0f} s" for run in pair.runs)
    words = " | ".join([*found, *["not measured"] * (TIMES - len(found))])
    mark = "=" if pair.agrees else "!"
    lines = [f"{mark} {pair.claim.id:6} {words} | {seconds}"]
    return lines if pair.agrees else [*lines, *(f"    {r.sentence}" for r in pair.rulings)]


def _summary(pairs: Sequence[Pair], mode: str) -> int:
    """The agreement and how long each time took; 1 below the target."""
    agreeing = sum(pair.agrees for pair in pairs)
    undecided = sum(pair.agrees and "inconclusive" in pair.verdicts for pair in pairs)
    both = [pair for pair in pairs if len(pair.runs) == TIMES]
    overlapping = sum(pair.overlaps for pair in both)
    minutes = [sum(pair.runs[k].seconds for pair in both) / 60 for k in range(TIMES)]
    share = agreeing / len(pairs)
    print(
        f"\n{mode} mode: {agreeing} of {len(pairs)} claims have the same verdict twice "
        f"({share:.0%}, target {TARGET:.0%}), {undecided} of them inconclusive; headline intervals "
        f"overlap in {overlapping} of {len(both)}; "
        f"{' and '.join(f'{each:.1f} min' for each in minutes)}"
    )
    return int(share < TARGET)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
