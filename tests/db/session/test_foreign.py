"""A database that is not ours: only read, unless its owner calls it disposable."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from elsewhere import PASSWORD, Foreign

from workbench import db
from workbench.errors import ReadOnly
from workbench.indexes.existing import MARK
from workbench.session import Database, open_server

QUERIES = """
-- name: latest
-- weight: 50
SELECT id, state FROM orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 5;
-- name: open
SELECT count(*) FROM orders WHERE state = 'paid' AND customer_id = 4;
-- name: ship
UPDATE orders SET state = 'sent' WHERE customer_id = 99;
-- name: purge
DELETE FROM orders WHERE customer_id = 98;
-- name: sneaky
SELECT set_config('default_transaction_read_only', 'off', false), nextval('tick');
"""


@contextmanager
def unchanged(foreign: Foreign, dbname: str) -> Iterator[None]:
    """Nothing in the database is different afterwards; not even a transaction number was used."""
    before = state(foreign, dbname)
    yield
    assert state(foreign, dbname) == before


def state(foreign: Foreign, dbname: str) -> list[tuple[Any, ...]]:
    with db.connect(foreign.url("boss", dbname)) as boss:
        return [
            *indexes(boss),
            *db.fetch_all(boss, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"),
            *db.fetch_all(boss, "SELECT last_value, is_called FROM tick"),
            *db.fetch_all(boss, "SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM orders o"),
            *db.fetch_all(
                boss,
                "SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables "
                "WHERE relname = 'orders'",
            ),
        ]


def indexes(connection: db.Connection) -> list[tuple[Any, ...]]:
    return db.fetch_all(
        connection,
        "SELECT relname, pg_get_indexdef(c.oid), indisvalid, obj_description(c.oid, 'pg_class') "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = 'orders'::regclass ORDER BY 1",
    )


@contextmanager
def database(foreign: Foreign, user: str, dbname: str, *, disposable: bool) -> Iterator[Database]:
    with open_server(foreign.url(user, dbname), disposable=disposable) as server:
        with pytest.raises(ReadOnly, match="scratch server"):
            server.load("todos")
        assert PASSWORD not in repr(server)
        yield server.database()


@pytest.fixture(autouse=True)
def sequence(foreign: Foreign, shop: str) -> None:
    with db.connect(foreign.url("app", shop)) as app:
        app.execute("CREATE SEQUENCE tick")


@pytest.mark.parametrize("user", ["boss", "app"])
def test_nothing_is_written_and_nothing_is_run(foreign: Foreign, shop: str, user: str) -> None:
    with unchanged(foreign, shop), database(foreign, user, shop, disposable=False) as found:
        advice = found.suggest_indexes(QUERIES)
        assert advice.server["kind"] == "external"
        assert {query.name: query.status for query in advice.queries}["ship"] != "failed"
        assert all(q.before and q.before.cost and q.before.runs == 0 for q in advice.queries)
        assert found.explain("DELETE FROM orders").cost
        with pytest.raises(ReadOnly):
            found.explain("DELETE FROM orders", analyze=True)
        with pytest.raises(ReadOnly):
            found.explain("SELECT 1", index="CREATE INDEX ON orders (state)")
        with pytest.raises(ReadOnly):
            found.compare("SELECT 1", "CREATE INDEX ON orders (state)")
        for statement in ("DELETE FROM orders", "CREATE TABLE t ()", "SELECT nextval('tick')"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                found.connection.execute(statement)


def test_without_hypopg_candidates_are_listed_and_not_estimated(
    foreign: Foreign, shop: str
) -> None:
    with database(foreign, "app", shop, disposable=False) as found:
        advice = found.suggest_indexes(QUERIES)
    assert advice.indexes == ()
    assert any("(customer_id, placed_at DESC)" in each.ddl for each in advice.rejected)
    reasons = {each.reason for each in advice.rejected if each.cost_saving is None}
    assert any(reason.startswith("not estimated: ") for reason in reasons)
    assert advice.workload.before_ms is advice.workload.speedup is None
    assert advice.workload.after_cost is None  # nothing is known, which is not "no change"
    latest = next(query for query in advice.queries if query.name == "latest")
    assert latest.status == "skipped"
    assert latest.reason is not None
    assert latest.reason.startswith("not estimated")
    assert latest.after is not None
    assert latest.after.cost is None


@pytest.mark.parametrize("foreign", ["15"], indirect=True)
def test_with_hypopg_they_are_estimated(foreign: Foreign, shop: str) -> None:
    with db.connect(foreign.url("boss", shop)) as boss:
        boss.execute("CREATE EXTENSION hypopg")
    with unchanged(foreign, shop), database(foreign, "app", shop, disposable=False) as found:
        advice = found.suggest_indexes(QUERIES)
    assert {index.verdict for index in advice.indexes} == {"estimated"}
    latest = next(query for query in advice.queries if query.name == "latest")
    assert latest.status == "improved"
    assert latest.before is not None
    assert latest.after is not None
    assert latest.after.cost is not None
    assert latest.after.cost < (latest.before.cost or 0) / 5
    assert latest.after.median_ms is latest.speedup is None


@pytest.mark.parametrize("user", ["boss", "app"])
def test_a_disposable_one_is_measured_and_is_as_it_was(
    foreign: Foreign, shop: str, user: str
) -> None:
    """As a superuser candidates are hidden, as the tables' owner they are dropped and put back."""
    with db.connect(foreign.url("app", shop)) as app:
        app.execute("CREATE INDEX left_over ON orders (state)")
        app.execute(f"COMMENT ON INDEX left_over IS '{MARK}'")
    with database(foreign, user, shop, disposable=True) as found:
        advice = found.suggest_indexes(QUERIES.partition("-- name: sneaky")[0])
        with db.connect(foreign.url("boss", shop)) as boss:
            names = {row[0] for row in indexes(boss)}
    assert names == {"orders_pkey", "theirs"}
    assert {index.verdict for index in advice.indexes} == {"proven"}
    latest = next(query for query in advice.queries if query.name == "latest")
    assert latest.status == "improved"
    assert latest.before is not None
    assert latest.before.runs >= 5
    with db.connect(foreign.url("boss", shop)) as boss:
        rows = db.fetch_value(boss, "SELECT count(*) FROM orders WHERE customer_id IN (98, 99)")
        assert rows == 16
        assert ("theirs", True, "mine, hands off") in {(r[0], *r[2:]) for r in indexes(boss)}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_is_theirs_survives_a_kill_and_ours_goes(
    foreign: Foreign, shop: str, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "queries.sql"
    file.write_text(
        "SELECT count(*) FROM orders a JOIN orders b USING (customer_id) WHERE a.state = 'new'"
    )
    words = [sys.executable, "-m", "workbench", "suggest-indexes", str(file), "--disposable"]
    words += ["--db", foreign.url("app", shop)]
    with db.connect(foreign.url("boss", shop)) as boss:
        theirs = indexes(boss)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            until_built(boss, len(theirs))
        finally:
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
        left = indexes(boss)
        assert [row for row in left if row[0] in ("orders_pkey", "theirs")] == theirs
        if number == signal.SIGKILL:
            assert {row[3] for row in left if row not in theirs} == {MARK}
            with database(foreign, "app", shop, disposable=True) as found:
                assert found.explain("SELECT 1").cost
        else:
            assert process.returncode == 128 + number
            assert len([line for line in said.splitlines() if line]) == 1
        assert indexes(boss) == theirs


def until_built(boss: db.Connection, before: int) -> None:
    deadline = time.monotonic() + 60
    while len(indexes(boss)) == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_wrong_password_is_never_echoed(
    foreign: Foreign, shop: str, tmp_path: Path, debug: list[str]
) -> None:
    file = tmp_path / "queries.sql"
    file.write_text(QUERIES)
    url = foreign.url("app", shop, password="wr0ng-sesame")
    words = [sys.executable, "-m", "workbench", *debug, "explain", str(file), "--db", url]
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "PGPASSWORD": PASSWORD}
    )
    assert done.returncode == 1
    assert "wr0ng" not in done.stderr + done.stdout
    assert PASSWORD not in done.stderr + done.stdout
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"workbench: cannot connect to app@127.0.0.1:{foreign.port}/{shop}: ")
    assert 'password authentication failed for user "app"' in line
    assert ("Traceback" in done.stderr) == bool(debug)


def test_the_json_of_an_external_server_holds_no_password(
    foreign: Foreign, shop: str, tmp_path: Path
) -> None:
    file = tmp_path / "queries.sql"
    file.write_text(QUERIES)
    words = [sys.executable, "-m", "workbench", "suggest-indexes", str(file), "--format", "json"]
    done = subprocess.run(
        [*words, "--db", foreign.url("app", shop)], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["server"]["kind"] == "external"
    assert found["server"]["version"].startswith(foreign.kind)
    assert found["dataset"] is None
    assert PASSWORD not in done.stdout + done.stderr
    assert "sesame" not in done.stdout
