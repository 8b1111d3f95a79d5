"""The same load on one, two and four processes of a server in front of one Postgres."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.measurement.calls import LEAST_ROUNDS
from workbench.measurement.estimate import Estimate, median_of, speedup
from workbench.patterns.web.load import Block, Call, Drive, Outcome, require_success


@dataclass(frozen=True)
class Sweep:
    """Outcomes by number of processes, one a round."""

    outcomes: Mapping[int, tuple[Outcome, ...]]

    def throughput(self, processes: int) -> Estimate:
        """Requests answered in a second."""
        return median_of([each.answered_per_s for each in self.outcomes[processes]], "1/s")

    def gain(self, processes: int, before: int = 1) -> Estimate:
        """How many times as many requests are answered."""
        return speedup(*([o.seconds for o in self.outcomes[n]] for n in (before, processes)))

    def records(self) -> list[dict[str, Any]]:
        """One row per number of processes: requests a second, waits, gain over one."""
        return [
            {
                "processes": processes,
                "requests_per_s": rate.value,
                "low_requests_per_s": rate.low,
                "high_requests_per_s": rate.high,
                "p50_ms": median_of([each.quantile_ms(0.5) for each in found], "ms").value,
                "p95_ms": median_of([each.quantile_ms(0.95) for each in found], "ms").value,
                "gain": gain.value,
                "low_gain": gain.low,
                "high_gain": gain.high,
            }
            for processes, found in self.outcomes.items()
            for rate, gain in [(self.throughput(processes), self.gain(processes))]
        ]


def measure(
    urls: Mapping[int, str],
    drive: Drive,
    *,
    requests: int = 200,
    clients: int = 16,
    size: int = 50,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> Sweep:
    """A closed loop on each of ``urls`` (by number of processes) once a round, in random order.

    Raises MeasurementError when a request fails.
    """
    order = random.Random(seed)
    calls = tuple(
        Call(f"/repositories?after={order.randrange(20_000)}&size={size}") for _ in range(requests)
    )
    blocks = {n: Block(str(n), url, calls, clients=clients) for n, url in urls.items()}
    turns = [
        order.sample(list(blocks), k=len(blocks)) for _ in range(1 + max(rounds, LEAST_ROUNDS))
    ]
    outcomes = drive([blocks[n] for turn in turns for n in turn])
    require_success(outcomes)
    kept = outcomes[len(blocks) :]
    return Sweep({n: tuple(o for o in kept if o.name == str(n)) for n in urls})
