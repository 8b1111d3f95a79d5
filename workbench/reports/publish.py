"""Reports on disk: one page a notebook, or a site with an index; whole files or none."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.errors import InputError
from workbench.reports import chromium, page_html
from workbench.reports.notebook import Notebook
from workbench.whole_files import write_whole

Step = Callable[[str, int, int], None]


def prepare(folder: Path, *, force: bool) -> None:
    """Make the folder for reports; raises InputError when it holds something already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be used: {error.strerror}") from error
    if occupied and not force:
        raise InputError(f"{folder} is not empty; choose another or give --force")


def publish(
    notebooks: Sequence[Notebook],
    folder: Path,
    *,
    site: bool = False,
    pdf: bool = False,
    pev2: str = "",
    step: Step = lambda what, done, total: None,
) -> list[Path]:
    """The files written: a page for each notebook, with ``site`` an index and one shared script.

    ``pdf`` prints each page as well; ``pev2`` is the packed viewer for the plans. Raises
    InputError when two notebooks have one name.
    """
    twice = {each.name for each in notebooks if [n.name for n in notebooks].count(each.name) > 1}
    if twice:
        raise InputError(f"two notebooks are named {min(twice)}; give them different names")
    if pdf:
        chromium.require()
    written: list[Path] = []
    for done, notebook in enumerate(notebooks):
        step(f"rendering {notebook.name}", done, len(notebooks))
        links = {"shared": page_html.SHARED_SCRIPT, "home": "index.html"} if site else {}
        written.append(
            _write(folder / f"{notebook.name}.html", page_html.page(notebook, pev2=pev2, **links))
        )
        if pdf:
            written.append(_pdf(notebook, folder))
    if site and pev2:
        viewer = f'window.pev2Packed = "{pev2}";'
        written.append(_write(folder / page_html.SHARED_PEV2, viewer))
    if site:
        written.append(_write(folder / page_html.SHARED_SCRIPT, page_html.shared_script()))
        written.append(_write(folder / "index.html", page_html.index(_site_title(), notebooks)))
    return written


def _site_title() -> str:
    return "What was promised, and what was measured"


def _write(path: Path, text: str) -> Path:
    write_whole(path, text)
    return path


def _pdf(notebook: Notebook, folder: Path) -> Path:
    """The page on paper: printed from a self-contained copy, so that no policy is in the way."""
    output = folder / f"{notebook.name}.pdf"
    with TemporaryDirectory(prefix="workbench-") as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(page_html.page(notebook), encoding="utf-8")
        chromium.print_pdf(page, output)
    return output
