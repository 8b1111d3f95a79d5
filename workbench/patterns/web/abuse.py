"""One client that asks far too often, beside others who behave, with and without a limit."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import MeasurementError
from workbench.measurement.calls import LEAST_ROUNDS
from workbench.measurement.estimate import Estimate, median_of, speedup
from workbench.patterns.rate_limit import PER_MINUTE
from workbench.patterns.web.load import Block, Call, Drive, Outcome, poisson, require_success

ABUSER = "abuser"
CALM, OFF, ON, SHARED = "nobody abuses", "limiter off", "limiter on", "limiter in Redis"
WAYS: Mapping[str, str] = {CALM: "", OFF: "", ON: "limit", SHARED: "limit,redis"}
TOO_MANY = 429
ALLOWANCE = 40


@dataclass(frozen=True)
class Abuse:
    """Outcomes of each arm, one a round, and who behaved."""

    arms: Mapping[str, tuple[Outcome, ...]]
    good: tuple[str, ...]

    def p95_ms(self, arm: str) -> Estimate:
        """The wait that 95 of 100 requests of well-behaved clients stay below."""
        return median_of(self._p95(arm), "ms")

    def shorter_p95(self, before: str = OFF, after: str = ON) -> Estimate:
        """How many times shorter that wait is in the second arm."""
        return speedup(self._p95(before), self._p95(after))

    def _p95(self, arm: str) -> list[float]:
        return [each.quantile_ms(0.95, self.good) for each in self.arms[arm]]

    def records(self) -> list[dict[str, Any]]:
        """One row per arm: waits of the well-behaved, requests turned away, errors."""
        return [self._record(arm, found) for arm, found in self.arms.items()]

    def _record(self, arm: str, found: Sequence[Outcome]) -> dict[str, Any]:
        p95 = self.p95_ms(arm)
        return {
            "arm": arm,
            "p50_ms": median_of([each.quantile_ms(0.5, self.good) for each in found], "ms").value,
            "p95_ms": p95.value,
            "low_p95_ms": p95.low,
            "high_p95_ms": p95.high,
            "requests_of_abuser": sum(each.clients.count(ABUSER) for each in found),
            "turned_away": sum(each.count(TOO_MANY, ABUSER) for each in found),
            "good_turned_away": sum(each.count(TOO_MANY, c) for each in found for c in self.good),
            "errors": sum(each.errors for each in found),
        }


def measure(
    url: str,
    drive: Drive,
    *,
    good: int = 15,
    good_per_s: float = 1.0,
    abuse_per_s: float = 120.0,
    seconds: float = 2.0,
    arms: Sequence[str] = (CALM, OFF, ON),
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> Abuse:
    """Each arm once a round, in random order: an open loop of well-behaved clients and an abuser.

    Before each block with a limit the abuser uses up what it had saved meanwhile, so that what is
    seen is somebody who never stops. Raises MeasurementError when a well-behaved client is turned
    away.
    """
    order = random.Random(seed)
    blocks = [
        block
        for turn in range(max(rounds, LEAST_ROUNDS))
        for arm in order.sample(list(arms), k=len(arms))
        for block in (
            _allowance(url, arm, PER_MINUTE if turn == 0 else ALLOWANCE),
            _block(url, arm, good, good_per_s, abuse_per_s, seconds, seed * 1000 + turn),
        )
    ]
    outcomes = [each for each in drive(blocks) if each.name in WAYS]
    require_success(outcomes)
    found: dict[str, list[Outcome]] = {arm: [] for arm in arms}
    for outcome in outcomes:
        found[outcome.name].append(outcome)
    behaved = tuple(f"good {number}" for number in range(good))
    result = Abuse({arm: tuple(each) for arm, each in found.items()}, behaved)
    if any(row["good_turned_away"] for row in result.records()):
        raise MeasurementError("the limiter turned away a client that stays below the limit")
    return result


def _allowance(url: str, arm: str, tokens: int) -> Block:
    """The abuser's requests up to its limit; nothing where there is none."""
    calls = (Call(f"/overview?with={WAYS[arm]}", client=ABUSER),) * (tokens + 1)
    return Block("allowance", url, calls if "limit" in WAYS[arm] else (), clients=4)


def _block(
    url: str, arm: str, good: int, good_per_s: float, abuse_per_s: float, seconds: float, seed: int
) -> Block:
    """One stretch: arrivals of everybody, merged in the order of time."""
    path = f"/overview?with={WAYS[arm]}"
    everybody = [(f"good {number}", good_per_s) for number in range(good)]
    if arm != CALM:
        everybody.append((ABUSER, abuse_per_s))
    due = sorted(
        (at_s, client)
        for number, (client, per_s) in enumerate(everybody)
        for at_s in poisson(per_s, seconds, seed=seed * 1000 + number)
    )
    return Block(
        arm,
        url,
        tuple(Call(path, client=client) for _, client in due),
        tuple(at_s for at_s, _ in due),
        patience_s=30,
    )
