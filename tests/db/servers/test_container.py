"""The server in a container: its volume, its owner, and its end."""

import os
import signal
from collections.abc import Iterator

import docker
import pytest
from victims import Victim, becomes_true

from workbench import servers
from workbench.db import fetch_value
from workbench.errors import ServerError
from workbench.servers import engine, inventory, ownership, volume

pytestmark = pytest.mark.container


@pytest.fixture
def client(scratch_home: object) -> Iterator[docker.DockerClient]:
    with engine.client() as found:
        yield found


@pytest.fixture
def key(client: docker.DockerClient) -> Iterator[str]:
    """A key of this session alone; its volume goes with the test."""
    name = f"box-{os.getpid()}"
    yield name
    ownership.sweep(client)
    for found in volume.of_area(client):
        if volume.key_of(found).partition(".")[0] == name:
            volume.remove(client, found)


def containers(client: docker.DockerClient) -> list[str]:
    found = client.containers.list(all=True, filters={"label": ownership.OWNER})
    return [each.name for each in found if each.name.startswith(volume.prefix())]


def alone(client: docker.DockerClient, key: str) -> list[str]:
    return [name for name in containers(client) if f"-{key}-" in name]


def test_data_persist_in_a_volume_and_the_container_goes(
    client: docker.DockerClient, key: str
) -> None:
    with servers.start("container", key, print) as server:
        assert server.kind == "container"
        assert len(alone(client, key)) == 1
        with server.connect() as one:
            one.execute("CREATE TABLE kept AS SELECT 1 AS n")
    assert alone(client, key) == []
    with servers.start("container", key, print) as server, server.connect() as one:
        assert fetch_value(one, "SELECT n FROM kept") == 1


def test_a_volume_that_was_never_ready_is_not_trusted(
    client: docker.DockerClient, key: str
) -> None:
    with servers.start("container", key, print) as server, server.connect() as one:
        one.execute("CREATE TABLE half_made (n int)")
    (name,) = (found for found in volume.of_area(client) if volume.key_of(found) == key)
    volume.note_of(name).unlink()
    with servers.start("container", key, print) as server, server.connect() as one:
        assert fetch_value(one, "SELECT to_regclass('half_made')") is None


def test_the_port_takes_no_connection_without_the_password(key: str) -> None:
    from workbench import db

    with servers.start("container", key, print) as server:
        parts = db.address(server.conninfo)
        password = str(parts.pop("password"))
        assert password not in repr(server)
        assert password not in str(server)
        wrong = db.conninfo(**parts, password="wr0ng")
        with pytest.raises(ServerError, match="password authentication failed") as caught:
            db.connect(wrong)
        assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_container_outlives_a_killed_process(
    client: docker.DockerClient, key: str, number: int
) -> None:
    victim = Victim("container", key)
    victim.until("ready")
    assert len(alone(client, key)) == 1
    victim.end(number)
    assert becomes_true(lambda: alone(client, key) == [])
    with servers.start("container", key, print) as server, server.connect() as one:
        assert fetch_value(one, "SELECT 1") == 1


def test_a_container_whose_owner_is_dead_is_swept(client: docker.DockerClient, key: str) -> None:
    labels = ownership.labels("of this process")
    dead = {**labels, ownership.OWNER: labels[ownership.OWNER].rpartition(" ")[0] + " 1"}
    create = {"entrypoint": ["sleep"], "command": ["600"]}
    orphan = client.containers.create(
        engine.image(),
        name=f"{volume.prefix()}{key}-orphan",
        labels=dead,
        **create,
    )
    mine = client.containers.create(
        engine.image(),
        name=f"{volume.prefix()}{key}-mine",
        labels=labels,
        **create,
    )
    try:
        ownership.sweep(client)
        assert alone(client, key) == [mine.name]
    finally:
        mine.remove(force=True)
        if orphan.name in containers(client):
            orphan.remove(force=True)


def test_two_processes_at_once_have_two_servers(client: docker.DockerClient, key: str) -> None:
    first = Victim("container", key)
    first.until("ready")
    second = Victim("container", key, stay_s=0)
    assert "waiting up to" in second.until("notice")
    second.until("ready")
    assert second.end() == 0
    first.end(signal.SIGTERM)
    assert becomes_true(lambda: alone(client, key) == [])


def test_a_volume_of_this_area_can_be_cleaned(client: docker.DockerClient, key: str) -> None:
    with servers.start("container", key, print):
        (entry,) = (
            e for e in inventory.entries() if e.kind == "container" and f"-{key}-" in e.name
        )
        assert entry.in_use
    assert inventory.removed(entry, pytest.fail)
    assert entry.name not in volume.of_area(client)
    assert not volume.note_of(entry.name).exists()


def test_an_image_that_is_nowhere_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_POSTGRES_IMAGE", "localhost:1/no-such-image:1")
    with pytest.raises(ServerError, match="no-such-image") as caught:
        servers.choose("container")
    assert "\n" not in str(caught.value)
    assert servers.choose("auto").kind == "embedded"
