"""Answers of an outside API kept for a day: how many calls that spares, and how old they get."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from workbench.errors import MeasurementError
from workbench.measurement.calls import LEAST_ROUNDS, Race, race
from workbench.measurement.estimate import Estimate, median_of
from workbench.patterns.caching import Cache, cache_aside, emptied
from workbench.patterns.replaying import Replay, replay
from workbench.patterns.streams import SimulatedClock, stream

DAY_S = 86_400.0


@dataclass
class Api:
    """The outside API behind ``client``, as a ``Source`` for caches; a write is a manual check."""

    client: httpx.Client
    asked: int = 0

    def load(self, key: int) -> Any:  # noqa: ANN401 - the API's JSON
        """What the API says about a repository; raises httpx.HTTPError."""
        self.asked += 1
        answer = self.client.get(f"/repositories/{key}")
        answer.raise_for_status()
        return answer.json()

    def write(self, key: int) -> None:
        """A manual check asks for the newest answer: only the cache has to do something."""

    def calls(self) -> int:
        """How often the API says that it was asked."""
        return int(self.client.get("/calls").json()["calls"])


@dataclass(frozen=True)
class Traffic:
    """Streams of one density through the cache, one a round."""

    requests_per_repository: float
    replays: tuple[Replay, ...]

    @property
    def fewer_calls(self) -> Estimate:
        """Percent of calls spared."""
        return median_of([each.fewer_loads for each in self.replays], "%")

    @property
    def stale(self) -> Estimate:
        """Percent of answers that the outside had changed meanwhile."""
        return median_of([each.stale_share for each in self.replays], "%")

    def record(self) -> dict[str, Any]:
        """One row: requests, calls, hits, stale answers and the age of the oldest."""
        fewer = self.fewer_calls
        return {
            "requests_per_repository": self.requests_per_repository,
            "requests": sum(each.reads for each in self.replays),
            "calls": sum(each.loads for each in self.replays),
            "fewer_calls_percent": fewer.value,
            "low_fewer_calls_percent": fewer.low,
            "high_fewer_calls_percent": fewer.high,
            "stale_percent": self.stale.value,
            "oldest_stale_hours": max(each.oldest_stale_s for each in self.replays) / 3600,
        }


def measure(
    upstream: str,
    url: str,
    *,
    repositories: int = 100,
    densities: Sequence[float] = (0.5, 2, 10, 50),
    days: float = 2,
    skew: float = 1.0,
    checks: float = 0.01,
    changes_a_day: float = 0.2,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> list[Traffic]:
    """The calls that a cache of 24 h spares, by requests a day for each repository.

    ``checks`` is the share of manual checks among the requests; each repository changes outside
    ``changes_a_day`` times, which nobody tells the cache. The first day of simulated time fills the
    cache, the others count. Raises MeasurementError when the API counted other calls than we did.
    """
    with httpx.Client(base_url=upstream, timeout=10) as client:
        client.post("/forget")
        api, found = Api(client), []
        for density in densities:
            replays = [
                _replayed(
                    api, url, repositories, density, days, skew, checks, changes_a_day, number
                )
                for number in range(seed * 1000, seed * 1000 + rounds)
            ]
            found.append(Traffic(density, tuple(replays)))
        if api.calls() != api.asked:
            raise MeasurementError(f"the API counted {api.calls()} calls and we {api.asked}")
        return found


def _replayed(
    api: Api,
    url: str,
    repositories: int,
    density: float,
    days: float,
    skew: float,
    checks: float,
    changes_a_day: float,
    seed: int,
) -> Replay:
    """One stream from an empty cache."""
    both = density * (1 + checks) + changes_a_day
    per_s = repositories * both / DAY_S
    events = stream(
        range(1, repositories + 1),
        max(1, round(per_s * days * DAY_S)),
        per_s=per_s,
        skew=skew,
        writes=density * checks / both,
        changes=changes_a_day / both,
        seed=seed,
    )
    clock = SimulatedClock()
    warm_up = sum(event.at_s < DAY_S for event in events)
    with emptied(url) as redis:
        return replay(events, api, Cache(redis, DAY_S, clock), clock, warm_up=warm_up)


def waits(upstream: str, url: str, *, rounds: int = 21) -> Race:
    """How long one answer takes from the API and from the cache."""
    with emptied(url) as redis, httpx.Client(base_url=upstream, timeout=10) as client:
        api, cache = Api(client), Cache(redis, DAY_S)
        return race(
            {
                "upstream": lambda: api.load(1),
                "cache": lambda: cache_aside(cache, "1", lambda: api.load(1)),
            },
            rounds=rounds,
        )
