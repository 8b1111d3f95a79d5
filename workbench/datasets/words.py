"""Word lists: one word or phrase a line, the commonest first; a dataset's own or shipped ones."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from workbench.datasets.fields import Place
from workbench.errors import SpecError

SHIPPED = Path(__file__).with_name("words")


@dataclass(frozen=True)
class Words:
    """The lists of a dataset: those in its folder ``words``, then the shipped ones."""

    folder: Path
    _read: dict[str, pl.Series] = field(default_factory=dict)

    def path(self, name: str) -> Path | None:
        """The file of a list, or None when there is none."""
        for folder in (self.folder, SHIPPED):
            if (folder / f"{name}.txt").is_file():
                return folder / f"{name}.txt"
        return None

    def __getitem__(self, name: str) -> pl.Series:
        if name not in self._read:
            path = self.path(name)
            assert path is not None
            lines = _lines(path)
            words = dict.fromkeys(w for line in lines if (w := line.strip()) and w[0] != "#")
            self._read[name] = pl.Series(list(words), dtype=pl.String)
        return self._read[name]

    def known(self) -> list[str]:
        """The names of all lists."""
        files = [*self.folder.glob("*.txt"), *SHIPPED.glob("*.txt")]
        return sorted({path.stem for path in files})

    def check(self, name: str, least: int, place: Place) -> None:
        """Raises SpecError when there is no such list or it has too few words."""
        if self.path(name) is None:
            raise place.unknown("word list", name, self.known())
        if len(self[name]) < least:
            raise place.error(
                f"the word list {self.path(name)} has {len(self[name])} words, but {least} are "
                "needed at least; put one on a line"
            )


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: cannot be read as UTF-8 text ({error})") from None
