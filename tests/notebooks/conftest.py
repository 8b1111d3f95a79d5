"""A scratch area for the notebooks: datasets are loaded into it once for all of them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """Variables for a kernel that has a scratch area of its own and the embedded server."""
    home = Path(tempfile.mkdtemp(prefix="workbench-notebooks-"))
    home.chmod(0o755)
    ours = {"WORKBENCH_HOME": str(home), "WORKBENCH_SERVER": "embedded"}
    yield {**os.environ, **ours}
    shutil.rmtree(home)
