"""A connection can be used again whatever went wrong in it."""

import os
import signal
from collections.abc import Iterator
from threading import Timer

import pytest
from psycopg import Pipeline

from workbench.db import (
    Connection,
    fetch_value,
    in_transaction,
    rolled_back,
    run_repeated,
    settings,
)
from workbench.errors import StatementError, TimedOut


@pytest.mark.parametrize("times", [1, 2, 50])
def test_a_time_limit_in_the_middle_of_many_runs(connection: Connection, times: int) -> None:
    with settings(connection, statement_timeout=30), pytest.raises(TimedOut):
        run_repeated(connection, "SELECT pg_sleep(1)", times=times)
    assert fetch_value(connection, "SELECT 7") == 7


@pytest.mark.parametrize("times", [1, 2, 50])
def test_an_error_in_the_middle_of_many_runs(connection: Connection, times: int) -> None:
    connection.execute("CREATE SEQUENCE tick")
    with pytest.raises(StatementError, match="division by zero"):
        run_repeated(connection, "SELECT 1 / (20 - nextval('tick') % 21)", times=max(times, 21))
    assert run_repeated(connection, "SELECT 8", times=2) == [[(8,)], [(8,)]]


def interrupted(connection: Connection) -> None:
    """Two seconds of runs and an interrupt in them; Python drops one that meets a destructor."""
    for _ in range(3):
        Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
        run_repeated(connection, "SELECT pg_sleep(0.05)", times=40)


def test_an_interrupt_in_the_middle_of_many_runs(connection: Connection) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(connection)
    finally:
        signal.signal(signal.SIGINT, before)
    assert fetch_value(connection, "SELECT 9") == 9


def test_an_interrupt_while_the_driver_leaves_its_pipeline_is_not_hidden(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver cannot end the pipeline then, and raises that in place of the interrupt."""

    def unlucky(pipeline: Pipeline) -> Iterator[None]:
        pipeline.pgconn.pipeline_sync()
        raise KeyboardInterrupt
        yield

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "_exit_gen", unlucky)
        with pytest.raises(KeyboardInterrupt):
            run_repeated(connection, "SELECT 1", times=3)
    assert fetch_value(connection, "SELECT 9") == 9


def test_an_interrupt_before_is_not_taken_for_one_of_these_runs(connection: Connection) -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        with pytest.raises(StatementError, match="division by zero"):
            run_repeated(connection, "SELECT 1 / 0", times=3)


def test_an_interrupt_in_an_unlucky_moment_leaves_a_connection_that_works(
    connection: Connection,
) -> None:
    """The statement was sent, but nobody waits for its end: the driver does not notice."""

    def unlucky() -> None:
        with rolled_back(connection):
            connection.execute("CREATE TABLE t ()")
            connection.pgconn.send_query(b"SELECT pg_sleep(3600)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unlucky()
    assert not in_transaction(connection)
    assert fetch_value(connection, "SELECT to_regclass('t')") is None
