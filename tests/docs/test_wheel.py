"""The wheel holds what the workbench needs, and works where there is no checkout."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("workbench-*.whl")
    return built


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    for source, target in (("workbench", "workbench"), ("datasets", "workbench/shipped_datasets")):
        files = [file for file in (ROOT / source).rglob("*") if file.is_file()]
        wanted = {f"{target}/{file.relative_to(ROOT / source).as_posix()}" for file in files}
        wanted = {name for name in wanted if "__pycache__" not in name}
        assert wanted <= names
    assert "workbench/shipped_datasets/todos/dataset.toml" in names
    assert "workbench/shipped_datasets/todos/queries/open_todos.sql" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "datasets"))]


def test_the_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(place), str(wheel)], check=True)
    run = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(place)}, "text": True}
    code = "import workbench; print(workbench.__file__)"
    home = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, **run)
    assert Path(home.stdout.strip()).is_relative_to(place)
    command = [sys.executable, "-m", "workbench", "datasets", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, **run).stdout
    shipped = {file.parent.name for file in ROOT.glob("datasets/*/dataset.toml")}
    assert shipped <= {line.split()[0] for line in listed.splitlines() if line.strip()}
