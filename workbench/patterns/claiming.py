"""Jobs claimed from a table by many workers: one after the other, side by side, several at once.

A plain FOR UPDATE makes every worker wait for the same oldest job, and with it for the flush of
the transaction that has it. SKIP LOCKED lets each take the next free one; a batch spares commits.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import Engine, TextClause, text

from workbench.measurement.calls import Race, race
from workbench.patterns.scratch import SCHEMA, Scratch
from workbench.patterns.workers import TABLE

BATCH = 10


def _claim(locking: str, most: int = 1) -> TextClause:
    return text(
        f"""UPDATE jobs SET claimed = clock_timestamp() WHERE id = ANY (ARRAY(
        SELECT id FROM jobs WHERE claimed IS NULL ORDER BY due LIMIT {most} {locking}))
        RETURNING id"""  # noqa: S608
    )


CLAIMS: Mapping[str, TextClause] = {
    "for_update": _claim("FOR UPDATE"),
    "skip_locked": _claim("FOR UPDATE SKIP LOCKED"),
    "skip_locked_batch": _claim("FOR UPDATE SKIP LOCKED", BATCH),
}


def drain(engine: Engine, claim: TextClause, workers: int) -> list[int]:
    """Claim until nothing is left; the jobs that were claimed, each as often as it was."""
    with ThreadPoolExecutor(workers) as threads:
        found = threads.map(partial(_worker, engine), [claim] * workers)
        return sorted(key for claimed in found for key in claimed)


def _worker(engine: Engine, claim: TextClause) -> list[int]:
    claimed: list[int] = []
    while True:
        with engine.begin() as connection:
            keys = connection.execute(claim).scalars().all()
        if not keys:
            return claimed
        claimed += keys


def measure(
    engine: Engine,
    private: Scratch,
    *,
    jobs: int = 200,
    workers: int = 8,
    rounds: int = 7,
    seconds: float = 10.0,
    seed: int = 0,
) -> Race:
    """The time in which so many workers claim all jobs; every job is claimed once.

    The engine's pool must have a connection for each worker. Raises MeasurementError when two
    ways do not claim the same jobs.
    """
    owner = private.connection
    owner.execute(f"DROP TABLE IF EXISTS {SCHEMA}.jobs")
    for statement in TABLE.split(";"):
        owner.execute(statement)

    def fill() -> None:
        owner.execute(f"TRUNCATE {SCHEMA}.jobs RESTART IDENTITY")
        owner.execute(
            f"INSERT INTO {SCHEMA}.jobs (kind, due) "  # noqa: S608
            "SELECT 'waiting', now() + n * interval '1 us' FROM generate_series(1, $1::int) AS n",
            [jobs],
        )

    ways = {name: partial(drain, engine, claim, workers) for name, claim in CLAIMS.items()}
    return race(ways, rounds=rounds, seconds=seconds, seed=seed, before_each=fill)
