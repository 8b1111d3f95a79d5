"""A ladder of optimisations on one HTTP server: each rung has one more, under the same load."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

import numpy as np

from workbench.datasets.zipf import Zipf
from workbench.measurement.calls import LEAST_ROUNDS
from workbench.measurement.estimate import Estimate, median_of, speedup
from workbench.patterns.scratch import SCHEMA, Scratch
from workbench.patterns.web import load, review, todos
from workbench.patterns.web.load import Block, Call, Drive, Outcome, require_success

TODO_RUNGS: Mapping[str, str] = {
    "as it was": "small",
    "pool": "pool",
    "indexes": "pool,indexes",
    "asynchronous": "pool,indexes,async",
    "bulk": "pool,indexes,async,bulk",
}
REVIEW_RUNGS: Mapping[str, str] = {
    "as it was": "async",
    "pool": "async,pool",
    "indexes": "async,pool,indexes",
    "cache": "async,pool,indexes,cache",
}
PRIORITIES = ("low", "medium", "high", "urgent")


@dataclass(frozen=True)
class Ladder:
    """Outcomes of each rung, one a round, in a closed loop.

    ``work`` is how many pieces of work a block does, the same on every rung.
    """

    rungs: Mapping[str, tuple[Outcome, ...]]
    blocks: Mapping[str, Block]
    work: int

    def throughput(self, rung: str) -> Estimate:
        """Pieces of work done in a second."""
        return median_of([self.work / each.seconds for each in self.rungs[rung]], "1/s")

    def gain(self, rung: str, before: str = "as it was") -> Estimate:
        """How many times the work is done in the same time."""
        return speedup(*([each.seconds for each in self.rungs[name]] for name in (before, rung)))

    def shorter_p95(self, rung: str, before: str = "as it was") -> Estimate:
        """How many times shorter the wait is that 95 of 100 requests stay below."""
        return speedup(*([r.quantile_ms(0.95) for r in self.rungs[n]] for n in (before, rung)))

    def records(self) -> list[dict[str, Any]]:
        """One row per rung: work per second, waits, requests, errors, gain over the first rung."""
        first = next(iter(self.rungs))
        rows = []
        for rung, found in self.rungs.items():
            rate, gain = self.throughput(rung), self.gain(rung, first)
            rows.append(
                {
                    "rung": rung,
                    "loop": "closed",
                    "work_per_s": rate.value,
                    "low_work_per_s": rate.low,
                    "high_work_per_s": rate.high,
                    **_waits(found),
                    "gain": gain.value,
                    "low_gain": gain.low,
                    "high_gain": gain.high,
                    "requests": sum(len(each.ms) for each in found),
                    "errors": sum(each.errors for each in found),
                }
            )
        return rows


def climb(
    blocks: Mapping[str, Block],
    drive: Drive,
    work: int,
    *,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> Ladder:
    """Each rung's block once a round, in random order, after one round that only warms up.

    Raises MeasurementError when a request fails.
    """
    order, names = random.Random(seed), list(blocks)
    turns = [order.sample(names, k=len(names)) for _ in range(1 + max(rounds, LEAST_ROUNDS))]
    outcomes = drive([blocks[name] for turn in turns for name in turn])
    require_success(outcomes)
    found: dict[str, list[Outcome]] = {name: [] for name in names}
    for outcome in outcomes[len(names) :]:
        found[outcome.name].append(outcome)
    return Ladder({name: tuple(each) for name, each in found.items()}, blocks, work)


def prepare_todos(scratch: Scratch, indexes: Sequence[str]) -> None:
    """Two private copies of the to-dos, one of them with these indexes."""
    scratch.copy("todos", None)
    scratch.connection.execute(
        f"CREATE TABLE {SCHEMA}.{todos.INDEXED} (LIKE public.todos INCLUDING ALL)"
    )
    scratch.fill(f"{SCHEMA}.{todos.INDEXED}", "public.todos", None)
    create_indexes(scratch, indexes)


def prepare_review(scratch: Scratch, indexes: Sequence[str]) -> None:
    """Two private copies of sessions and findings, one of each with these indexes."""
    for name in review.PLAIN:
        plain, indexed = review.PLAIN[name], review.INDEXED[name]
        scratch.copy(f"production.{plain}", None)
        scratch.connection.execute(
            f"CREATE TABLE {SCHEMA}.{indexed} (LIKE production.{plain} INCLUDING ALL)"
        )
        scratch.fill(f"{SCHEMA}.{indexed}", f"production.{plain}", None)
    create_indexes(scratch, indexes)


def create_indexes(scratch: Scratch, indexes: Sequence[str]) -> None:
    """Create each index, given as ``TABLE (COLUMNS)``, on a private table."""
    for wanted in indexes:
        scratch.connection.execute(f"CREATE INDEX ON {SCHEMA}.{wanted}")
    scratch.connection.execute("ANALYZE")


def todo_calls(on: str, *, screens: int, saves: int, each: int, seed: int = 0) -> tuple[Call, ...]:
    """Calls of one block: ``screens`` lists read, and ``saves`` times ``each`` to-dos created.

    With ``bulk`` among the ways a save is one request, else one for each to-do.
    """
    order = random.Random(seed)
    bulk = "bulk" in on.split(",")
    lists = [Call(f"/todos?with={on}&priority={order.choice(PRIORITIES)}") for _ in range(screens)]
    made = [
        [
            {"title": f"save {save}, {n}", "priority": order.choice(PRIORITIES), "completed": True}
            for n in range(each)
        ]
        for save in range(saves)
    ]
    if bulk:
        posts = [[Call(f"/todos/bulk?with={on}", "POST", json.dumps(rows))] for rows in made]
    else:
        posts = [
            [Call(f"/todos?with={on}", "POST", json.dumps(row)) for row in rows] for rows in made
        ]
    groups = [[call] for call in lists] + posts
    order.shuffle(groups)
    return tuple(call for group in groups for call in group)


def measure_todos(
    url: str,
    drive: Drive,
    *,
    screens: int = 40,
    saves: int = 10,
    each: int = 20,
    clients: int = 10,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> Ladder:
    """The to-do ladder; a piece of work is a list read or a set of to-dos saved."""
    blocks = {
        rung: Block(
            rung,
            url,
            todo_calls(on, screens=screens, saves=saves, each=each, seed=seed),
            clients=clients,
            patience_s=30,
        )
        for rung, on in TODO_RUNGS.items()
    }
    return climb(blocks, drive, screens + saves, rounds=rounds, seed=seed)


def review_calls(
    on: str, projects: Sequence[int], requests: int, *, skew: float = 1.0, seed: int = 0
) -> tuple[Call, ...]:
    """Views of projects that are asked for by Zipf's law."""
    draw = np.random.default_rng(seed)
    popular = draw.permutation(np.asarray(projects))
    chosen = popular[Zipf(len(popular), skew).ranks(draw.random(requests))]
    views = draw.choice(list(review.VIEWS), requests)
    return tuple(
        Call(f"/projects/{project}/{view}?with={on}")
        for project, view in zip(chosen, views, strict=True)
    )


def measure_review(
    url: str,
    drive: Drive,
    projects: Sequence[int],
    *,
    requests: int = 1000,
    clients: int = 10,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> Ladder:
    """The review platform's ladder; a piece of work is a request.

    The cache is warm, as it is on a busy site: a round before the first has filled it.
    """
    blocks = {
        rung: Block(
            rung,
            url,
            review_calls(on, projects, requests, seed=seed),
            clients=clients,
            patience_s=30,
        )
        for rung, on in REVIEW_RUNGS.items()
    }
    return climb(blocks, drive, requests, rounds=rounds, seed=seed)


def waits(
    ladder: Ladder,
    drive: Drive,
    *,
    share: float = 0.6,
    seconds: float = 2.0,
    rounds: int = LEAST_ROUNDS,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """The waits on the first and the last rung when work arrives at random, equally fast on both.

    The rate is that ``share`` of what the first rung can do at most. One row per rung: work per
    second, p50, p95 and p99 in milliseconds from when a request was due, requests, errors.
    """
    first, *_, last = ladder.rungs
    work_per_s = share * ladder.throughput(first).value
    blocks = [
        _open(ladder.blocks[rung], work_per_s / ladder.work, seconds, seed * 1000 + turn)
        for turn in range(rounds)
        for rung in (first, last)
    ]
    outcomes = drive(blocks)
    found = {rung: [each for each in outcomes if each.name == rung] for rung in (first, last)}
    return [
        {
            "rung": rung,
            "loop": "open",
            "work_per_s": work_per_s,
            **_waits(each),
            "requests": sum(len(outcome.ms) for outcome in each),
            "errors": sum(outcome.errors for outcome in each),
        }
        for rung, each in found.items()
    ]


def _open(block: Block, blocks_per_s: float, seconds: float, seed: int) -> Block:
    """The calls of a block, again and again, so many blocks in a second, at random times."""
    arrivals = load.poisson(blocks_per_s * len(block.calls), seconds, seed=seed)
    calls = tuple(islice(cycle(block.calls), len(arrivals)))
    return replace(block, calls=calls, arrivals_s=arrivals)


def _waits(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {
        f"p{round(100 * q)}_ms": median_of([each.quantile_ms(q) for each in outcomes], "ms").value
        for q in (0.5, 0.95, 0.99)
    }
