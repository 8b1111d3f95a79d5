"""Postgres in a container, its data in a named volume that persists from run to run.

The container lives as long as the block. A guard process removes it when ours dies, and every
start removes the containers whose owner is dead, in case the guard was killed as well.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from secrets import token_hex

import docker
from docker.errors import APIError, DockerException, NotFound
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

from workbench import db
from workbench.errors import ServerError
from workbench.servers import cpu, engine, failure, ownership, settings, volume, watch
from workbench.servers.failure import Unusable
from workbench.servers.scratch import Notify
from workbench.servers.server import Server, examine
from workbench.servers.volume import Volume

START_S = 120.0
STOP_S = 20
POLL_S = 0.03
MOUNT = "/workbench"
SHARED_MEMORY = "1g"
INITDB = "--locale=C.UTF-8 --encoding=UTF8 --lc-messages=C --text-search-config=english"


class Postgres(PostgresContainer):
    """The container; whether it is ready we see ourselves, many times a second."""

    def _connect(self) -> None:
        pass


@contextmanager
def running(name: str, reason: str, notify: Notify) -> Iterator[Server]:
    """A server on the volume for ``name``, which the caller has claimed; raises ServerError.

    A volume with which Postgres does not start is made anew, once, and ``notify`` says so.
    """
    with ExitStack() as stack:
        try:
            container, conninfo = stack.enter_context(_serving(_prepared(name)))
        except Unusable as error:
            notify(f"the volume of {name} cannot be used ({error}); making it anew")
            container, conninfo = stack.enter_context(_serving(_prepared(name, anew=True)))
        with db.connect(conninfo) as connection:
            server = examine(
                connection,
                kind="container",
                conninfo=conninfo,
                disposable=True,
                reason=reason,
                postmaster_pid=_postmaster_pid(container),
            )
        yield server


@contextmanager
def speaking() -> Iterator[None]:
    """Turn the Docker client's errors into one line."""
    try:
        yield
    except (DockerException, OSError) as error:
        said = getattr(error, "explanation", None) or db.one_line(error)
        raise ServerError(f"the Docker engine refused: {said}; try --server embedded") from error


def _prepared(name: str, anew: bool = False) -> Volume:
    """The volume for ``name``, free of containers."""
    with speaking(), engine.client() as client:
        major = _major(client)
        volume_name = volume.name_for(name, f"{engine.image()} {major}")
        ownership.sweep(client, volume_name)
        return volume.prepare(client, volume_name, major, anew)


def _major(client: docker.DockerClient) -> int:
    """Postgres' major version by the image's own account; 0 when it does not say."""
    for variable in client.images.get(engine.image()).attrs["Config"]["Env"] or ():
        name, _, value = variable.partition("=")
        if name == "PG_MAJOR" and value.isdecimal():
            return int(value)
    return 0


@contextmanager
def _serving(data: Volume) -> Iterator[tuple[Postgres, str]]:
    """A container that answers, and its address."""
    name = f"{data.name}-{token_hex(4)}"
    with guarded(name) as dismiss:
        with speaking():
            container = _configured(name, data)
            start(container)
        try:
            conninfo = _await_answer(container, data)
            data.confirm()
            yield container, conninfo
        finally:
            with speaking(), suppress(NotFound):
                container.get_wrapped_container().stop(timeout=STOP_S)
                container.stop()
            dismiss()


@contextmanager
def guarded(name: str) -> Iterator[Callable[[], None]]:
    """A process that removes the container ``name`` if ours dies or fails before dismissing it."""
    guard = subprocess.Popen(
        [sys.executable, "-P", watch.__file__, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=engine.environment(),
        start_new_session=True,
    )
    pipe = guard.stdin
    assert pipe is not None

    def dismiss() -> None:
        with suppress(BrokenPipeError):
            pipe.write(watch.DISMISSED)
            pipe.flush()

    try:
        yield dismiss
    finally:
        with suppress(BrokenPipeError):
            pipe.close()
        with suppress(subprocess.TimeoutExpired):
            guard.wait(3)


def _configured(name: str, data: Volume) -> Postgres:
    """The container as it shall be, not yet created."""
    container = Postgres(
        engine.image(),
        username="postgres",
        password=data.password,
        dbname="postgres",
        driver=None,
        labels=ownership.labels(data.name),
        shm_size=SHARED_MEMORY,
        stop_signal="SIGINT",
    )
    # only a newer initdb knows the option, and only there is it needed
    checksums = " --no-data-checksums" if data.major >= 18 else ""
    container.with_env("PGDATA", f"{MOUNT}/data")
    container.with_env("POSTGRES_INITDB_ARGS", INITDB + checksums)
    container.with_volume_mapping(data.name, MOUNT, "rw")
    container.with_command(["postgres", *settings.arguments(data.major)])
    container.with_name(name)
    if local(container):
        container.ports[str(container.port)] = ("127.0.0.1",)  # type: ignore[assignment]
    return container


def local(container: DockerContainer) -> bool:
    """Whether the container's ports appear on our own loopback interface."""
    client = container.get_docker_client()
    return (
        client.get_connection_mode() is ConnectionMode.docker_host and client.host() == "localhost"
    )


def start(container: DockerContainer) -> None:
    """Start without testcontainers' own reaper, which would need an image of its own."""
    before = testcontainers_config.ryuk_disabled
    testcontainers_config.ryuk_disabled = True
    try:
        container.start()
    finally:
        testcontainers_config.ryuk_disabled = before


def _await_answer(container: Postgres, data: Volume) -> str:
    """The address, once the server takes connections; raises ServerError when it ends instead."""
    with speaking():
        host = container.get_container_host_ip().replace("localhost", "127.0.0.1")
        conninfo = db.conninfo(
            host=host,
            port=container.get_exposed_port(container.port),
            user="postgres",
            password=data.password,
            dbname="postgres",
            sslmode="disable",
        )
    deadline = time.monotonic() + START_S
    while True:
        try:
            db.connect(conninfo).close()
        except ServerError as error:
            _raise_if_ended(container)
            if time.monotonic() > deadline:
                raise ServerError(f"Postgres in the container does not answer: {error}") from None
            time.sleep(POLL_S)
        else:
            return conninfo


def _raise_if_ended(container: Postgres) -> None:
    with speaking():
        container.reload()
        if container.status in ("created", "running"):
            return
        text = container.get_wrapped_container().logs(tail=50).decode(errors="replace")
    if failure.is_full(text):
        raise ServerError("the Docker engine's disk is full; free some space or --server embedded")
    raise failure.from_log(text)


def _postmaster_pid(container: Postgres) -> int | None:
    """The server's main process if it runs on this machine and we can see it, else None."""
    with suppress(APIError):
        container.reload()
        pid = int(container.get_wrapped_container().attrs["State"]["Pid"])
        return pid if cpu.is_first_of_container(pid) else None
    return None
