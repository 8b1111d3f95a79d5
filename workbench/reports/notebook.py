"""A notebook file, read and checked: its title, its verdicts, and what failed in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from workbench.errors import InputError

MOST_BYTES = 50_000_000
VERDICT_TAG = "verdict"


@dataclass(frozen=True)
class FailedCell:
    """A code cell that ended with an error; ``number`` counts the cells from 1."""

    number: int
    message: str


@dataclass(frozen=True)
class Notebook:
    """An executed notebook; ``verdicts`` is what its cells tagged "verdict" print."""

    path: Path
    node: Any
    title: str
    summary: str
    verdicts: tuple[str, ...]
    failures: tuple[FailedCell, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def cells(self) -> list[Any]:
        """The cells, in order."""
        return list(self.node.cells)

    @property
    def provenance(self) -> dict[str, str]:
        """What ``workbench notebooks refresh`` noted when it ran the notebook; may be empty."""
        return {str(k): str(v) for k, v in self.node.metadata.get("workbench", {}).items()}


def read(path: Path) -> Notebook:
    """The notebook in a file; raises InputError when it is none, too large, or never was run."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"{path} has {size / 1e6:.0f} MB and at most {MOST_BYTES / 1e6:.0f} can be shown; "
                "clear the outputs of the cells that print or plot too much"
            )
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
            raise ValueError("a notebook is an object that names its format")
        node = nbformat.reads(text, as_version=4)
        nbformat.validate(node)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, nbformat.ValidationError) as error:
        raise InputError(f"{path} is not a Jupyter notebook") from error
    return of_node(path, node)


def of_node(path: Path, node: Any) -> Notebook:  # noqa: ANN401 - nbformat has no types
    """A notebook that was read or just executed; raises InputError when it has no outputs."""
    code = [cell for cell in node.cells if cell.cell_type == "code" and cell.source.strip()]
    if code and not any(cell.get("outputs") for cell in code):
        raise InputError(f"{path} has no outputs; run it first, or give --execute")
    return Notebook(
        path=path,
        node=node,
        title=_title(node) or path.stem,
        summary=_summary(node),
        verdicts=tuple(_verdicts(node)),
        failures=tuple(_failures(node)),
    )


def _prose(node: Any) -> str:  # noqa: ANN401
    return "\n\n".join(cell.source for cell in node.cells if cell.cell_type == "markdown")


def _title(node: Any) -> str:  # noqa: ANN401
    found = re.search(r"^#\s+(.+)$", _prose(node), re.MULTILINE)
    return found.group(1).strip() if found else ""


def _summary(node: Any) -> str:  # noqa: ANN401
    """The first paragraph of prose, without its marks."""
    for block in re.split(r"\n\s*\n", _prose(node)):
        if block.strip() and not block.lstrip().startswith(("#", "|", "<", "-", "*", "```")):
            return re.sub(r"\[([^]]*)\]\([^)]*\)|[*_`]", r"\1", " ".join(block.split()))
    return ""


def _verdicts(node: Any) -> Iterator[str]:  # noqa: ANN401
    for cell in node.cells:
        if VERDICT_TAG in cell.metadata.get("tags", ()):
            for output in cell.get("outputs", ()):
                text = output.get("text") or output.get("data", {}).get("text/plain", "")
                yield from (line.strip() for line in text.splitlines() if line.strip())


def _failures(node: Any) -> Iterator[FailedCell]:  # noqa: ANN401
    for number, cell in enumerate(node.cells, start=1):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                yield FailedCell(number, f"{output.ename}: {output.evalue}".strip(": "))
