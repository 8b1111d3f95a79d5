"""Which statements have a plan that indexes could change."""

from workbench.workload.lexer import BETWEEN_TOKENS, scan

PLANNABLE = "SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES and WITH"

# Words that are not here, typing errors among them, are left to the server, which knows where.
_COMMANDS = """
    ABORT ALTER ANALYSE ANALYZE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE
    DEALLOCATE DECLARE DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT LISTEN LOAD LOCK MOVE
    NOTIFY PREPARE REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SET
    SHOW START TRUNCATE UNLISTEN VACUUM
"""
COMMANDS = frozenset(_COMMANDS.split())
_WITH_OBJECT = frozenset({"ALTER", "CREATE", "DROP", "REFRESH"})
_ADJECTIVES = "OR REPLACE GLOBAL LOCAL TEMP TEMPORARY UNLOGGED UNIQUE RECURSIVE"
_OBJECT_OF_TWO = frozenset({"MATERIALIZED", "FOREIGN", "EVENT"})


def first_keyword(sql: str) -> str:
    """The first word of a statement in capitals, behind comments and brackets; "" without one."""
    return next(iter(_leading_words(sql, 1)), "")


def refusal(sql: str) -> str | None:
    """Why a statement cannot be planned, None when only the server can tell."""
    words = _leading_words(sql, 8)
    if not words or words[0] not in COMMANDS:
        return None
    return f"{_command(words)} cannot be planned; suggest-indexes takes {PLANNABLE}"


def _leading_words(sql: str, most: int) -> list[str]:
    words: list[str] = []
    for token in scan(sql):
        piece = sql[token.start : token.end]
        if token.kind == "word":
            words.append(piece.upper())
        elif token.kind not in BETWEEN_TOKENS and not (piece == "(" and not words):
            break
        if len(words) == most:
            break
    return words


def _command(words: list[str]) -> str:
    """What a command is called: CREATE TABLE, DROP MATERIALIZED VIEW, COPY."""
    if words[0] not in _WITH_OBJECT:
        return words[0]
    kinds = [word for word in words[1:] if word not in _ADJECTIVES.split()]
    return " ".join([words[0], *kinds[: 2 if kinds[:1] and kinds[0] in _OBJECT_OF_TWO else 1]])
