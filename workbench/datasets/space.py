"""Whether a dataset fits on the disk, known before the first row is written."""

from workbench.datasets import generate
from workbench.datasets.block import Population
from workbench.datasets.disk import free_bytes
from workbench.db import Connection
from workbench.errors import InputError

# per row: tuple header, line pointer, alignment and the entries of one or two keys
_ROW_OVERHEAD_BYTES = 80
# numbers and times shrink, documents and what does not fill a page grow
_TEXT_GROWTH = 1.2
_SPARE_BYTES = 300_000_000


def needed_bytes(population: Population) -> int:
    """About how many bytes the loaded tables with their keys will take."""
    return sum(
        int(rows * (generate.row_bytes(population, table) * _TEXT_GROWTH + _ROW_OVERHEAD_BYTES))
        for table, rows in population.rows.items()
    )


def check(connection: Connection, population: Population, what: str) -> None:
    """Raises InputError when the rows do not fit on the server's disk."""
    free = free_bytes(connection)
    needed = needed_bytes(population) + _SPARE_BYTES
    if free is not None and needed > free:
        raise InputError(
            f"{what} with {sum(population.rows.values()):,} rows and the log of their load need "
            f"about {_megabytes(needed)}, but only {_megabytes(free)} are free where the server "
            "keeps its data; free some space there or take a smaller scale"
        )


def _megabytes(size: int) -> str:
    return f"{size // 10**6:,} MB"
