"""Streams of requests: who asks for what and when, with a few keys asked for most (Zipf).

Time in a stream is simulated. A day passes as fast as its requests are served, and what expires
does so by the stream's clock, so that a time to live of 24 hours needs no day to be tried out and
the same seed gives the same hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from workbench.datasets.zipf import Zipf

Kind: TypeAlias = Literal["read", "write", "change"]


@dataclass(frozen=True)
class Event:
    """At ``at_s`` simulated seconds, a key is read, written through us, or changed elsewhere."""

    at_s: float
    key: int
    kind: Kind


@dataclass
class SimulatedClock:
    """A clock that shows what it was last set to, in seconds."""

    now_s: float = 0.0

    def __call__(self) -> float:
        """The time it shows, in seconds."""
        return self.now_s


def stream(
    keys: Sequence[int],
    events: int,
    *,
    per_s: float,
    skew: float = 1.0,
    writes: float = 0.0,
    changes: float = 0.0,
    seed: int = 0,
) -> list[Event]:
    """``events`` events that arrive at random (Poisson), ``per_s`` a simulated second.

    Keys follow Zipf's law with ``skew`` in an order of popularity drawn from the seed. ``writes``
    and ``changes`` are shares of all events; a write strikes popular keys, a change any.
    """
    random = np.random.default_rng(seed)
    popular = random.permutation(np.asarray(keys))
    arrivals = np.cumsum(random.exponential(1 / per_s, events))
    chosen = popular[Zipf(len(popular), skew).ranks(random.random(events))]
    anywhere = random.choice(popular, events)
    dice = random.random(events)
    found = []
    for at_s, key, other, die in zip(arrivals, chosen, anywhere, dice, strict=True):
        kind: Kind = "read"
        if die < writes + changes:
            kind = "write" if die < writes else "change"
        found.append(Event(float(at_s), int(other if kind == "change" else key), kind))
    return found
