"""Write checksums.txt afresh: python tests/unit/datasets/write_checksums.py."""

from pathlib import Path

from workbench import datasets
from workbench.datasets import generate

HEAD = "# SHA-256 of all rows of each dataset at scale small; written by write_checksums.py\n"

if __name__ == "__main__":
    lines = [
        f"{spec.name} {generate.checksum(spec.population('small'))}\n"
        for spec in datasets.available()
    ]
    Path(__file__).with_name("checksums.txt").write_text(HEAD + "".join(lines), encoding="utf-8")
