"""The commands that take statements: suggest-indexes and explain."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.console import Progress, notice, progress_bar, say, show, stdin, write

if TYPE_CHECKING:
    from workbench.session import Database

FORMATS = ("table", "json", "sql")
KINDS = ("btree", "partial")
SCALE = click.option(
    "--scale",
    default="small",
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


@click.command("suggest-indexes")
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
    statements = sources.read(files, stdin(files))
    with progress_bar() as progress, _database(statements, progress, **where) as database:
        advice = database.advise(statements, options, progress)
    if form == "table":
        from workbench.reports.advice_table import AdviceTable

        show(AdviceTable(advice), output)
    else:
        write(advice.to_json() + "\n" if form == "json" else advice.to_sql(), output)
    return 1 if advice.failed else 0


@click.command()
@click.argument("file", metavar="FILE.sql|-")
@_database_options
@click.option("--index", metavar="DDL", help="A CREATE INDEX statement to try: before and after.")
@click.option("--no-measure", is_flag=True, help="The planner's estimates; nothing is run.")
def explain(
    file: str,
    index: str | None,
    no_measure: bool,
    seed: int,
    timeout_s: float,
    **where: Any,  # noqa: ANN401 - the options of _database_options
) -> int:
    """Show the plan of each statement as a tree, run once unless it is only to be read."""
    from workbench.db import settings
    from workbench.reports.plan_tree import BeforeAfter, PlanTree
    from workbench.workload import files as sources
    from workbench.workload.query import Failure

    statements = sources.read([file], stdin([file]))
    failed = planned = 0
    with progress_bar() as progress, _database(statements, progress, **where) as database:
        analyze = not no_measure and database.server.disposable
        limit_ms = max(1, round(timeout_s * 1000))
        with settings(database.connection, statement_timeout=limit_ms):
            for found in database.plans(statements, analyze=analyze, index=index):
                if isinstance(found, Failure):
                    say(str(found))
                    failed += 1
                    continue
                query, before, after = found
                planned += 1
                tree = PlanTree(before, query.name)
                show(BeforeAfter(before, after) if after else tree)
    return 1 if failed and not planned else 0


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
        with open_server(db, disposable=disposable, notify=notice) as opened:
            yield opened.database()
        return
    spec = None if dataset else dataset_for(statements)
    folder = spec.folder if spec else dataset
    with open_server(server, notify=notice) as opened:
        yield opened.load(folder, scale, progress=progress) if folder else opened.database()
