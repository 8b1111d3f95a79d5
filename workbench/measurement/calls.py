"""Calls of the application side, timed in turn: variants of one task that give one answer.

The client's clock counts here, because round trips, drivers and object mapping are the subject.
"""

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench.errors import MeasurementError
from workbench.measurement.estimate import Estimate, median_of, speedup

Call: TypeAlias = Callable[[], Any]

LEAST_ROUNDS = 6


@dataclass(frozen=True)
class Race:
    """The times of each variant, in milliseconds, one per round and in the same order of rounds."""

    times_ms: Mapping[str, tuple[float, ...]]

    def median_ms(self, name: str) -> Estimate:
        """How long one variant takes."""
        return median_of(self.times_ms[name], "ms")

    def speedup(self, slow: str, fast: str, *, seed: int = 0) -> Estimate:
        """How many times faster ``fast`` is than ``slow``."""
        return speedup(self.times_ms[slow], self.times_ms[fast], seed=seed)

    def records(self) -> list[dict[str, Any]]:
        """One row per variant, in the order given: variant, ms, low_ms, high_ms, rounds."""
        return [
            {"variant": name, "ms": ms.value, "low_ms": ms.low, "high_ms": ms.high, "rounds": n}
            for name, times in self.times_ms.items()
            for ms, n in [(median_of(times, "ms"), len(times))]
        ]


def race(
    variants: Mapping[str, Call],
    *,
    rounds: int = 11,
    seconds: float = 10.0,
    warmups: int = 1,
    seed: int = 0,
    before_each: Call | None = None,
    after_each: Callable[[str], object] | None = None,
    same_answer: bool = True,
) -> Race:
    """Every variant once per round, in random order, until ``rounds`` or ``seconds`` are over.

    At least six rounds are run (one more than ``seconds`` allow if need be). ``before_each`` runs
    unmeasured before every call, to empty a table or a cache; ``after_each`` runs unmeasured after
    it with the variant's name, to look at what it left. Raises MeasurementError when two variants
    give different answers.
    """
    order, names = random.Random(seed), list(variants)
    times: dict[str, list[float]] = {name: [] for name in names}
    answers: dict[str, Any] = {}
    started = time.perf_counter()
    with _garbage_set_apart():
        for turn in range(warmups + rounds):
            if turn >= warmups + LEAST_ROUNDS and time.perf_counter() - started > seconds:
                break
            for name in order.sample(names, k=len(names)):
                took_ms, answers[name] = _timed(variants[name], before_each)
                if after_each is not None:
                    after_each(name)
                if turn >= warmups:
                    times[name].append(took_ms)
            if same_answer:
                _require_same(answers)
    return Race({name: tuple(values) for name, values in times.items()})


@contextmanager
def _garbage_set_apart() -> Iterator[None]:
    """What exists already is not looked through again: collecting is then free, not 20 ms."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _timed(call: Call, before_each: Call | None) -> tuple[float, Any]:
    """Milliseconds and answer of one call; the collector does not run within it."""
    if before_each is not None:
        before_each()
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        answer = call()
        return (time.perf_counter() - started) * 1000, answer
    finally:
        gc.enable()


def _require_same(answers: Mapping[str, Any]) -> None:
    (first, expected), *others = answers.items()
    for name, answer in others:
        if answer != expected:
            raise MeasurementError(
                f"{name} and {first} give different answers; variants of a pattern must agree"
            )
