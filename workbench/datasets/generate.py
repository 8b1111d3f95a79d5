"""The rows of a dataset as COPY's CSV, in blocks whose size changes nothing but the memory."""

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import TypeAlias

import numpy as np
import polars as pl

from workbench.datasets.block import Population

Piece: TypeAlias = tuple[int, bytes]

_BLOCK_BYTES = 8_000_000
_SAMPLE_ROWS = 1_000
_LEAST_ROWS, _MOST_ROWS = 500, 100_000


def blocks(population: Population, table: str, block_rows: int | None = None) -> Iterator[Piece]:
    """The rows of a table in order: how many, and their CSV; in blocks of about eight megabytes."""
    for job in jobs(population, table, block_rows):
        yield job()


def jobs(
    population: Population, table: str, block_rows: int | None = None
) -> Iterator[Callable[[], Piece]]:
    """The same, each block still to be drawn: in any order, by any thread."""
    total = population.rows[table]
    if block_rows is None:
        fitting = int(_BLOCK_BYTES / row_bytes(population, table))
        block_rows = min(max(fitting, _LEAST_ROWS), _MOST_ROWS)
    for start in range(0, total, block_rows):
        yield partial(_piece, population, table, start, min(start + block_rows, total))


def _piece(population: Population, table: str, start: int, stop: int) -> Piece:
    return stop - start, csv(frame(population, table, start, stop))


def frame(population: Population, table: str, start: int, stop: int) -> pl.DataFrame:
    """The rows from ``start`` to before ``stop``, as COPY would write them."""
    block = population.block(table, np.arange(start, stop, dtype=np.int64))
    return pl.DataFrame([block.column(name).alias(name) for name in population.stored(table)])


def csv(rows: pl.DataFrame) -> bytes:
    """Rows in COPY's CSV format: NULL is nothing, the empty text is two quotes, times are UTC."""
    buffer = BytesIO()
    # as strings without a zone, timestamps are written in two thirds of the time
    times = pl.selectors.datetime().dt.replace_time_zone(None).cast(pl.String)
    rows.with_columns(times).write_csv(buffer, include_header=False)
    return buffer.getvalue()


def checksum(population: Population, block_rows: int | None = None) -> str:
    """SHA-256 of all rows of all tables."""
    digest = sha256()
    for table in population.rows:
        digest.update(table.encode())
        for _, text in blocks(population, table, block_rows):
            digest.update(text)
    return digest.hexdigest()


def row_bytes(population: Population, table: str) -> float:
    """The mean bytes of a row's CSV, from the table's first thousand."""
    sample = min(population.rows[table], _SAMPLE_ROWS)
    return len(csv(frame(population, table, 0, sample))) / sample
