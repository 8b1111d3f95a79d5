"""A Postgres that is ready for connections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from workbench import db
from workbench.errors import ServerError, StatementError
from workbench.servers import cpu
from workbench.servers.settings import NAMES
from workbench.sql import load

Kind: TypeAlias = Literal["embedded", "container", "external"]


@dataclass(frozen=True, kw_only=True)
class Server:
    """One running server; printing it never shows the password.

    ``settings`` are those that the workbench tunes, with the values in force. ``postmaster_pid``
    is the server's main process if we can see it. ``superuser`` says whether indexes can be
    hidden and shown.
    """

    kind: Kind
    version: str
    conninfo: str = field(repr=False)
    disposable: bool
    reason: str
    settings: Mapping[str, str]
    extensions: tuple[str, ...]
    superuser: bool
    postmaster_pid: int | None = None

    def __str__(self) -> str:
        """One line: version, kind and address."""
        return f"PostgreSQL {self.version} ({self.kind}) at {db.describe(self.conninfo)}"

    def connect(
        self, dbname: str | None = None, *, timeout_s: float | None = None
    ) -> db.Connection:
        """A new connection, read-only unless the server is disposable; raises ServerError."""
        conninfo = db.conninfo(self.conninfo, dbname=dbname) if dbname else self.conninfo
        return db.connect(conninfo, read_only=not self.disposable, timeout_s=timeout_s)

    def backend_cpu(self, connection: db.Connection) -> Path | None:
        """The schedstat file of the connection's backend, or None where there is none to see."""
        if self.postmaster_pid is None:
            return None
        return cpu.schedstat(self.postmaster_pid, connection.info.backend_pid)


def examine(
    connection: db.Connection,
    *,
    kind: Kind,
    conninfo: str,
    disposable: bool,
    reason: str,
    postmaster_pid: int | None = None,
) -> Server:
    """The server behind ``connection``, with what it says of itself; raises ServerError."""
    try:
        rows = db.run_statement(connection, load("server_facts"), [f"{{{','.join(NAMES)}}}"])
    except StatementError as error:
        raise ServerError(
            f"{db.describe(conninfo)} does not answer as Postgres: {error}"
        ) from error
    version, superuser, extensions, settings = rows[0]
    return Server(
        kind=kind,
        version=version.split()[0],
        conninfo=conninfo,
        disposable=disposable,
        reason=reason,
        settings=settings,
        extensions=tuple(extensions),
        superuser=superuser,
        postmaster_pid=postmaster_pid,
    )
