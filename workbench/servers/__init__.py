"""Servers: a Postgres to try things on, started and stopped by us, or the user's own.

``start`` yields a scratch server (embedded or in a container), ``attach`` one that runs already.
Nothing else in the workbench starts a process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.servers import background, scratch
from workbench.servers.choice import Choice, choose, wanted
from workbench.servers.external import attach
from workbench.servers.scratch import Notify
from workbench.servers.server import Server

__all__ = ["Choice", "Server", "attach", "choose", "own", "start"]


@contextmanager
def start(where: str, key: str, notify: Notify) -> Iterator[Server]:
    """A scratch server whose data persist under ``key``: the one in the background, or our own.

    ``where`` is auto, embedded or container. Raises ServerError when it cannot be started.
    """
    held = background.find(key, wanted(where).where)
    if held is not None:
        with background.borrowed(held, notify) as server:
            if server is not None:
                yield server
                return
    with own(where, key, notify, wait_s=0 if held else scratch.WAIT_S) as server:
        yield server


@contextmanager
def own(
    where: str,
    key: str,
    notify: Notify,
    wait_s: float = scratch.WAIT_S,
    copies: int = scratch.COPIES,
) -> Iterator[Server]:
    """A scratch server on data that nobody else uses; it ends with the block."""
    choice = choose(where, notify)
    with scratch.claimed(choice.kind, key, notify, wait_s, copies) as name:
        if choice.kind == "embedded":
            from workbench.servers import embedded as kind
        else:
            # testcontainers takes a third of a second to import
            from workbench.servers import container as kind  # type: ignore[no-redef]
        with kind.running(name, choice.reason, notify) as server:
            yield server
