"""The name under which a loaded dataset is kept, and the marker that says it is whole."""

import json
from hashlib import sha256
from pathlib import Path

from workbench.datasets.spec import Spec, scale_name

_GENERATOR = (
    "block", "declaration", "exact", "fields", "generate", "streams", "words", "zipf",
)  # fmt: skip


def key(spec: Spec, scale: str | int, seed: int | None = None) -> str:
    """Such as todos-small-2-1f0c93ab: another one when the spec or the generator changes."""
    used = spec.seed if seed is None else seed
    return f"{spec.name}-{scale_name(scale)}-{used}-{_digest(spec)}"


def marker(spec: Spec, scale: str | int, seed: int | None = None) -> str:
    """What is written into a database when, and only when, all of the dataset is in it."""
    return json.dumps({"workbench": key(spec, scale, seed)})


def _digest(spec: Spec) -> str:
    """Eight hex digits over everything that the rows and tables are made from."""
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in _GENERATOR]
    own = [spec.file, spec.folder / "schema.sql", *sorted((spec.folder / "words").glob("*.txt"))]
    lists = sorted((here / "words").glob("*.txt"))
    digest = sha256()
    for file in [*code, *sorted((here / "kinds").glob("*.py")), *lists, *own]:
        digest.update(file.name.encode())
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
