"""The ``workbench`` command: parse, call, print.

Results go to stdout, progress and notices to stderr. Exit status: 0 done, 1 it could not be done,
2 wrong usage, 130 interrupted.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from workbench.errors import InputError, WorkbenchError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.session import Database

Progress = Callable[[str, int, int], None]
FORMATS = ("table", "json", "sql")
KINDS = ("btree", "partial")
WHERE = click.Choice(["auto", "embedded", "container"])


def main() -> NoReturn:
    """Run the command line and leave with its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    debug = "--debug" in sys.argv
    try:
        status = cli.main(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; nothing was left behind")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except WorkbenchError as error:
        _fail(str(error), debug)
    except Exception as error:  # the command line's edge
        _fail(f"{type(error).__name__}: {error} (this is a fault of the workbench)", debug)


def _fail(message: str, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    _say(message)
    sys.exit(1)


def _say(message: str) -> None:
    """One line on stderr."""
    click.echo(f"workbench: {' '.join(message.split())}", err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="workbench")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Find out what would make a Postgres workload faster, by how much, and at what price."""


def _database_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where statements are tried."""
    options = [
        click.option(
            "--dataset",
            metavar="NAME|PATH",
            help="A shipped synthetic dataset or a folder with one. Default: the one whose tables "
            "the statements name.",
        ),
        click.option(
            "--scale",
            default="small",
            show_default=True,
            metavar="small|medium|large|ROWS",
            help="Rows of the dataset's biggest table: 100 thousand, 1 million, 10 million, or a "
            "number.",
        ),
        click.option(
            "--db",
            metavar="URL",
            help="An existing database instead. It is only read: nothing is created or run there.",
        ),
        click.option(
            "--disposable",
            is_flag=True,
            help="The --db may be changed: indexes are built, measured and dropped again.",
        ),
        click.option(
            "--server",
            type=WHERE,
            default="auto",
            show_default=True,
            help="Where the scratch Postgres comes from; WORKBENCH_SERVER says what auto means.",
        ),
        click.option(
            "--seed", type=int, default=0, show_default=True, help="Seed of the run order."
        ),
        click.option(
            "--timeout",
            "timeout_s",
            type=click.FloatRange(min=0.001),
            default=60.0,
            show_default=True,
            metavar="SECONDS",
            help="Longest time for one statement.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command("suggest-indexes")
@click.argument("files", nargs=-1, metavar="[FILE.sql ...|-]")
@_database_options
@click.option(
    "--budget", metavar="64MB|25%", help="Most bytes for the new indexes; % is of the tables' heap."
)
@click.option("--max-indexes", type=click.IntRange(min=0), metavar="N", help="Most new indexes.")
@click.option(
    "--kinds",
    default=",".join(KINDS),
    show_default=True,
    metavar="KIND,...",
    help="Kinds of index to consider.",
)
@click.option("--no-measure", is_flag=True, help="Planner's estimates only; nothing is timed.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", help="Form of the answer."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the answer to a file instead of stdout.",
)
def suggest_indexes(
    files: tuple[str, ...],
    budget: str | None,
    max_indexes: int | None,
    kinds: str,
    no_measure: bool,
    form: str,
    output: Path | None,
    seed: int,
    timeout_s: float,
    **where: Any,  # noqa: ANN401 - the options of _database_options
) -> int:
    """Suggest indexes for the statements in FILE.sql (- is stdin), built and proven by running.

    A statement may be named and weighted by `-- name: open_todos` and `-- weight: 120` lines above
    it; `-- param: name=value` gives a parameter its value.
    """
    if not files:
        raise click.UsageError("name a file with SQL statements, or - for stdin")
    from workbench.indexes.advise import Options
    from workbench.workload import files as sources

    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    options = Options.parse(budget, max_indexes, wanted, not no_measure, seed, timeout_s)
    statements = sources.read(files, _stdin(files))
    with _progress() as progress, _database(statements, progress, **where) as database:
        advice = database.advise(statements, options, progress)
    if form == "table":
        from workbench.reports.advice_table import AdviceTable

        _print(AdviceTable(advice), output)
    else:
        _write(advice.to_json() + "\n" if form == "json" else advice.to_sql(), output)
    return 1 if advice.failed else 0


@cli.command()
@click.argument("file", metavar="FILE.sql|-")
@_database_options
@click.option("--index", metavar="DDL", help="A CREATE INDEX statement to try: before and after.")
@click.option("--no-measure", is_flag=True, help="The planner's estimates; nothing is run.")
def explain(
    file: str, index: str | None, no_measure: bool, seed: int, timeout_s: float, **where: Any
) -> int:  # noqa: ANN401
    """Show the plan of each statement as a tree, run once unless it is only to be read."""
    from workbench.db import settings
    from workbench.reports.plan_tree import BeforeAfter, PlanTree
    from workbench.workload import files as sources
    from workbench.workload.query import Failure

    statements = sources.read([file], _stdin([file]))
    failed = planned = 0
    with _progress() as progress, _database(statements, progress, **where) as database:
        analyze = not no_measure and database.server.disposable
        limit_ms = max(1, round(timeout_s * 1000))
        with settings(database.connection, statement_timeout=limit_ms):
            for found in database.plans(statements, analyze=analyze, index=index):
                if isinstance(found, Failure):
                    _say(str(found))
                    failed += 1
                    continue
                query, before, after = found
                planned += 1
                tree = PlanTree(before, query.name)
                _print(BeforeAfter(before, after) if after else tree, None)
    return 1 if failed and not planned else 0


@cli.group("datasets")
def datasets_group() -> None:
    """The synthetic datasets."""


@datasets_group.command("list")
def datasets_list() -> None:
    """Name the shipped datasets with their tables and rows at scale small."""
    from rich.table import Table

    from workbench import datasets

    table = Table("dataset", "tables", "rows at small", "queries", box=None, pad_edge=False)
    for spec in datasets.available():
        rows = sum(spec.rows("small").values())
        table.add_row(
            spec.name, ", ".join(spec.table_names), f"{rows:,}", str(len(spec.query_files))
        )
    _print(table, None)


@datasets_group.command("load")
@click.argument("name", metavar="NAME|PATH")
@click.option("--scale", default="small", show_default=True, metavar="small|medium|large|ROWS")
@click.option("--server", type=WHERE, default="auto", show_default=True, help="Where it goes.")
@click.option("--data-seed", type=int, metavar="N", help="Another seed than the dataset's own.")
def datasets_load(name: str, scale: str, server: str, data_seed: int | None) -> None:
    """Load a dataset into a scratch server, where it is kept for the next time."""
    from workbench.session import open_server

    with _progress() as progress, open_server(server, notify=_notice) as opened:
        database = opened.load(name, scale, data_seed, progress)
        rows = sum((database.dataset or {"rows": {}})["rows"].values())
    click.echo(f"{database.name}: {rows:,} rows at scale {scale}, kept for the next time")


@cli.group("server")
def server_group() -> None:
    """A scratch server that stays up between commands."""


@server_group.command("start")
@click.argument("dataset", metavar="DATASET")
@click.option("--scale", default="small", show_default=True, metavar="small|medium|large|ROWS")
@click.option("--server", type=WHERE, default="auto", show_default=True, help="Which kind.")
def server_start(dataset: str, scale: str, server: str) -> None:
    """Start a server with a dataset and leave it running."""
    from workbench import datasets
    from workbench.datasets import cache
    from workbench.db import describe
    from workbench.servers import background
    from workbench.session import open_server

    key = cache.key(datasets.open(dataset), scale)
    held = background.start(server, key, _notice)
    with _progress() as progress, open_server(server, notify=_notice) as opened:
        opened.load(dataset, scale, progress=progress)
    click.echo(f"{key} runs at {describe(held.conninfo)}; stop it with: workbench server stop")


@server_group.command("status")
def server_status() -> None:
    """List the servers that were left running, and what is kept on disk."""
    from workbench.db import describe
    from workbench.servers import background, scratch

    for held in background.status():
        click.echo(f"running  {held.key}  {held.kind}  {describe(held.conninfo)}")
    for kept in scratch.kept():
        click.echo(f"kept     {kept}")


@server_group.command("stop")
@click.argument("key", required=False)
def server_stop(key: str | None) -> None:
    """Stop the server of KEY, or every server that was left running."""
    from workbench.servers import background

    stopped = background.stop(key)
    click.echo("\n".join(f"stopped {held.key}" for held in stopped) or "no server was running")


@server_group.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("dataset")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--scale", default="small", show_default=True, metavar="small|medium|large|ROWS")
@click.option("--server", type=WHERE, default="auto", show_default=True, help="Which kind.")
def server_psql(dataset: str, arguments: tuple[str, ...], scale: str, server: str) -> int:
    """Open psql on a dataset; ARGUMENTS go to psql."""
    from workbench.servers import background
    from workbench.session import open_server

    with _progress() as progress, open_server(server, notify=_notice) as opened:
        database = opened.load(dataset, scale, progress=progress)
        return background.psql(database.server, database.name, arguments)


@server_group.command("clean")
@click.option("--yes", is_flag=True, help="Do not ask.")
def server_clean(yes: bool) -> None:
    """Remove everything the workbench keeps on disk, after asking."""
    from workbench.servers import scratch

    kept = scratch.kept()
    if not kept:
        click.echo("nothing is kept")
        return
    if not yes:
        click.confirm(f"remove {len(kept)} kept server(s) under {scratch.home()}?", abort=True)
    click.echo(f"removed {scratch.clean()}")


@cli.command()
def doctor() -> None:
    """Say what this machine offers and which settings scratch servers run with."""
    from rich.table import Table
    from rich.text import Text

    from workbench.servers.doctor import examine

    table = Table(box=None, pad_edge=False, show_header=False)
    for check in examine():
        table.add_row(Text(check.name), Text(check.state), Text(check.detail))
    _print(table, None)


@contextmanager
def _database(
    statements: Sequence[Any],
    progress: Progress,
    *,
    dataset: str | None,
    scale: str,
    db: str | None,
    disposable: bool,
    server: str,
) -> Iterator["Database"]:
    """The database that the options name; a scratch one ends with the block."""
    from workbench.session import dataset_for, open_server

    if disposable and not db:
        raise click.UsageError("--disposable speaks of a --db URL; scratch servers always are")
    if db and dataset:
        raise click.UsageError("give --dataset or --db, not both")
    if db:
        with open_server(db, disposable=disposable, notify=_notice) as opened:
            yield opened.database()
        return
    folder = dataset or dataset_for(statements).folder
    with open_server(server, notify=_notice) as opened:
        yield opened.load(folder, scale, progress=progress)


@contextmanager
def _progress() -> Iterator[Progress]:
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

        def show(what: str, done: int, total: int) -> None:
            nonlocal current
            if what != current:
                current = what
                bar.reset(task, description=what)
            bar.update(task, completed=done, total=total or None)

        yield show


def _notice(message: str) -> None:
    click.echo(message, err=True)


def _stdin(files: Sequence[str]) -> bytes:
    return sys.stdin.buffer.read() if "-" in files else b""


def _print(what: "RenderableType", output: Path | None) -> None:
    """Something rich can draw, plain where stdout is no terminal."""
    from rich.console import Console

    if output is None:
        Console(highlight=False).print(what)
        return
    console = Console(highlight=False, record=True, file=open(os.devnull, "w"), width=100)
    console.print(what)
    _write(console.export_text(), output)


def _write(text: str, output: Path | None) -> None:
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
