"""The committed notebooks keep the rules of the house, and say the same when they are run again."""

from pathlib import Path

import nbformat
import pytest
from executed import NOTEBOOKS, nbval
from house_style import breaches

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@each_notebook
def test_keeps_the_rules(path: Path) -> None:
    assert breaches(nbformat.read(path, as_version=4)) == []


@pytest.mark.slow
@each_notebook
def test_says_the_same_again(path: Path, environment: dict[str, str]) -> None:
    done = nbval(path, environment)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
