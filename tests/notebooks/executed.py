"""Runs a notebook under nbval, as a reader would by hand."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = tuple(sorted((ROOT / "notebooks").glob("*.ipynb")))
SANITIZE = Path(__file__).parent / "sanitize.cfg"
PATIENCE_S = 300
EXPLORES = """
from workbench import plots
ways = [("lazy", 2, 50), ("eager", 4, 1)]
rows = [{"pattern": p, "rtt_ms": r, "rows": n, "ms": a + n * b * r}
        for p, a, b in ways for r in (0, 5) for n in (1, 9)]
plots.explore(rows, plots.times, {"rtt_ms": "round trip, ms", "rows": "rows"})
"""


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
