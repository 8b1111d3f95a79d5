"""Extensions whose operator classes candidates need, and what a database has of them."""

from workbench.db import Connection, fetch_all
from workbench.indexes.index import Index

_STATE = """/*workbench*/ SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1),
    EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)"""


def lacking(connection: Connection, index: Index) -> str | None:
    """What would have to be there before an index could be created, None if all of it is."""
    if not index.extension:
        return None
    ((installed, available),) = fetch_all(connection, _STATE, [index.extension])
    if installed:
        return None
    if available:
        return f"would need CREATE EXTENSION {index.extension}"
    return f"would need {index.extension}, which this server does not have"
