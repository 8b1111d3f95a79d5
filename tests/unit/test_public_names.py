"""``import workbench`` gives the public names, and costs next to nothing."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import workbench

HEAVY = {
    "docker", "numpy", "pandas", "plotly", "polars", "psycopg", "scipy", "sqlalchemy", "sqlglot",
    "testcontainers",
}  # fmt: skip


def homes() -> dict[str, str]:
    """The module that each public name comes from, as type checkers are told."""
    tree = ast.parse(Path(workbench.__file__).read_text(encoding="utf-8"))
    imports = (node for block in tree.body if isinstance(block, ast.If) for node in ast.walk(block))
    return {
        alias.name: node.module
        for node in imports
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def imported_by(*arguments: str) -> set[str]:
    """The top-level packages that a fresh Python imports."""
    command = [sys.executable, "-X", "importtime", *arguments]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines()}


def test_public_names_are_sorted_and_complete() -> None:
    assert workbench.__all__ == sorted(set(workbench.__all__))
    assert set(workbench.__all__) == set(homes())


@pytest.mark.parametrize("name", workbench.__all__)
def test_a_public_name_is_what_its_home_defines(name: str) -> None:
    assert getattr(workbench, name) is getattr(import_module(homes()[name]), name)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'workbench' has no attribute 'open_sever'"):
        workbench.open_sever  # noqa: B018


@pytest.mark.parametrize("arguments", [("-c", "import workbench"), ("-m", "workbench", "--help")])
def test_nothing_heavy_is_imported_before_it_is_needed(arguments: tuple[str, ...]) -> None:
    imported = imported_by(*arguments)
    assert "workbench" in imported
    assert imported & HEAVY == set()
