"""Real servers for the database tests, in a scratch area of their own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest

from workbench import servers
from workbench.claims.lab import Lab
from workbench.db import Connection
from workbench.servers import Server, inventory
from workbench.workload.script import pieces

LAB_ROWS = 3000
KINDS = ["embedded", pytest.param("container", marks=pytest.mark.container)]


@pytest.fixture(scope="session")
def scratch_home() -> Iterator[Path]:
    """WORKBENCH_HOME for this session: with a space in it, and enterable when we are root."""
    home = Path(tempfile.mkdtemp(prefix="workbench tests "))
    home.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        patch.delenv("WORKBENCH_SERVER", raising=False)
        yield home
        inventory.clean(print)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def lab(scratch_home: Path) -> Iterator[Lab]:
    """A lab on embedded servers with small datasets, for the patterns and the claims."""
    with Lab("embedded", scale=LAB_ROWS) as running:
        yield running


@pytest.fixture(scope="session")
def server(scratch_home: Path) -> Iterator[Server]:
    """An embedded server."""
    with servers.start("embedded", "tests", print) as started:
        yield started


@pytest.fixture(scope="session", params=KINDS)
def any_server(request: pytest.FixtureRequest, scratch_home: Path) -> Iterator[Server]:
    """A scratch server of either kind; one test runs on each."""
    if request.param == "embedded":
        yield request.getfixturevalue("server")
        return
    with servers.start("container", "tests", print) as started:
        yield started


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    """A superuser's connection to a fresh database of the embedded server."""
    with fresh(server) as made:
        yield made


@pytest.fixture(scope="module")
def database(server: Server, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """The same to one database for all tests of a module, which holds the module's SCHEMA."""
    with fresh(server) as made:
        for statement in pieces(request.module.SCHEMA):
            made.execute(statement.text)
        yield made


@pytest.fixture
def any_connection(any_server: Server) -> Iterator[Connection]:
    """A superuser's connection to a fresh database of either kind of server."""
    with fresh(any_server) as made:
        yield made


@contextmanager
def fresh(server: Server) -> Iterator[Connection]:
    """A connection to a new database, which is dropped afterwards."""
    name = f"test_{token_hex(6)}"
    with server.connect() as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            with server.connect(name) as connection:
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
