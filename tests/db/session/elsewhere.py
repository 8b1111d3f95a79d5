"""Somebody else's Postgres: on loopback, with a password, started for these tests only."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench import db
from workbench.errors import ServerError
from workbench.servers import binaries, watchdog
from workbench.servers.account import server_account

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "s3same & öffne dich"

SHOP = """
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id int NOT NULL,
    state text NOT NULL,
    placed_at timestamptz NOT NULL
);
INSERT INTO orders
SELECT i, i * 7919 % 2500, (ARRAY['new', 'paid', 'sent', 'sent', 'sent', 'sent'])[1 + i % 6],
       timestamptz '2025-01-01 00:00:00+00' + i * interval '7 minutes'
FROM generate_series(1, 20000) AS i;
CREATE INDEX theirs ON orders (placed_at);
COMMENT ON INDEX theirs IS 'mine, hands off';
"""


@dataclass(frozen=True)
class Foreign:
    """A server that is not ours, and its superuser's password."""

    port: int
    kind: str

    def url(self, user: str, dbname: str, password: str = PASSWORD) -> str:
        parts = {"host": "127.0.0.1", "port": self.port, "user": user, "password": password}
        return db.conninfo(dbname=dbname, **parts)

    @contextmanager
    def shop(self) -> Iterator[str]:
        """The name of a fresh database whose tables belong to the role ``app``."""
        name = f"shop_{secrets.token_hex(4)}"
        with db.connect(self.url("boss", "postgres")) as boss:
            boss.execute(f"CREATE DATABASE {name} OWNER app")
        try:
            with db.connect(self.url("app", name)) as app:
                app.execute(SHOP)
                app.execute("VACUUM ANALYZE orders")
            yield name
        finally:
            with db.connect(self.url("boss", "postgres")) as boss:
                boss.execute(f"DROP DATABASE {name} WITH (FORCE)")


def programs(kind: str) -> Path:
    """The folder with the programs, or a skipped test: a failed one in CI."""
    if kind == "18":
        return binaries.reachable(server_account()).folder
    missing = not (DEBIAN_15 / "postgres").exists() or not hypopg_file().exists()
    if missing and os.environ.get("WORKBENCH_CI") == "1":
        pytest.fail("CI must have postgresql-15 and postgresql-15-hypopg", pytrace=False)
    if missing:
        pytest.skip("needs Debian's postgresql-15 and postgresql-15-hypopg")
    return DEBIAN_15


def hypopg_file() -> Path:
    return Path("/usr/share/postgresql/15/extension/hypopg.control")


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Foreign]:
    """A server with a superuser boss and a role app."""
    account, bin_folder = server_account(), programs(kind)
    folder.chmod(0o777)
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    data = folder / "data"
    words = ["--username=boss", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8"]
    status, said = watchdog.run(
        [bin_folder / "initdb", "-D", data, "--locale=C.UTF-8", "--no-sync", *words],
        account=account,
    )
    assert status == 0, said
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        foreign = Foreign(free.getsockname()[1], kind)
    options = ["listen_addresses=127.0.0.1", f"port={foreign.port}", "unix_socket_directories="]
    options += ["autovacuum=off", "fsync=off"]
    process = watchdog.spawn(
        [bin_folder / "postgres", "-D", data, *(w for o in options for w in ("-c", o))],
        account=account,
        output=subprocess.DEVNULL,
        stop_signal="INT",
    )
    try:
        boss = awaited(foreign)
        boss.execute(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
        boss.close()
        yield foreign
    finally:
        watchdog.stop(process, 30)


def awaited(foreign: Foreign) -> db.Connection:
    deadline = time.monotonic() + 60
    while True:
        try:
            return db.connect(foreign.url("boss", "postgres"))
        except ServerError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
