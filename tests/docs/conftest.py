"""A scratch area for the tests that run the documented commands."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """Variables for a workbench without colours, in a scratch area of its own, without Docker."""
    home = Path(tempfile.mkdtemp(prefix="workbench-docs-"))
    home.chmod(0o755)
    ours = {"WORKBENCH_HOME": str(home), "WORKBENCH_SERVER": "embedded"}
    yield {n: v for n, v in os.environ.items() if n not in ("COLUMNS", "FORCE_COLOR")} | ours
    shutil.rmtree(home)
