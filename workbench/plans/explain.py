"""Asking a server for a plan."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from workbench import db
from workbench.errors import StatementError
from workbench.plans.node import Plan
from workbench.plans.parse import parse

PLANNABLE = "only SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE and WITH can be planned"

# A word that is not here goes to the server, whose complaint about a typing error has a position.
COMMAND_WORDS = """
    ABORT ALTER ANALYZE ANALYSE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE
    DEALLOCATE DECLARE DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT LISTEN LOAD LOCK MOVE
    NOTIFY PREPARE REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SET
    SHOW START TRUNCATE UNLISTEN VACUUM"""
COMMANDS = frozenset(COMMAND_WORDS.split())
TAKES_OBJECT = frozenset({"ALTER", "CREATE", "DROP", "REFRESH"})
ADJECTIVES = "GLOBAL LOCAL OR REPLACE TEMP TEMPORARY UNIQUE UNLOGGED"
MODIFIERS = frozenset(ADJECTIVES.split())
FIRST_OF_TWO = frozenset({"MATERIALIZED", "FOREIGN", "EVENT"})


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
    body = _without_comments(statement)
    if not body:
        raise StatementError(f"there is no statement; {PLANNABLE}")
    if body.startswith("\\"):
        raise StatementError(f"{PLANNABLE}; this is the psql command {body.split()[0]}")
    words = _leading_words(body)
    if words[0] in COMMANDS:
        raise StatementError(f"{PLANNABLE}; this is {_kind(words)}")


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


def _without_comments(statement: str) -> str:
    """The statement from its first character that is neither space, comment nor bracket."""
    position, depth = 0, 0
    while position < len(statement):
        if statement.startswith("/*", position):
            depth, position = depth + 1, position + 2
        elif depth and statement.startswith("*/", position):
            depth, position = depth - 1, position + 2
        elif depth or statement[position].isspace() or statement[position] in "(;":
            position += 1
        elif statement.startswith("--", position):
            end = statement.find("\n", position)
            position = len(statement) if end < 0 else end
        else:
            break
    return statement[position:]


def _leading_words(body: str) -> list[str]:
    """The first keywords, in capitals, without the adjectives of CREATE and DROP."""
    words = re.split(r"\W+", body[:200].upper(), maxsplit=8)
    return words[:1] + [word for word in words[1:] if word not in MODIFIERS]


def _kind(words: list[str]) -> str:
    """What a command is called: CREATE TABLE, DROP MATERIALIZED VIEW, COPY."""
    if words[0] not in TAKES_OBJECT:
        return words[0]
    return " ".join(words[:3] if words[1] in FIRST_OF_TWO else words[:2])
