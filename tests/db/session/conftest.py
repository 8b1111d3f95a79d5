"""Somebody else's server for the tests of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from elsewhere import Foreign, running


@pytest.fixture(scope="session", params=["18", "15"])
def foreign(request: pytest.FixtureRequest, scratch_home: Path) -> Iterator[Foreign]:
    """PostgreSQL 18 of the wheel, and Debian's 15, which has hypopg."""
    kind = str(request.param)
    folder = scratch_home / f"foreign {kind}"
    folder.mkdir()
    with running(kind, folder) as started:
        yield started


@pytest.fixture
def shop(foreign: Foreign) -> Iterator[str]:
    """A fresh database on it."""
    with foreign.shop() as name:
        yield name
