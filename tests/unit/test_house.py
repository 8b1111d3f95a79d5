"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_FILE_LINES, MOST_FUNCTION_LINES, USUAL_FUNCTION_LINES = 400, 60, 30
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root|home/\w+|Users/\w+)/")
REGISTRY = re.compile(
    r"files\.pythonhosted|pypi\.org/simple|registry\.npmjs|deb\.debian\.org|registry-1\.docker"
)
BINARY = {".png", ".jpg", ".gz", ".woff2", ".whl", ".pdf"}


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the repository, or of an unpacked copy of it."""
    if not (ROOT / ".git").exists():
        own = ("workbench", "datasets", "tests", "benchmarks", "notebooks", ".ci")
        return tuple(file for name in own for file in (ROOT / name).rglob("*") if file.is_file())
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / name for name in listing.split("\0") if name)
    return tuple(file for file in files if file.is_file())


@cache
def sources() -> tuple[Path, ...]:
    return tuple(file for file in tracked() if file.suffix == ".py")


@cache
def functions() -> dict[str, int]:
    """The lines that each function takes, by ``file:line name``."""
    found = {}
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                place = f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
                found[place] = node.end_lineno - node.lineno + 1
    return found


def mentions(pattern: re.Pattern[str]) -> Iterator[str]:
    """The places in tracked files where a pattern is found."""
    for file in tracked():
        if file.suffix in BINARY:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield f"{file.relative_to(ROOT)}:{number} {line.strip()[:80]}"


def test_there_is_something_to_look_at() -> None:
    assert len(sources()) > 50
    assert len(functions()) > 500


def test_no_file_is_too_long() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in sources()}
    assert {str(file): n for file, n in lengths.items() if n > MOST_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    assert {name: n for name, n in functions().items() if n > MOST_FUNCTION_LINES} == {}


def test_nine_functions_in_ten_are_short() -> None:
    own = [n for place, n in functions().items() if place.startswith("workbench")]
    assert sum(n < USUAL_FUNCTION_LINES for n in own) >= 0.9 * len(own)


def test_no_module_has_a_vague_name() -> None:
    names = {
        part.removesuffix(".py") for file in sources() for part in file.relative_to(ROOT).parts
    }
    assert [name for name in sorted(names) if name.rpartition("_")[2] in VAGUE] == []


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine", "registry"])
def test_nothing_of_one_machine_is_written_down(pattern: re.Pattern[str]) -> None:
    assert list(mentions(pattern)) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "open('/" + "root/x')"),
        (REGISTRY, "https://" + "pypi.org" + "/simple"),
    ],
)
def test_the_rules_see_what_they_forbid(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
