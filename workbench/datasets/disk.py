"""What is free where a server keeps its data."""

import psycopg

from workbench.db import Connection, fetch_value


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
