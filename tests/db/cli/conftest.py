"""A shell for each test."""

from pathlib import Path

import psutil
import pytest
from shell import Shell


@pytest.fixture
def workbench(scratch_home: Path, tmp_path: Path) -> Shell:
    """The command; calling it gives what it printed, after its exit status was checked."""
    return Shell(scratch_home, tmp_path, frozenset(psutil.pids()))
