"""The user's own server: read only, and silent about passwords."""

import subprocess
import traceback
from collections.abc import Iterator
from pathlib import Path
from socket import create_server

import psycopg
import pytest

from workbench import db, servers
from workbench.errors import ServerError
from workbench.servers import Server, binaries, embedded, watchdog
from workbench.servers.account import server_account

PASSWORD = "s3cr3t@/?#%& word"


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def guarded(server: Server, scratch_home: Path) -> Iterator[str]:
    """A server on TCP that wants a password; its address without one."""
    account, port = server_account(), free_port()
    programs = binaries.reachable(account)
    with servers.start("embedded", "scram", print) as plain, plain.connect() as admin:
        quoted = PASSWORD.replace("'", "''")
        admin.execute(f"CREATE ROLE app LOGIN PASSWORD '{quoted}'")
        admin.execute("CREATE DATABASE shop OWNER app")
    data = embedded.directory(programs.major) / "scram"
    (data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    process = watchdog.spawn(
        [
            *(programs.folder / "postgres", "-D", data, "-k", "", "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1"),
        ],
        account=account,
        output=subprocess.DEVNULL,
        stop_signal="INT",
    )
    url = f"host=127.0.0.1 port={port} dbname=shop"
    for _ in range(1000):
        try:
            db.connect(db.conninfo(url, user="app", password=PASSWORD)).close()
            break
        except ServerError:
            assert process.poll() is None
    yield url
    watchdog.stop(process, 30)


def test_what_is_not_ours_is_only_read(guarded: str) -> None:
    url = db.conninfo(guarded, user="app", password=PASSWORD)
    with servers.attach(url, disposable=False) as server, server.connect() as one:
        assert (server.kind, server.disposable, server.superuser) == ("external", False, False)
        assert server.version.startswith("18.")
        assert db.fetch_value(one, "SELECT 1") == 1
        assert server.backend_cpu(one) is None
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            one.execute("CREATE TABLE t (n int)")


def test_what_is_disposable_may_be_written(guarded: str) -> None:
    url = db.conninfo(guarded, user="app", password=PASSWORD)
    with servers.attach(url, disposable=True) as server, server.connect() as one:
        one.execute("CREATE TABLE t (n int)")
        one.execute("DROP TABLE t")


def test_a_connection_may_lead_to_another_database(guarded: str) -> None:
    url = db.conninfo(guarded, user="app", password=PASSWORD)
    with servers.attach(url, disposable=False) as server, server.connect("postgres") as one:
        assert db.fetch_value(one, "SELECT current_database()") == "postgres"


def test_a_statement_ends_at_its_time_limit(server: Server) -> None:
    with server.connect(timeout_s=0.05) as one, pytest.raises(psycopg.errors.QueryCanceled):
        one.execute("SELECT pg_sleep(60)")


def test_a_wrong_password_is_one_line_and_not_echoed(guarded: str) -> None:
    url = db.conninfo(guarded, user="app", password=f"wrong{PASSWORD}")
    with (
        pytest.raises(ServerError, match="password authentication failed") as caught,
        servers.attach(url, disposable=False),
    ):
        pass
    assert "\n" not in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert "s3cr3t" not in shown
    assert "s3cr3t" not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:s3cr3t@127.0.0.1:1/shop", "cannot connect to me@127.0.0.1:1/shop"),
        ("postgresql://me:s3cr3t@no-such-host.invalid/shop", "no-such-host.invalid"),
        ("postgresql://me:s3cr3t@127.0.0.1:port/shop", "cannot be read"),
        ("mysql://me:s3cr3t@127.0.0.1/shop", "cannot be read"),
        ("s3cr3t", "cannot be read"),
        ("host=127.0.0.1 port=1 sslmode=s3cr3t", "cannot connect"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(url: str, said: str) -> None:
    with pytest.raises(ServerError, match=said) as caught, servers.attach(url, disposable=False):
        pass
    assert "\n" not in str(caught.value)
    assert "me:s3cr3t" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(guarded: str) -> None:
    url = db.conninfo(guarded, user="app", password=PASSWORD, dbname="shopp")
    with (
        pytest.raises(ServerError, match='database "shopp" does not exist'),
        servers.attach(url, disposable=False),
    ):
        pass
