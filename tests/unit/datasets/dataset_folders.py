"""Small datasets written for one test."""

from pathlib import Path

from workbench.datasets import spec
from workbench.datasets.block import Population

SHOP = Path(__file__).with_name("shop")

HEAD = 'title = "A test"\nseed = 1\nnow = 2026-01-01T00:00:00Z\n'


def written(folder: Path, toml: str, schema: str) -> spec.Spec:
    """The dataset with these two files; ``toml`` without title, seed and now."""
    (folder / "dataset.toml").write_text(HEAD + toml, encoding="utf-8")
    (folder / "schema.sql").write_text(schema, encoding="utf-8")
    return spec.read(folder)


def one_column(folder: Path, column: str, rows: int) -> Population:
    """A table t with ``id`` and the column ``c``, which is written as in dataset.toml."""
    toml = (
        f'[tables.t]\nshare = 1.0\n[tables.t.columns]\nid = {{ kind = "sequence" }}\nc = {column}\n'
    )
    return written(folder, toml, "CREATE TABLE t (id bigint, c text);").population(rows)
