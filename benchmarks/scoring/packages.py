"""What the TPC benchmarks need from packages: DuckDB with an extension, a database made once."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.db import Connection, fetch_value
from workbench.servers import Server
from workbench.workload import files
from workbench.workload.query import Failure, Query

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INSTALL = "pip install -e '.[bench]'"


def duckdb_with(extension: str) -> "DuckDBPyConnection":
    """An empty DuckDB database in memory that knows ``extension``; its package must be there."""
    try:
        import duckdb
    except ImportError:
        sys.exit(f"{extension} needs duckdb: {INSTALL}")
    package = importlib.util.find_spec(f"duckdb_extension_{extension}")
    if package is None or not package.submodule_search_locations:
        sys.exit(f"{extension} needs duckdb-extension-{extension} {duckdb.__version__}: {INSTALL}")
    folder = Path(package.submodule_search_locations[0])
    found = list(folder.rglob(f"v{duckdb.__version__}/*.duckdb_extension"))
    if not found:
        sys.exit(f"duckdb-extension-{extension} is not for duckdb {duckdb.__version__}: {INSTALL}")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{found[0]}'")
    return connection


def statements(extension: str) -> list[Query | Failure]:
    """A benchmark's statements, named q01 and so on."""
    with duckdb_with(extension) as connection:
        rows = connection.table_function(f"{extension}_queries").fetchall()
    return files.parse("\n".join(f"-- name: q{number:02}\n{text}" for number, text in rows))


def ensure_loaded(server: Server, name: str, load: Callable[[Connection], None]) -> str:
    """The name of the database; it is only there when all rows are."""
    with server.connect() as connection:
        if fetch_value(connection, "SELECT 1 FROM pg_database WHERE datname = $1", [name]) is None:
            half = f"{name}_loading"
            connection.execute(f"DROP DATABASE IF EXISTS {half}")
            connection.execute(f"CREATE DATABASE {half} TEMPLATE template0 ENCODING 'UTF8'")
            with server.connect(half) as inside:
                load(inside)
            connection.execute(f"ALTER DATABASE {half} RENAME TO {name}")
    return name
