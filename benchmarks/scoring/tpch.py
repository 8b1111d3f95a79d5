"""TPC-H in a scratch server, primary keys only; rows and statements come from packages.

``tpchgen-cli`` writes the rows, DuckDB's extension ``tpch`` knows the 22 statements with the
parameters of the benchmark's validation run. PostgreSQL takes them as they are.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from scoring import packages
from workbench.db import Connection
from workbench.servers import Server
from workbench.workload.query import Failure, Query

NAME = "tpch"
SCALE = "0.3"
TABLES = {
    "region": "r_regionkey int PRIMARY KEY, r_name char(25) NOT NULL, r_comment varchar(152)",
    "nation": """n_nationkey int PRIMARY KEY, n_name char(25) NOT NULL, n_regionkey int NOT NULL,
        n_comment varchar(152)""",
    "supplier": """s_suppkey int PRIMARY KEY, s_name char(25) NOT NULL,
        s_address varchar(40) NOT NULL, s_nationkey int NOT NULL, s_phone char(15) NOT NULL,
        s_acctbal numeric(15, 2) NOT NULL, s_comment varchar(101) NOT NULL""",
    "customer": """c_custkey int PRIMARY KEY, c_name varchar(25) NOT NULL,
        c_address varchar(40) NOT NULL, c_nationkey int NOT NULL, c_phone char(15) NOT NULL,
        c_acctbal numeric(15, 2) NOT NULL, c_mktsegment char(10) NOT NULL,
        c_comment varchar(117) NOT NULL""",
    "part": """p_partkey int PRIMARY KEY, p_name varchar(55) NOT NULL, p_mfgr char(25) NOT NULL,
        p_brand char(10) NOT NULL, p_type varchar(25) NOT NULL, p_size int NOT NULL,
        p_container char(10) NOT NULL, p_retailprice numeric(15, 2) NOT NULL,
        p_comment varchar(23) NOT NULL""",
    "partsupp": """ps_partkey int, ps_suppkey int, ps_availqty int NOT NULL,
        ps_supplycost numeric(15, 2) NOT NULL, ps_comment varchar(199) NOT NULL,
        PRIMARY KEY (ps_partkey, ps_suppkey)""",
    "orders": """o_orderkey int PRIMARY KEY, o_custkey int NOT NULL, o_orderstatus char(1) NOT NULL,
        o_totalprice numeric(15, 2) NOT NULL, o_orderdate date NOT NULL,
        o_orderpriority char(15) NOT NULL, o_clerk char(15) NOT NULL, o_shippriority int NOT NULL,
        o_comment varchar(79) NOT NULL""",
    "lineitem": """l_orderkey int, l_partkey int NOT NULL, l_suppkey int NOT NULL,
        l_linenumber int, l_quantity numeric(15, 2) NOT NULL,
        l_extendedprice numeric(15, 2) NOT NULL, l_discount numeric(15, 2) NOT NULL,
        l_tax numeric(15, 2) NOT NULL, l_returnflag char(1) NOT NULL, l_linestatus char(1) NOT NULL,
        l_shipdate date NOT NULL, l_commitdate date NOT NULL, l_receiptdate date NOT NULL,
        l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL,
        l_comment varchar(44) NOT NULL, PRIMARY KEY (l_orderkey, l_linenumber)""",
}


def ensure_loaded(server: Server) -> str:
    """The name of the database; it is only there when all rows are."""
    return packages.ensure_loaded(server, NAME, _load)


def statements() -> list[Query | Failure]:
    """The 22 statements, named q01 to q22."""
    return packages.statements(NAME)


def _load(connection: Connection) -> None:
    program = _generator()
    for table, columns in TABLES.items():
        with connection.transaction():
            connection.execute(f"CREATE TABLE {table} ({columns})")
            _copy(connection, table, [program, "csv", "-s", SCALE, "-T", table, "--stdout"])
    connection.execute("VACUUM (FREEZE, ANALYZE)")


def _copy(connection: Connection, table: str, command: list[str]) -> None:
    """Send a program's output to COPY."""
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy,
    ):
        assert program.stdout is not None
        while block := program.stdout.read(1 << 20):
            copy.write(block)
    if program.returncode:
        sys.exit(f"{command[0]} ended with status {program.returncode} while it made {table}")


def _generator() -> str:
    beside = Path(sys.executable).with_name("tpchgen-cli")
    found = str(beside) if beside.is_file() else shutil.which("tpchgen-cli")
    return found or sys.exit(f"TPC-H needs tpchgen-cli: {packages.INSTALL}")
