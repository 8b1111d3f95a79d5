"""Whether a dataset fits on the disk, known before the first row is written."""

import psycopg

from workbench.datasets import generate
from workbench.datasets.block import Population
from workbench.db import Connection, fetch_value
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


def free_bytes(connection: Connection) -> int | None:
    """What is free in the server's data directory; None when the server does not tell.

    Asks ``df`` on the server's machine, which takes a superuser: of use for scratch servers.
    """
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("/*workbench*/ CREATE TEMP TABLE df (line text)")
            connection.execute("/*workbench*/ COPY df FROM PROGRAM 'df -Pk .'")
            line = fetch_value(connection, "/*workbench*/ SELECT line FROM df OFFSET 1 LIMIT 1")
    except psycopg.DatabaseError:
        return None
    fields = str(line).split()
    return int(fields[3]) * 1024 if len(fields) > 3 and fields[3].isdecimal() else None


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
