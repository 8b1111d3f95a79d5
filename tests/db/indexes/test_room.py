"""What takes too much of the disk or too long is left out with a reason, and costs nothing else."""

import pytest

from workbench import db
from workbench.db import Connection
from workbench.indexes.advice import Advice
from workbench.indexes.advise import Options, Target, advise
from workbench.workload import files

BY_CUSTOMER = "SELECT * FROM orders WHERE customer_id = 7"
RETURNED = "SELECT id FROM orders WHERE state = 'returned' ORDER BY made LIMIT 5"
SLOW = """
CREATE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
'BEGIN PERFORM pg_sleep(1); RETURN $1; END'
"""
NAP = """
CREATE FUNCTION nap() RETURNS boolean LANGUAGE plpgsql VOLATILE COST 0.0001 AS
'BEGIN PERFORM pg_sleep(0.001); RETURN true; END'
"""


def silent(*_: object) -> None:
    pass


def advised(connection: Connection, sql: str, options: Options) -> Advice:
    target = Target(connection, True, None, {"kind": "embedded", "version": "18"})
    return advise(target, files.read([sql]), options, silent)


def test_what_does_not_fit_on_the_disk_is_not_built(shop: Connection) -> None:
    """The partial index of the few returned orders fits, those of all orders do not."""
    options = Options(measure=False, disk_bytes=150_000)
    advice = advised(shop, f"{BY_CUSTOMER};\n{RETURNED};", options)
    refused = {each.ddl: each.reason for each in advice.rejected if "of the disk" in each.reason}
    assert any("(customer_id)" in ddl for ddl in refused)
    assert all("MB are left for candidates" in reason for reason in refused.values())
    assert advice.indexes
    assert all(index.index.predicate for index in advice.indexes)
    assert sum(index.size_bytes for index in advice.indexes) < 150_000


def test_the_disk_of_the_server_is_looked_at(shop: Connection) -> None:
    assert advised(shop, BY_CUSTOMER, Options(measure=False)).indexes
    assert not advised(shop, BY_CUSTOMER, Options(measure=False, disk_bytes=0)).indexes


def test_what_takes_too_long_to_build_is_given_up(shop: Connection) -> None:
    shop.execute(SLOW)
    sql = f"SELECT id FROM orders WHERE slow(note) = 'n9';\n{BY_CUSTOMER};"
    with db.settings(shop, statement_timeout=3000):
        advice = advised(shop, sql, Options(measure=False, timeout_s=3))
    reasons = {each.reason for each in advice.rejected if "slow(" in each.ddl}
    assert any(reason.startswith("not built within 3s; allow more") for reason in reasons)
    assert [index.columns[0] for index in advice.indexes] == ["customer_id"]


@pytest.mark.parametrize(
    ("where", "status"), [("customer_id = 7", "improved"), ("id > 0", "unchanged")]
)
def test_a_statement_that_times_out_without_indexes_counts_as_the_limit(
    shop: Connection, where: str, status: str
) -> None:
    """Every row of a sequential scan naps, those that an index finds are few."""
    shop.execute(NAP)
    sql = f"SELECT id FROM orders WHERE nap() AND {where};\n{RETURNED};"
    with db.settings(shop, statement_timeout=1000):
        advice = advised(shop, sql, Options(timeout_s=1))
    slow, other = advice.queries
    assert slow.before is not None
    assert slow.before.timed_out_ms == 1000
    assert slow.status == status
    assert status == "improved" or "did not finish within 1 s" in str(slow.reason)
    assert other.status == "improved"
    assert {index.used_by for index in advice.indexes} >= {("2",)}
