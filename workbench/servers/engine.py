"""The Docker engine and the image: whether a container can be had here, and why not.

Importing this is cheap; the Docker client is imported only when an engine seems to be here.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.servers.scratch import Notify

if TYPE_CHECKING:
    import docker

IMAGE = "postgres:18"
DEFAULT_HOST = "unix:///var/run/docker.sock"
ANSWER_S = 5
PULL_S = 120.0


def image() -> str:
    """The image for containers: WORKBENCH_POSTGRES_IMAGE, or the pinned one."""
    return os.environ.get("WORKBENCH_POSTGRES_IMAGE") or IMAGE


def seems_here() -> bool:
    """Whether there is something that an engine would leave: a variable, a socket, a context."""
    if os.environ.get("DOCKER_HOST"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")
    own = Path.home() / ".docker"
    sockets = (Path("/var/run/docker.sock"), own / "run/docker.sock", Path(runtime, "docker.sock"))
    return any(path.exists() for path in sockets) or _context(own / "config.json") != "default"


def _context(config: Path) -> str:
    """The Docker context that the user has chosen."""
    try:
        chosen = json.loads(config.read_text(encoding="utf-8")).get("currentContext")
    except (OSError, ValueError, AttributeError):
        return "default"
    return os.environ.get("DOCKER_CONTEXT") or chosen or "default"


def environment() -> dict[str, str]:
    """Our environment with DOCKER_HOST set if a context or a properties file names an engine."""
    from testcontainers.core.docker_client import get_docker_host

    host = get_docker_host()
    return {**os.environ, "DOCKER_HOST": host} if host else dict(os.environ)


@contextmanager
def client(timeout_s: float = 60) -> Iterator["docker.DockerClient"]:
    """A client of the engine that testcontainers would use; raises OSError and docker's errors."""
    import docker

    variables = environment()
    host = variables.get("DOCKER_HOST", DEFAULT_HOST)
    _knock(host)
    ssh = host.startswith("ssh://")
    found = docker.from_env(timeout=int(timeout_s), environment=variables, use_ssh_client=ssh)
    try:
        yield found
    finally:
        found.close()


def why_not(notify: Notify, pull_s: float = PULL_S, name: str = "") -> str | None:
    """Why no container can be started, in a few words, or None when one can.

    An image that is not here is fetched, for at most about ``pull_s`` seconds; ``name`` is that
    of the image, else Postgres'.
    """
    name = name or image()
    if not seems_here():
        return "there is no Docker engine here"
    from docker.errors import APIError, DockerException, ImageNotFound

    try:
        with client(ANSWER_S) as engine:
            engine.ping()
            try:
                engine.images.get(name)
            except ImageNotFound:
                if pull_s <= 0:
                    return f"image {name} is not here yet"
                engine.images.get_registry_data(name)
            else:
                return None
        return _pull(notify, pull_s, name)
    except APIError as error:
        return f"image {name} is not here and cannot be pulled ({_said(error)})"
    except (DockerException, OSError) as error:
        return f"the Docker engine does not answer ({_said(error)})"


def _knock(host: str) -> None:
    """Raise OSError if nothing listens at a socket; the Docker client would leak its own."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knock:
            knock.settimeout(ANSWER_S)
            knock.connect(host.removeprefix("unix://"))


def _pull(notify: Notify, pull_s: float, image: str) -> str | None:
    """Fetch the image; why it could not be fetched in time, or None."""
    from docker.utils import parse_repository_tag

    notify(f"fetching image {image}, once")
    name, tag = parse_repository_tag(image)
    deadline = time.monotonic() + pull_s
    with client() as engine:
        for event in engine.api.pull(name, tag=tag or "latest", stream=True, decode=True):
            if "error" in event:
                return f"image {image} cannot be pulled ({event['error']})"
            if time.monotonic() > deadline:
                return f"image {image} did not arrive within {pull_s:g} s"
    return None


def _said(error: Exception) -> str:
    """The last and most telling part of a message of the Docker client."""
    text = str(getattr(error, "explanation", None) or error)
    if "Permission denied" in text or "PermissionError" in text:
        return "permission denied"
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "nothing listens at its socket"
    return " ".join(text.split()).rstrip("')\" ")[-160:]
