"""What the commands print: results on stdout, everything else on stderr."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.errors import InputError
from workbench.whole_files import write_whole

if TYPE_CHECKING:
    from rich.console import RenderableType

Progress = Callable[[str, int, int], None]
FILE_WIDTH = 100
MANY_ROWS = 1000  # only rows are counted in such numbers


def say(message: str) -> None:
    """One line on stderr."""
    notice(f"workbench: {' '.join(message.split())}")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A line on stderr that says what is going on; nothing when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    texts = TextColumn("{task.description}"), TextColumn("{task.fields[speed]}")
    columns = (texts[0], BarColumn(), MofNCompleteColumn(), texts[1], TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None, speed="")
        current = ""

        def advance(what: str, done: int, total: int) -> None:
            nonlocal current
            if what != current:
                current = what
                bar.reset(task, total=total or None, description=what, speed="")
            speed = bar.tasks[0].speed if total >= MANY_ROWS else None
            words = f"{speed / 1000:,.0f}k rows/s" if speed else ""
            bar.update(task, completed=done, total=total or None, speed=words)

        yield advance


def notice(message: str) -> None:
    """Something that the user should know, on stderr; above the progress bar if there is one."""
    print(message, file=sys.stderr, flush=True)  # click.echo would write through the bar


def stdin(files: Sequence[str]) -> bytes:
    """Standard input, read only where ``-`` is among the files."""
    return sys.stdin.buffer.read() if "-" in files else b""


def show(what: "RenderableType", output: Path | None = None) -> None:
    """Something rich can draw, plain where stdout is no terminal."""
    from rich.console import Console

    if output is None and sys.stdout.isatty():
        Console(highlight=False).print(what, crop=False)
        return
    width = None if output is None else FILE_WIDTH
    console = Console(highlight=False, file=StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(what, crop=False)
    write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()), output)


def write(text: str, output: Path | None) -> None:
    """To stdout, or to a file that is whole or not there at all."""
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text)


def check_output(output: Path | None) -> None:
    """Raise InputError for a file that cannot be written, before the work for it begins."""
    folder = output.resolve().parent if output else Path()
    if not folder.is_dir():
        raise InputError(f"cannot write {output}: there is no directory {folder}")
    if not os.access(folder, os.W_OK):
        raise InputError(f"cannot write {output}: the directory {folder} is not writable")
