"""The benchmarks are scripts beside the package; their own modules are found like theirs."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks"))
