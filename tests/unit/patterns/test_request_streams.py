"""Streams of requests in simulated time."""

from collections import Counter

import pytest

from workbench.patterns.streams import stream


def test_the_same_seed_gives_the_same_stream() -> None:
    first, again, other = (
        stream(range(50), 200, per_s=2, writes=0.1, seed=seed) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_it_has_the_promised_density_shares_and_skew() -> None:
    events = stream(range(100), 20_000, per_s=5, skew=1.0, writes=0.2, changes=0.1)
    assert events == sorted(events, key=lambda event: event.at_s)
    assert events[-1].at_s == pytest.approx(20_000 / 5, rel=0.05)
    kinds = Counter(event.kind for event in events)
    assert kinds["write"] / 20_000 == pytest.approx(0.2, abs=0.02)
    assert kinds["change"] / 20_000 == pytest.approx(0.1, abs=0.02)
    read = Counter(event.key for event in events if event.kind == "read").most_common()
    changed = Counter(event.key for event in events if event.kind == "change").most_common()
    assert {key for key, _ in read} <= set(range(100))
    # by Zipf's law the first of 100 is asked for about 19 times as often as by an equal share
    assert read[0][1] > 8 * sum(n for _, n in read) / 100
    assert changed[0][1] < 3 * sum(n for _, n in changed) / 100
