"""The commands around scratch servers."""

import os
import subprocess
import sys

import click

from workbench.cli.console import notice, progress_bar, show
from workbench.cli.statements import SCALE, WHERE


@click.group()
def server() -> None:
    """Scratch servers that stay up between commands, and what is kept on disk."""


@server.command("start")
@click.argument("dataset", metavar="NAME|PATH")
@SCALE
@WHERE
def server_start(dataset: str, scale: str, server: str) -> None:
    """Start a server with a dataset and leave it running."""
    from workbench import datasets
    from workbench.datasets import cache
    from workbench.servers import background
    from workbench.session import open_server

    key = cache.key(datasets.open(dataset), scale)
    held = background.start(server, key, notice)
    with progress_bar() as progress, open_server(server, notify=notice) as opened:
        opened.load(dataset, scale, progress=progress)
    click.echo(f"{key} runs at {held.address}; end it with: workbench server stop")


@server.command("status")
def server_status() -> None:
    """List the servers that were left running, and what is kept on disk."""
    from rich.table import Table

    from workbench.plans import figures
    from workbench.servers import background, inventory

    running, kept = background.status(), inventory.entries()
    table = Table(box=None, pad_edge=False, show_header=False)
    for held in running:
        table.add_row("running", held.key, held.kind, held.address)
    for entry in kept:
        size = "" if entry.size_bytes is None else figures.kilobytes(entry.size_bytes / 1024)
        table.add_row("in use" if entry.in_use else "kept", entry.name, entry.kind, size)
    if running or kept:
        show(table)
    else:
        click.echo("nothing runs and nothing is kept")


@server.command("stop")
@click.argument("key", required=False)
def server_stop(key: str | None) -> None:
    """Stop the server of KEY (see status), or every server that was left running."""
    from workbench.servers import background

    stopped = background.stop(key)
    click.echo("\n".join(f"stopped {held.key}" for held in stopped) or "no server was running")


@server.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("dataset", metavar="NAME|PATH")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@SCALE
@WHERE
def server_psql(dataset: str, arguments: tuple[str, ...], scale: str, server: str) -> int:
    """Open psql on a dataset; ARGUMENTS are psql's own, such as -c 'SELECT 1'."""
    from workbench.servers import binaries
    from workbench.session import open_server

    with open_server(server, notify=notice) as opened:
        with progress_bar() as progress:
            database = opened.load(dataset, scale, progress=progress)
        command, variables = binaries.psql(database.conninfo)
        return subprocess.run([*command, *arguments], env={**os.environ, **variables}).returncode


@server.command("clean")
@click.option("--yes", is_flag=True, help="Do not ask.")
def server_clean(yes: bool) -> None:
    """Remove every dataset and template that is kept on disk and not in use."""
    from workbench.servers import inventory

    kept = [entry for entry in inventory.entries() if not entry.in_use]
    if not kept:
        click.echo("nothing is kept that could be removed")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("add --yes; standard input is no terminal to ask on")
        names = ", ".join(entry.name for entry in kept)
        if not click.confirm(f"Remove {names}?"):
            return
    removed = inventory.clean(notice)
    click.echo("\n".join(f"removed {entry.name}" for entry in removed))


@click.command()
def doctor() -> None:
    """Say what this machine offers and which settings scratch servers run with."""
    from rich.table import Table
    from rich.text import Text

    from workbench.servers.doctor import examine

    styles = {"ok": "green", "missing": "red", "note": "yellow"}
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in examine():
        state = Text(finding.state, style=styles[finding.state])
        table.add_row(Text(finding.check), state, Text(finding.detail))
    show(table)
