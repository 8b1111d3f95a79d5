"""Labels that say which process a container belongs to, and the end of containers without one."""

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from workbench.servers import process

if TYPE_CHECKING:
    import docker

OWNER, VOLUME = "workbench.owner", "workbench.volume"


def labels(volume: str) -> dict[str, str]:
    """Labels for a container of this process that works on ``volume``."""
    owner = f"{socket.gethostname()} {os.getpid()} {process.mark(os.getpid())}"
    return {OWNER: owner, VOLUME: volume}


def sweep(client: "docker.DockerClient", volume: str = "") -> int:
    """Remove containers whose owner is dead or that use ``volume``; the number removed.

    The caller holds the claim on the volume, so nobody may use it.
    """
    from docker.errors import APIError

    removed = 0
    for container in client.containers.list(all=True, filters={"label": OWNER}, sparse=True):
        found = container.attrs["Labels"]
        if found.get(VOLUME) == volume or not _alive(found[OWNER]):
            # gone already, or its guard removes it this very moment
            with suppress(APIError):
                client.api.remove_container(container.id, v=True, force=True)
                removed += 1
    return removed


def _alive(label: str) -> bool:
    """Whether the process of an owner label lives; of another host's we cannot tell."""
    host, pid, its_mark = label.rsplit(" ", 2)
    return host != socket.gethostname() or process.lives(int(pid), its_mark)
