"""Running notebooks: top to bottom in a fresh kernel, with pictures beside the charts."""

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat

from workbench.errors import InputError
from workbench.reports import chromium
from workbench.reports.cells import PLOTLY
from workbench.reports.notebook import Notebook, of_node
from workbench.whole_files import write_whole

CELL_TIMEOUT_S = 600
PICTURE_SIZE = {"width": 800, "height": 450}
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
KEPT = ("tags",)
WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path, environment: Mapping[str, str] | None = None) -> Notebook:
    """The notebook of a file after a run in a fresh kernel; the file itself is not changed.

    The run goes on after a cell that fails, so that a report can show all that failed. Raises
    InputError when no kernel starts or a cell takes longer than ten minutes.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    node = nbformat.read(path, as_version=4)
    for cell in node.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
    node.metadata.kernelspec = KERNEL
    client = NotebookClient(
        node,
        timeout=CELL_TIMEOUT_S,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(path.resolve().parent)}},
        allow_errors=True,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        with _environment(environment or {}):
            client.execute()
    except NoSuchKernel as error:
        raise InputError(
            "no Python kernel is installed; pip install 'workbench[notebooks]'"
        ) from error
    except CellTimeoutError as error:
        raise InputError(f"a cell of {path} ran longer than {CELL_TIMEOUT_S} s") from error
    except DeadKernelError as error:
        raise InputError(f"the kernel died while {path} ran") from error
    _without_widgets(node)
    node.metadata.workbench = _provenance()
    return of_node(path, node)


def _without_widgets(node: Any) -> None:  # noqa: ANN401 - nbformat has no types
    """Leave the other form of an output that is also a widget: a widget ends with its kernel."""
    outputs = [output for cell in node.cells for output in cell.get("outputs", ())]
    for output in outputs:
        if PLOTLY in output.get("data", {}):
            output.data.pop(WIDGET, None)
    if not any(WIDGET in output.get("data", {}) for output in outputs):
        node.metadata.pop("widgets", None)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the kernel, which inherits ours."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _provenance() -> dict[str, str]:
    return {
        "executed": f"{datetime.now(UTC):%Y-%m-%d}",
        "workbench": version("workbench"),
        "scale": os.environ.get("WORKBENCH_SCALE", "small"),
    }


def refresh(path: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> Notebook:
    """Run the notebook of a file and write it back, with a picture of every chart.

    A notebook in which a cell fails is not written: raises InputError that names the cell.
    """
    found = execute(path, environment)
    if found.failures:
        first = found.failures[0]
        raise InputError(f"{path} is left as it was: cell {first.number} failed: {first.message}")
    add_pictures(found.node, say)
    write_whole(path, nbformat.writes(found.node) + "\n")
    return found


def add_pictures(node: Any, say: Callable[[str], None]) -> None:  # noqa: ANN401
    """Put a PNG beside every chart, for readers that run no scripts; needs Chromium."""
    bundles = [
        output.data
        for cell in node.cells
        for output in cell.get("outputs", ())
        if PLOTLY in output.get("data", {})
    ]
    if not bundles:
        return
    if chromium.find() is None:
        say("no Chromium was found, so the charts have no pictures for readers without scripts")
        return
    with _drawing() as draw:
        for data in bundles:
            data["image/png"] = b64encode(draw(data[PLOTLY])).decode()


@contextmanager
def _drawing() -> Iterator[Callable[[Mapping[str, Any]], bytes]]:
    """A function that draws a figure's JSON as PNG, in one browser for all of them."""
    import kaleido

    def draw(figure: Mapping[str, Any]) -> bytes:
        layout = figure.get("layout", {})
        size = {name: layout.get(name) or usual for name, usual in PICTURE_SIZE.items()}
        plain = json.loads(json.dumps(figure))
        return bytes(kaleido.calc_fig_sync(plain, opts={"format": "png", **size}))

    kaleido.start_sync_server(path=chromium.require(), mathjax=False, silence_warnings=True)
    try:
        yield draw
    finally:
        kaleido.stop_sync_server(silence_warnings=True)
