"""The commands around notebooks: open them, run them again, share them."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import workbench
from workbench.cli.console import notice, progress_bar
from workbench.cli.statements import WHERE
from workbench.errors import InputError

NOTEBOOKS = click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path))


@click.command()
@click.argument("notebooks", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder for the reports; it is made if need be.",
)
@click.option("--execute", is_flag=True, help="Run each notebook first; its file stays as it is.")
@click.option("--site", is_flag=True, help="Add an index page; the pages share one script.")
@click.option("--pdf", is_flag=True, help="Print each page as PDF too (needs Chromium).")
@click.option(
    "--pev2",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where `npm install pev2` was run: a button opens each plan in that viewer (+0.4 MB).",
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
def report(
    notebooks: tuple[Path, ...],
    output: Path,
    execute: bool,
    site: bool,
    pdf: bool,
    pev2: Path | None,
    force: bool,
) -> int:
    """Turn notebooks into HTML pages that need no Python and no network.

    Exit status 1 when a cell of a notebook failed; the page says so on top.
    """
    with _notebooks_extra():
        from workbench.reports import chromium, execution, notebook, publish
        from workbench.reports.pev2 import packed

    if pdf:
        chromium.require()
    viewer = packed(pev2) if pev2 else ""
    publish.prepare(output, force=force)
    with progress_bar() as progress:
        found = []
        for done, path in enumerate(notebooks):
            progress(f"running {path.name}" if execute else path.name, done, len(notebooks))
            found.append(execution.execute(path) if execute else notebook.read(path))
        written = publish.publish(found, output, site=site, pdf=pdf, pev2=viewer, step=progress)
    for path in written:
        click.echo(path)
    broken = [each for each in found if each.failures]
    for each in broken:
        cells = "1 cell" if len(each.failures) == 1 else f"{len(each.failures)} cells"
        notice(f"workbench: {cells} failed in {each.path}, see the top of its page")
    return 1 if broken else 0


@click.group()
def notebooks() -> None:
    """The notebooks of the workbench."""


@notebooks.command("refresh")
@NOTEBOOKS
@WHERE
def notebooks_refresh(notebooks: tuple[Path, ...], server: str) -> int:
    """Run notebooks (default: all) and write their outputs into them.

    A notebook with a failing cell stays as it was. WORKBENCH_SCALE runs them on more rows.
    """
    with _notebooks_extra():
        from workbench.reports import execution

    paths = notebooks or tuple(sorted(_folder().glob("*.ipynb")))
    failed = 0
    with progress_bar() as progress:
        for done, path in enumerate(paths):
            progress(f"running {path.name}", done, len(paths))
            try:
                found = execution.refresh(path, {"WORKBENCH_SERVER": server}, notice)
            except InputError as error:
                failed += 1
                notice(f"workbench: {error}")
            else:
                click.echo(f"{path}: {' · '.join(found.verdicts[-1:]) or 'no verdict'}")
    return 1 if failed else 0


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Another folder of notebooks than those of the workbench.",
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def lab(folder: Path | None, options: tuple[str, ...]) -> int:
    """Open the notebooks in JupyterLab; further OPTIONS go to it as they are."""
    with _notebooks_extra():
        from jupyterlab.labapp import LabApp

    sys.argv[0] = "jupyter-lab"
    LabApp.launch_instance([f"--notebook-dir={folder or _folder()}", *options])
    return 0


def _folder() -> Path:
    """The notebooks of this clone, else a copy of those that came with the package."""
    package = Path(workbench.__file__).parent
    if (package.parent / "pyproject.toml").exists():
        return package.parent / "notebooks"
    copy = Path("workbench-notebooks")
    if not copy.exists():
        shutil.copytree(package / "shipped_notebooks", copy)
        notice(f"the notebooks were copied to {copy.resolve()}")
    return copy


@contextmanager
def _notebooks_extra() -> Iterator[None]:
    """Says which extra is missing when an import of the block fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"{error.name} is not installed; pip install 'workbench[notebooks]'"
        ) from error
