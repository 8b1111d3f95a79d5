"""What the commands print: results on stdout, everything else on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

Progress = Callable[[str, int, int], None]
FILE_WIDTH = 100


def say(message: str) -> None:
    """One line on stderr."""
    click.echo(f"workbench: {' '.join(message.split())}", err=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A line on stderr that says what is going on; nothing when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        current = ""

        def advance(what: str, done: int, total: int) -> None:
            nonlocal current
            if what != current:
                current = what
                bar.reset(task, description=what)
            bar.update(task, completed=done, total=total or None)

        yield advance


def notice(message: str) -> None:
    """Something that the user should know, on stderr."""
    click.echo(message, err=True)


def stdin(files: Sequence[str]) -> bytes:
    """Standard input, read only where ``-`` is among the files."""
    return sys.stdin.buffer.read() if "-" in files else b""


def show(what: "RenderableType", output: Path | None = None) -> None:
    """Something rich can draw, plain where stdout is no terminal."""
    from rich.console import Console

    if output is None and sys.stdout.isatty():
        Console(highlight=False).print(what)
        return
    width = None if output is None else FILE_WIDTH
    console = Console(highlight=False, file=StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(what)
    write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()), output)


def write(text: str, output: Path | None) -> None:
    """To stdout, or to a file that is whole or not there at all."""
    if output is None:
        click.echo(text, nl=False)
        return
    part = output.with_name(f".{output.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"cannot write {output}: {error.strerror}") from None
