"""Names, places and locks of the scratch area."""

import re
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ServerError
from workbench.servers import inventory, scratch, volume
from workbench.servers.account import Account


@pytest.fixture
def area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "a home"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    monkeypatch.setattr(scratch, "ROOTS_PLACE", tmp_path / "outside")
    return scratch.area()


@given(st.text(max_size=200))
def test_any_key_gives_a_name_for_a_file_and_a_volume(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", scratch.name_of(key))


@given(st.text(), st.text())
def test_different_keys_have_different_names(one: str, other: str) -> None:
    assert (scratch.name_of(one) == scratch.name_of(other)) == (one == other)


def test_a_plain_key_is_its_own_name() -> None:
    assert scratch.name_of("todos-small-2-1f3a5b7c") == "todos-small-2-1f3a5b7c"


def test_the_scratch_name_can_be_read_from_the_volume(area: Path) -> None:
    assert volume.key_of(volume.name_for("todos-small.2", "postgres:18 18")) == "todos-small.2"
    assert volume.name_for("a", "postgres:18 18") != volume.name_for("a", "postgres:17 17")


def test_home_follows_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_HOME", "~/here")
    assert scratch.home() == tmp_path / "here"
    monkeypatch.setenv("WORKBENCH_HOME", "")
    assert scratch.home().name == "workbench"


def test_a_second_user_waits_then_takes_a_copy(area: Path) -> None:
    heard: list[str] = []
    with (
        scratch.claimed("embedded", "k", heard.append) as first,
        scratch.claimed("embedded", "k", heard.append, wait_s=0.05) as second,
        scratch.claimed("embedded", "k", heard.append, wait_s=0) as third,
    ):
        assert (first, second, third) == ("k", "k.2", "k.3")
    assert heard == [
        "another workbench uses k; waiting up to 0.05 s for it",
        "k is still in use; this run takes its own copy, number 2",
        "k is still in use; this run takes its own copy, number 3",
    ]


def test_a_second_user_gets_the_data_that_become_free(area: Path) -> None:
    held, heard = threading.Event(), threading.Event()

    def first() -> None:
        with scratch.claimed("embedded", "k", pytest.fail):
            held.set()
            heard.wait(30)

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(30)
    with scratch.claimed("embedded", "k", lambda _: heard.set(), wait_s=30) as name:
        assert name == "k"
    thread.join()


def test_kinds_do_not_wait_for_each_other(area: Path) -> None:
    with (
        scratch.claimed("embedded", "k", pytest.fail) as one,
        scratch.claimed("container", "k", pytest.fail) as other,
    ):
        assert one == other


def test_a_claim_ends_with_an_exception(area: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch.claimed("embedded", "k", pytest.fail):
        raise KeyboardInterrupt
    with scratch.claimed("embedded", "k", pytest.fail) as name:
        assert name == "k"


def test_no_copy_left_is_an_error(area: Path) -> None:
    with (
        scratch.claimed("embedded", "k", pytest.fail),
        pytest.raises(ServerError, match="k is in use"),
        scratch.claimed("embedded", "k", lambda _: None, wait_s=0, copies=1),
    ):
        pass


@pytest.mark.parametrize("home", ["a file", "a file/below", "/proc/workbench"])
def test_an_unusable_home_is_named_with_the_remedy(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("not a directory")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / home))
    with pytest.raises(ServerError) as caught:
        scratch.area()
    said = str(caught.value)
    assert str(tmp_path / home) in said
    assert "set WORKBENCH_HOME to a directory" in said
    assert "\n" not in said


def test_too_little_room_is_said_in_megabytes(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"MB free, 1099511627776 MB needed.*WORKBENCH_HOME"):
        scratch.need_room(tmp_path, 2**60)


def test_unfinished_work_is_swept_and_nothing_else(tmp_path: Path) -> None:
    final = tmp_path / "data"
    scratch.making(final).mkdir()
    scratch.making(tmp_path / "data2").mkdir()
    final.mkdir()
    scratch.sweep_unfinished(final)
    assert sorted(path.name.partition("-")[0] for path in tmp_path.iterdir()) == [
        ".data2.making",
        "data",
    ]


def test_an_account_may_enter_only_what_is_open(tmp_path: Path) -> None:
    stranger = Account(uid=54321, gid=54321)
    private = tmp_path / "private"
    (private / "open").mkdir(parents=True)
    (private / "open").chmod(0o755)
    private.chmod(0o700)
    assert stranger.may_enter(Path("/"))
    assert not stranger.may_write(Path("/"))
    assert not stranger.may_enter(private / "open")


def test_a_place_outside_goes_with_the_home_it_stands_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "ROOTS_PLACE", tmp_path / "outside")
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    place = scratch._place_outside(first)
    assert scratch._place_outside(first) == place
    first.rmdir()
    second.mkdir()
    scratch._place_outside(second)
    assert not place.exists()


def test_cleaning_removes_what_is_idle_and_says_what_stays(area: Path) -> None:
    for name in ("idle", "busy", ".template-18.4", ".idle.making-1234"):
        (area / "embedded-18" / name).mkdir(parents=True)
    (area / "embedded-18" / "idle" / "table").write_bytes(b"x" * 10_000)
    heard: list[str] = []
    with scratch.claimed("embedded", "busy", heard.append):
        (idle,) = (entry for entry in inventory.entries() if entry.name == "idle")
        assert idle.size_bytes is not None
        assert idle.size_bytes >= 10_000
        assert [entry.name for entry in inventory.clean(heard.append)] == ["idle"]
    assert "busy stays: it is in use" in heard
    removed = {entry.name for entry in inventory.clean(lambda _: None)}
    assert removed == {"busy", "template-18.4", "idle.making-1234"}
    assert inventory.entries() == ()
