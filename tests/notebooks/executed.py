"""Runs a notebook under nbval, as a reader would by hand."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = tuple(sorted((ROOT / "notebooks").glob("*.ipynb")))
SANITIZE = Path(__file__).parent / "sanitize.cfg"
PATIENCE_S = 300


def nbval(notebook: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run every cell again; cells that say NBVAL_CHECK_OUTPUT must print what they printed."""
    options = ["--nbval-lax", "--nbval-sanitize-with", str(SANITIZE), "-p", "no:cacheprovider"]
    options += ["--override-ini", "filterwarnings=", "--override-ini", "addopts=", "-q"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(notebook)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
