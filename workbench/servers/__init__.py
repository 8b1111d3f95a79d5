"""Servers: a Postgres to try things on, started and stopped by us, or the user's own.

``start`` yields a scratch server (embedded or in a container), ``attach`` one that runs already.
Nothing else in the workbench starts a process.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from workbench.servers.choice import Choice, choose
from workbench.servers.external import attached
from workbench.servers.scratch import Notify, claimed
from workbench.servers.server import Server

__all__ = ["Choice", "Server", "attach", "choose", "start"]


@contextmanager
def start(where: str, key: str, notify: Notify) -> Iterator[Server]:
    """A scratch server whose data persist under ``key``; it ends with the block.

    ``where`` is auto, embedded or container. Raises ServerError when it cannot be started.
    """
    choice = choose(where, notify)
    with claimed(choice.kind, key, notify) as name:
        if choice.kind == "embedded":
            from workbench.servers import embedded as kind
        else:
            # testcontainers takes a third of a second to import
            from workbench.servers import container as kind  # type: ignore[no-redef]
        with kind.running(name, choice.reason, notify) as server:
            yield server


def attach(url: str, disposable: bool) -> AbstractContextManager[Server]:
    """The user's own server at ``url``; read-only unless ``disposable``. Raises ServerError."""
    return attached(url, disposable)
