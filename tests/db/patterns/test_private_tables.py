"""Private tables: like the originals, found under their names, gone afterwards."""

import signal
import subprocess
import sys

import pytest

from workbench.db import connect, conninfo, fetch_all, fetch_value
from workbench.errors import MeasurementError
from workbench.patterns.scratch import SCHEMA, scratch

TABLE = """CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state <> ''), total int DEFAULT 7);
CREATE INDEX ON orders (state);
INSERT INTO orders (state, total) SELECT 's' || n, n FROM generate_series(1, 50) n"""
THERE = "SELECT to_regnamespace('workbench_lab') IS NOT NULL"

VICTIM = """
import sys, time
from workbench.patterns.scratch import scratch
with scratch(sys.argv[1]) as private:
    private.copy("orders", None)
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def site(server, connection):
    """The address of a database with 50 orders."""
    connection.execute(TABLE)
    return conninfo(server.conninfo, dbname=connection.info.dbname)


def test_the_application_finds_the_copy_under_the_tables_own_name(site, connection):
    with scratch(site) as private, connect(private.conninfo) as application:
        assert private.copy("orders", 10) == f"{SCHEMA}.orders"
        assert fetch_value(application, "SELECT count(*) FROM orders") == 10
        application.execute("DELETE FROM orders")
        application.execute("INSERT INTO orders (state) VALUES ('new')")
        assert fetch_all(application, "SELECT id, total FROM orders") == [(11, 7)]
        assert fetch_value(connection, "SELECT count(*) FROM orders") == 50


def test_indexes_and_checks_are_copied(site):
    with scratch(site) as private:
        private.copy("public.orders")
        facts = "SELECT count(*) FROM pg_indexes WHERE schemaname = $1"
        assert fetch_value(private.connection, facts, [SCHEMA]) == 2
        with pytest.raises(Exception, match="orders_state_check"):
            private.connection.execute(f"INSERT INTO {SCHEMA}.orders (state) VALUES ('')")


def test_nothing_is_left_even_when_the_body_raises(site, connection):
    def body():
        with scratch(site) as private:
            private.copy("orders", None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        body()
    assert fetch_value(connection, THERE) is False


def test_what_a_killed_run_left_is_swept_at_the_next_start(site, connection):
    victim = subprocess.Popen([sys.executable, "-c", VICTIM, site], stdout=subprocess.PIPE)
    with victim:
        assert victim.stdout.readline() == b"ready\n"
        victim.send_signal(signal.SIGKILL)
    assert fetch_value(connection, THERE) is True
    with scratch(site) as private:  # waits until its backend is gone
        assert fetch_value(connection, "SELECT to_regclass('workbench_lab.orders')") is None
        private.copy("orders")
    assert fetch_value(connection, THERE) is False


def test_two_experiments_do_not_drop_each_others_tables(site):
    with (
        scratch(site),
        pytest.raises(MeasurementError, match="another experiment"),
        scratch(site),
    ):
        pass


def test_log_written_is_counted(site):
    with scratch(site) as private:
        private.copy("orders")
        before = private.wal_position()
        private.fill(f"{SCHEMA}.orders", "orders", None)
        assert private.wal_position() - before > 50 * 30
