"""What a committed notebook must be like; each rule yields a line for each breach."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

MOST_CODE_LINES = 6
CHECKED = "# NBVAL_CHECK_OUTPUT"
SECTIONS = (
    "Question",
    "What we expect and why",
    "Setup",
    "The plan",
    "The measurement",
    "The picture",
    "Verdict",
    "When this does not hold",
    "Next",
)
# 3x, 12.5 ms, 80 %, 64 kB: a figure with a unit, as prose would quote a measurement
FIGURE = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?:\s|\u202f|\u00a0)?"
    r"(×|x\b|%|ms\b|µs\b|us\b|s\b|kB\b|MB\b|GB\b|rows\b|statements\b)"
)

Node = Any
Rule = Callable[[Node], Iterator[str]]


def breaches(node: Node) -> list[str]:
    """Every breach of every rule."""
    return [line for rule in RULES for line in rule(node)]


def code_cells(node: Node) -> Iterator[tuple[int, Node]]:
    for number, cell in enumerate(node.cells, start=1):
        if cell.cell_type == "code":
            yield number, cell


def prose(node: Node) -> str:
    return "\n\n".join(cell.source for cell in node.cells if cell.cell_type == "markdown")


def printed(node: Node) -> str:
    """All text that the cells print or show."""
    texts = []
    for _, cell in code_cells(node):
        for output in cell.outputs:
            texts.append(output.get("text", ""))
            data = output.get("data", {})
            texts += [str(data.get(kind, "")) for kind in ("text/plain", "text/html")]
            texts.append(str(data.get("application/vnd.plotly.v1+json", "")))
    return "\n".join(texts)


def is_checked(cell: Node) -> bool:
    return CHECKED in cell.source.splitlines()


def was_executed(node: Node) -> Iterator[str]:
    """nbval compares nothing in a cell without a count, so a stripped notebook would pass."""
    counts = []
    for number, cell in code_cells(node):
        if cell.execution_count is None:
            yield f"cell {number} was not executed"
        else:
            counts.append(cell.execution_count)
        if is_checked(cell) and not cell.outputs:
            yield f"cell {number} is checked and has no output"
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"cell {number} failed"
    if counts != list(range(1, len(counts) + 1)):
        yield "the cells were not run once, from top to bottom"


def has_verdict(node: Node) -> Iterator[str]:
    tagged = [cell for _, cell in code_cells(node) if "verdict" in cell.metadata.get("tags", ())]
    if not tagged:
        yield "no cell is tagged verdict"
    for cell in tagged:
        if not is_checked(cell):
            yield "a cell tagged verdict is not checked"


def code_is_short(node: Node) -> Iterator[str]:
    """Imports do not count: a reader passes over them."""
    for number, cell in code_cells(node):
        lines = [line for line in cell.source.splitlines() if line.strip() and line != CHECKED]
        lines = [line for line in lines if not line.startswith(("import ", "from "))]
        if len(lines) > MOST_CODE_LINES and not cell.source.startswith("%%"):
            yield f"cell {number} has {len(lines)} lines of code, more than {MOST_CODE_LINES}"


def defines_nothing(node: Node) -> Iterator[str]:
    """A function belongs in the package, where it is tested."""
    for number, cell in code_cells(node):
        if cell.source.lstrip().startswith("%"):
            continue
        tree = ast.parse("\n".join(line for line in cell.source.splitlines() if line[:1] != "%"))
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if any(isinstance(each, kinds) for each in ast.walk(tree)):
            yield f"cell {number} defines a function or class"


def has_sections(node: Node) -> Iterator[str]:
    found = re.findall(r"^##\s+(.+?)\s*$", prose(node), re.MULTILINE)
    wanted = [name for name in SECTIONS if name in found]
    for name in SECTIONS:
        if name not in found:
            yield f"there is no section named {name}"
    if wanted != [name for name in found if name in SECTIONS]:
        yield "the sections are not in their order"


def more_prose_than_code(node: Node) -> Iterator[str]:
    code = sum(len(cell.source) for _, cell in code_cells(node))
    if len(prose(node)) <= code:
        yield "there is more code than prose"


def quotes_what_is_printed(node: Node) -> Iterator[str]:
    """A number in prose must be one that a cell shows."""
    shown = re.sub(r"[\s\u202f\u00a0]+", " ", printed(node))
    for match in FIGURE.finditer(prose(node)):
        number = re.escape(match.group(1))
        if not re.search(rf"(?<![\d.,]){number}(?![\d.,]*\d)", shown):
            yield f"prose quotes {match.group(0)}, which no cell prints"


def shows_charts_to_all(node: Node) -> Iterator[str]:
    for number, cell in code_cells(node):
        for output in cell.outputs:
            data = output.get("data", {})
            if "application/vnd.plotly.v1+json" in data and "image/png" not in data:
                yield f"cell {number} has a chart without a picture"


def shows_nothing_empty(node: Node) -> Iterator[str]:
    """As when something prints that was meant to give a text."""
    for number, cell in code_cells(node):
        for output in cell.outputs:
            html = output.get("data", {}).get("text/html")
            if html is not None and not re.sub(r"<[^>]*>|\s", "", html):
                yield f"cell {number} shows something empty"


RULES: tuple[Rule, ...] = (
    was_executed,
    has_verdict,
    code_is_short,
    defines_nothing,
    has_sections,
    more_prose_than_code,
    quotes_what_is_printed,
    shows_charts_to_all,
    shows_nothing_empty,
)
