"""Asking a server for a plan."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from workbench import db
from workbench.errors import StatementError
from workbench.plans.node import Plan
from workbench.plans.parse import parse
from workbench.unplannable import why_unplannable


def explain(
    connection: db.Connection,
    statement: str,
    values: Sequence[str | None] = (),
    *,
    analyze: bool = False,
    timing: bool = True,
    verbose: bool = False,
) -> Plan:
    """The statement's plan; ``analyze`` runs it, and nothing it wrote stays but sequence numbers.

    ``timing`` False measures the whole but not each step, which costs the query less. Raises
    StatementError for what cannot be planned, TimedOut after the session's statement_timeout.
    """
    refuse_unplannable(statement)
    prefix = f"/*workbench*/ EXPLAIN ({', '.join(_options(analyze, timing, verbose))}) "
    if not analyze:
        return _plan(connection, statement, values, prefix)
    with _leaving_nothing(connection):
        return _plan(connection, statement, values, prefix)


def refuse_unplannable(statement: str) -> None:
    """Raise StatementError when the statement is a command that has no plan, or empty."""
    reason = why_unplannable(statement)
    if reason is not None:
        raise StatementError(reason)


def _options(analyze: bool, timing: bool, verbose: bool) -> Iterator[str]:
    yield from ("FORMAT JSON", "SETTINGS")
    if verbose:
        yield "VERBOSE"
    if analyze:
        yield from ("ANALYZE", "BUFFERS", f"TIMING {'ON' if timing else 'OFF'}")


def _plan(
    connection: db.Connection, statement: str, values: Sequence[str | None], prefix: str
) -> Plan:
    plans = db.run_statement(connection, statement, values, prefix)[0][0]
    if len(plans) != 1:
        raise StatementError(
            f"rules of its table turn this statement into {len(plans)} others; explain those"
        )
    return parse(plans)


@contextmanager
def _leaving_nothing(connection: db.Connection) -> Iterator[None]:
    """A rolled back transaction, or a savepoint in the one the caller has open."""
    if db.in_transaction(connection):
        with connection.transaction(force_rollback=True):
            yield
    else:
        with db.rolled_back(connection):
            yield
