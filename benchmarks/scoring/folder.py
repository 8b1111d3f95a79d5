"""A workload from outside: a folder with schema.sql, which makes and fills the tables.

Beside it lie queries/*.sql and, for other index sets, indexes/*.sql, as in datasets/.
"""

import sys
from hashlib import sha256
from pathlib import Path

import psycopg

from scoring import packages
from workbench.db import Connection
from workbench.servers import Server

SCHEMA = "schema.sql"
DATABASE = "workload"


def key(place: Path) -> str:
    """The server's name: another one when schema.sql changes."""
    return f"{place.name}-{sha256((place / SCHEMA).read_bytes()).hexdigest()[:8]}"


def ensure_loaded(server: Server, place: Path) -> str:
    """The name of the database; it is only there when schema.sql ran to its end."""

    def load(connection: Connection) -> None:
        try:
            connection.execute((place / SCHEMA).read_text(encoding="utf-8"))
        except psycopg.Error as error:
            sys.exit(f"{place / SCHEMA}: {error}")
        connection.execute("VACUUM (FREEZE, ANALYZE)")

    return packages.ensure_loaded(server, DATABASE, load)
