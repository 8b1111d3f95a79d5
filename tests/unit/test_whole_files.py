"""Files are whole or as they were."""

from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.whole_files import write_whole


def test_a_file_is_written_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "made" / "too" / "a.txt"
    for text in ("long\n" * 9, "µ → 2\n"):
        write_whole(file, text)
        assert file.read_bytes() == text.encode()
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    write_whole(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_what_cannot_be_written_whole_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> None:
        assert path.read_text() == "new"
        raise OSError(28, "No space left on device")

    file = tmp_path / "file"
    file.write_text("old")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=f"^cannot write {file}: No space left on device$"):
        write_whole(file, "new")
    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(file, "old")]


@pytest.mark.parametrize(
    ("place", "why"),
    [("folder", "Is a directory"), ("file/below", "(Not a directory|File exists)")],
)
def test_what_is_in_the_way_is_named(tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=f"^cannot write .*{place}: {why}$"):
        write_whole(tmp_path / place, "text")


def test_a_device_is_written_to() -> None:
    write_whole(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
