"""The commands that take statements: suggest-indexes and explain."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.console import (
    Progress,
    check_output,
    notice,
    progress_bar,
    say,
    show,
    stdin,
    write,
)
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.indexes.advice import Advice
    from workbench.session import Database
    from workbench.workload.query import Failure, Query

FORMATS = ("table", "json", "sql", "markdown", "html")


def _scale(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """The scale if it is one; a value that cannot be is wrong usage."""
    from workbench.datasets.spec import scale_rows

    with _usage():
        scale_rows(value)
    return value


@contextmanager
def _usage() -> Iterator[None]:
    """An option's value that cannot be used is wrong usage."""
    try:
        yield
    except InputError as error:
        raise click.UsageError(str(error)) from None


SCALE = click.option(
    "--scale",
    default="small",
    callback=_scale,
    show_default=True,
    metavar="small|medium|large|ROWS",
    help="Rows of the dataset's biggest table: 100 thousand, 1 million, 10 million, or a number.",
)
WHERE = click.option(
    "--server",
    type=click.Choice(["auto", "embedded", "container"]),
    default="auto",
    show_default=True,
    help="Where the scratch Postgres comes from; WORKBENCH_SERVER says what auto means.",
)


def _database_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where statements are tried."""
    options = [
        click.option(
            "--dataset",
            metavar="NAME|PATH",
            help="A shipped synthetic dataset or a folder with one. Default: the one whose tables "
            "the statements name.",
        ),
        SCALE,
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
        WHERE,
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


@click.command("suggest-indexes")
@click.argument("files", nargs=-1, metavar="[FILE.sql ...|-]")
@_database_options
@click.option(
    "--budget",
    metavar="64MB|25%|sweep",
    help="Most bytes for the new indexes; % is of the tables' heap. sweep also shows what could be "
    "had for less.",
)
@click.option("--max-indexes", type=click.IntRange(min=0), metavar="N", help="Most new indexes.")
@click.option(
    "--kinds",
    metavar="KIND,...",
    help="Kinds of index to consider, of btree, partial, covering, expression, gin, gist, brin, "
    "hash and trigram. Default: all of them.",
)
@click.option("--no-measure", is_flag=True, help="Planner's estimates only; nothing is timed.")
@click.option(
    "--price-writes",
    is_flag=True,
    help="Measure what each index adds to inserted and updated rows, too: about ten seconds more.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the run order.")
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
    kinds: str | None,
    no_measure: bool,
    price_writes: bool,
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

    wanted = None if kinds is None else [k.strip() for k in kinds.split(",") if k.strip()]
    with _usage():
        options = Options.parse(
            budget, max_indexes, wanted, not no_measure, seed, timeout_s, price_writes
        )
    check_output(output)
    statements = sources.read(files, stdin(files))
    with progress_bar() as progress, _database(statements, progress, **where) as database:
        advice = database.advise(statements, options, progress)
    if advice.failed or form != "table":
        _say_failures(advice, statements)
    if form == "json":
        write(advice.to_json() + "\n", output)
    elif form == "sql" and not advice.failed:
        write(advice.to_sql(), output)
    elif not advice.failed:
        _show(advice, form, output)
    if advice.interrupted:
        say("interrupted; this is what was known by then, and nothing was left behind")
        return 128 + signal.SIGINT
    return 1 if advice.failed else 0


def _show(advice: "Advice", form: str, output: Path | None) -> None:
    """The advice for a reader: in the terminal, in a pull request, or as a page."""
    if form == "markdown":
        from workbench.reports.advice_markdown import advice_markdown

        write(advice_markdown(advice), output)
    elif form == "html":
        from workbench.reports.advice_page import advice_page

        write(advice_page(advice), output)
    else:
        from workbench.reports.advice_table import AdviceTable

        show(AdviceTable(advice), output)


def _say_failures(advice: "Advice", statements: Sequence["Query | Failure"]) -> None:
    """A line for each statement that failed, with its place in its file."""
    from workbench.workload.query import Failure

    places = {each.name: (each.line, each.source) for each in statements}
    for query in advice.queries:
        if query.status == "failed":
            line, source = places.get(query.name, (1, ""))
            say(str(Failure(query.name, query.sql, line, query.reason or "", source)))


@click.command()
@click.argument("file", metavar="FILE.sql|-")
@_database_options
@click.option("--index", metavar="DDL", help="A CREATE INDEX statement to try: before and after.")
@click.option("--no-measure", is_flag=True, help="The planner's estimates; nothing is run.")
def explain(
    file: str,
    index: str | None,
    no_measure: bool,
    timeout_s: float,
    **where: Any,  # noqa: ANN401 - the options of _database_options
) -> int:
    """Show the plan of each statement as a tree, run once unless it is only to be read."""
    from workbench.reports.plan_tree import BeforeAfter, PlanTree
    from workbench.workload import files as sources
    from workbench.workload.query import Failure

    statements = sources.read([file], stdin([file]))
    with progress_bar() as progress, _database(statements, progress, **where) as database:
        analyze = not no_measure and database.server.disposable
        answers = database.plans(statements, analyze=analyze, index=index, timeout_s=timeout_s)
    for found in answers:
        if isinstance(found, Failure):
            say(str(found))
            continue
        query, before, after = found
        title = query.name + "".join(f" · {n} = {v}" for n, v in query.parameters.items())
        show(BeforeAfter(before, after, title) if after else PlanTree(before, title))
    return 1 if all(isinstance(found, Failure) for found in answers) else 0


@contextmanager
def _database(
    statements: Sequence["Query | Failure"],
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
        if db.isidentifier():
            raise click.UsageError("--db takes postgresql://user:password@host:port/dbname")
        with open_server(db, disposable=disposable, notify=notice) as opened:
            yield opened.database()
        return
    spec = None if dataset else dataset_for(statements)
    folder = spec.folder if spec else dataset
    with open_server(server, notify=notice) as opened:
        yield opened.load(folder, scale, progress=progress) if folder else opened.database()
