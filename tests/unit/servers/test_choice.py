"""Which kind of server is used, and what is said about it."""

from pathlib import Path

import pytest

from workbench import servers
from workbench.errors import ServerError, UnknownName
from workbench.servers import engine
from workbench.servers.choice import wanted


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    monkeypatch.delenv("WORKBENCH_SERVER", raising=False)


def test_auto_without_an_engine_is_embedded_and_says_why() -> None:
    choice = servers.choose("auto")
    assert choice.kind == "embedded"
    assert choice.reason == "the Docker engine does not answer (nothing listens at its socket)"


def test_the_variable_says_what_auto_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SERVER", "embedded")
    assert servers.choose("auto").reason == "WORKBENCH_SERVER=embedded is set"
    monkeypatch.setenv("WORKBENCH_SERVER", "container")
    with pytest.raises(ServerError, match=r"no container can be started: .*--server embedded"):
        servers.choose("auto")


def test_an_option_beats_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SERVER", "container")
    assert servers.choose("embedded").kind == "embedded"
    assert wanted("auto").where == "container"


def test_a_container_that_cannot_be_had_is_an_error() -> None:
    with pytest.raises(ServerError, match="try --server embedded"):
        servers.choose("container")


def test_unknown_kinds_are_named_with_the_near_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName, match="did you mean embedded"):
        servers.choose("embeded")
    monkeypatch.setenv("WORKBENCH_SERVER", "contaner")
    with pytest.raises(UnknownName, match="contaner in WORKBENCH_SERVER; did you mean container"):
        servers.choose("auto")


def test_the_image_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_POSTGRES_IMAGE", raising=False)
    assert engine.image() == "postgres:18"
    monkeypatch.setenv("WORKBENCH_POSTGRES_IMAGE", "mine:1")
    assert engine.image() == "mine:1"
