"""A Postgres that runs already and is not ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from workbench import db
from workbench.servers.server import Server, examine


@contextmanager
def attach(url: str, disposable: bool) -> Iterator[Server]:
    """The server at ``url``; nothing is written there unless it is ``disposable``.

    Raises ServerError with one line that never holds the password.
    """
    with db.connect(url, read_only=not disposable) as connection:
        server = examine(
            connection,
            kind="external",
            conninfo=url,
            disposable=disposable,
            reason="its address was given",
        )
    yield server
