"""Commands that have no plan, told by their first words before a server is asked."""

import re
from collections.abc import Iterator
from itertools import islice

PLANNABLE = "SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE and WITH"
# A word that is not here goes to the server, whose complaint about a typing error has a position.
_COMMAND_WORDS = """
    ABORT ALTER ANALYZE ANALYSE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE
    DEALLOCATE DECLARE DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT LISTEN LOAD LOCK MOVE
    NOTIFY PREPARE REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SET
    SHOW START TRUNCATE UNLISTEN VACUUM"""
_COMMANDS = frozenset(_COMMAND_WORDS.split())
_WITH_OBJECT = frozenset({"ALTER", "CREATE", "DROP", "REFRESH"})
_ADJECTIVES = "GLOBAL LOCAL OR RECURSIVE REPLACE TEMP TEMPORARY UNIQUE UNLOGGED"
_OBJECT_OF_TWO = frozenset({"MATERIALIZED", "FOREIGN", "EVENT"})

_WORD = re.compile(r"[\w$]+")
_LINE_COMMENT = re.compile(r"--[^\r\n]*")


def why_unplannable(statement: str) -> str | None:
    """Why a statement cannot be planned, None when only the server can tell."""
    start = _next(statement, 0)
    if start == len(statement):
        return f"there is no statement; only {PLANNABLE} can be planned"
    if statement[start] == "\\":
        command = f"the psql command {statement[start:].split()[0]}"
    else:
        words = list(islice(_words(statement), 8))
        if not words or words[0] not in _COMMANDS:
            return None
        command = _name(words)
    return f"{command} cannot be planned; only {PLANNABLE} can"


def _words(statement: str) -> Iterator[str]:
    """The words that a statement begins with, in capitals; comments may stand between them."""
    at = 0
    while word := _WORD.match(statement, _next(statement, at)):
        yield word.group().upper()
        at = word.end()


def _next(text: str, at: int) -> int:
    """Where the first character stands that is neither space, comment, bracket nor semicolon."""
    depth = 0
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif depth and text.startswith("*/", at):
            depth, at = depth - 1, at + 2
        elif depth or text[at].isspace() or text[at] in "(;":
            at += 1
        elif comment := _LINE_COMMENT.match(text, at):
            at = comment.end()
        else:
            break
    return at


def _name(words: list[str]) -> str:
    """What a command is called: CREATE TABLE, DROP MATERIALIZED VIEW, COPY."""
    if words[0] not in _WITH_OBJECT:
        return words[0]
    kinds = [word for word in words[1:] if word not in _ADJECTIVES.split()]
    return " ".join([words[0], *kinds[: 2 if kinds[:1] and kinds[0] in _OBJECT_OF_TWO else 1]])
