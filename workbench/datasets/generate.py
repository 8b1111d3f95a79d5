"""The rows of a dataset as COPY's CSV, in blocks whose size changes nothing but the memory."""

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO

import numpy as np
import polars as pl

from workbench.datasets.block import Population

BLOCK_ROWS = 25_000


def blocks(
    population: Population, table: str, block_rows: int = BLOCK_ROWS
) -> Iterator[tuple[int, bytes]]:
    """The rows of a table in order: how many, and their CSV."""
    total = population.rows[table]
    for start in range(0, total, block_rows):
        stop = min(start + block_rows, total)
        yield stop - start, csv(frame(population, table, start, stop))


def frame(population: Population, table: str, start: int, stop: int) -> pl.DataFrame:
    """The rows from ``start`` to before ``stop``, as COPY would write them."""
    block = population.block(table, np.arange(start, stop, dtype=np.int64))
    return pl.DataFrame([block.column(name).alias(name) for name in population.stored(table)])


def csv(rows: pl.DataFrame) -> bytes:
    """Rows in COPY's CSV format: NULL is nothing, the empty text is two quotes."""
    buffer = BytesIO()
    rows.write_csv(buffer, include_header=False)
    return buffer.getvalue()


def checksum(population: Population, block_rows: int = BLOCK_ROWS) -> str:
    """SHA-256 of all rows of all tables."""
    digest = sha256()
    for table in population.rows:
        digest.update(table.encode())
        for _, text in blocks(population, table, block_rows):
            digest.update(text)
    return digest.hexdigest()


def row_bytes(population: Population) -> int:
    """About how many bytes of CSV the dataset has, from a first thousand rows of each table."""
    total = 0
    for table, rows in population.rows.items():
        sample = min(rows, 1_000)
        total += len(csv(frame(population, table, 0, sample))) * rows // sample
    return total
