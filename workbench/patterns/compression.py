"""JSON answers compressed with gzip: how many bytes fewer, for how much processor time."""

import gzip
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text

from workbench.measurement.estimate import Estimate, median_of

LEVEL = 6
"""The level of the lab's own answers."""
LEVELS = (1, LEVEL, 9)
REPEATS = 6
LEAST_BYTES = 1000
"""Answers below this are sent as they are."""

LIST = """SELECT id, url, owner, name, description, language, category, stars, topics,
health_status, created_at, pushed_at, metadata FROM repositories
WHERE deleted_at IS NULL ORDER BY stars DESC, id LIMIT :rows OFFSET :skipped"""


@dataclass(frozen=True)
class Level:
    """What one level did to pages of one length: bytes of each page, CPU time of each."""

    rows: int
    level: int
    bytes_before: tuple[int, ...]
    bytes_after: tuple[int, ...]
    cpu_ms: tuple[float, ...]

    @property
    def smaller(self) -> Estimate:
        """By how many percent a page becomes smaller; the median over pages."""
        pairs = zip(self.bytes_before, self.bytes_after, strict=True)
        return median_of([100 * (1 - after / before) for before, after in pairs], "%")

    @property
    def cpu(self) -> Estimate:
        """Processor time for a page, in milliseconds."""
        return median_of(self.cpu_ms, "ms")

    def record(self) -> dict[str, Any]:
        """One row: rows, level, bytes before and after, percent smaller, CPU time."""
        return {
            "rows": self.rows,
            "level": self.level,
            "bytes_before": median_of(self.bytes_before, "bytes").value,
            "bytes_after": median_of(self.bytes_after, "bytes").value,
            "smaller_percent": self.smaller.value,
            "low_smaller_percent": self.smaller.low,
            "high_smaller_percent": self.smaller.high,
            "cpu_ms": self.cpu.value,
        }


def page(engine: Engine, rows: int, number: int) -> bytes:
    """The JSON of one page of the list endpoint, as it goes out."""
    with engine.connect() as connection:
        found = connection.execute(text(LIST), {"rows": rows, "skipped": rows * number}).mappings()
        listed = [dict(row) for row in found]
    return json.dumps(listed, default=str, separators=(",", ":"), ensure_ascii=False).encode()


def compressed(body: bytes, level: int) -> bytes:
    """The body as it is sent: gzip from ``LEAST_BYTES`` on."""
    return body if len(body) < LEAST_BYTES else gzip.compress(body, level)


def measure(
    engine: Engine,
    *,
    rows: Sequence[int] = (1, 5, 20, 100),
    pages: int = 20,
) -> list[Level]:
    """Every level on ``pages`` pages of each length."""
    bodies = {length: [page(engine, length, n) for n in range(pages)] for length in rows}
    return [_level(length, level, bodies) for length in rows for level in LEVELS]


def _level(length: int, level: int, bodies: Mapping[int, Sequence[bytes]]) -> Level:
    sizes, cpu = [], []
    for body in bodies[length]:
        started = time.process_time()
        for _ in range(REPEATS):
            smaller = compressed(body, level)
        cpu.append(1000 * (time.process_time() - started) / REPEATS)
        sizes.append(len(smaller))
    return Level(length, level, tuple(map(len, bodies[length])), tuple(sizes), tuple(cpu))
