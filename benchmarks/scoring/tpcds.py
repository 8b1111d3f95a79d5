"""TPC-DS in a scratch server, primary keys only; rows and statements come from a package.

DuckDB's extension ``tpcds`` makes the rows and knows the 99 statements with the parameters of the
benchmark's validation run. PostgreSQL takes them as they are.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from scoring import packages
from workbench.db import Connection
from workbench.servers import Server
from workbench.workload.query import Failure, Query

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAME = "tpcds"
SCALE = "0.2"
KEYS = {  # of the facts; a dimension's is its first column
    "catalog_returns": ("cr_item_sk", "cr_order_number"),
    "catalog_sales": ("cs_item_sk", "cs_order_number"),
    "inventory": ("inv_date_sk", "inv_item_sk", "inv_warehouse_sk"),
    "store_returns": ("sr_item_sk", "sr_ticket_number"),
    "store_sales": ("ss_item_sk", "ss_ticket_number"),
    "web_returns": ("wr_item_sk", "wr_order_number"),
    "web_sales": ("ws_item_sk", "ws_order_number"),
}
TYPES = {"BIGINT": "int", "VARCHAR": "text"}


def ensure_loaded(server: Server) -> str:
    """The name of the database; it is only there when all rows are."""
    return packages.ensure_loaded(server, NAME, _load)


def statements() -> list[Query | Failure]:
    """The 99 statements, named q01 to q99."""
    return packages.statements(NAME)


def _load(connection: Connection) -> None:
    with packages.duckdb_with(NAME) as duck, tempfile.TemporaryDirectory() as folder:
        duck.execute(f"CALL dsdgen(sf={SCALE})")
        tables = duck.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        for (table,) in tables:
            file = Path(folder) / table
            duck.execute(f"COPY {table} TO '{file}' (FORMAT csv, HEADER false)")
            with connection.transaction():
                connection.execute(_create(duck, table))
                _copy(connection, table, file)
            file.unlink()
    connection.execute("VACUUM (FREEZE, ANALYZE)")


def _create(duck: "DuckDBPyConnection", table: str) -> str:
    """CREATE TABLE as PostgreSQL has it, with the primary key."""
    known = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
    columns = duck.execute(known, [table]).fetchall()
    key = KEYS.get(table, (columns[0][0],))
    typed = [f"{name} {TYPES.get(kind, kind)}" for name, kind in columns]
    return f"CREATE TABLE {table} ({', '.join(typed)}, PRIMARY KEY ({', '.join(key)}))"


def _copy(connection: Connection, table: str, file: Path) -> None:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(statement) as copy, file.open("rb") as rows:
        while block := rows.read(1 << 20):
            copy.write(block)
