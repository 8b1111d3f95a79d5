"""The commands around the synthetic datasets."""

import click

from workbench.cli.console import notice, progress_bar, show
from workbench.cli.statements import SCALE, WHERE


@click.group()
def datasets() -> None:
    """The synthetic datasets."""


@datasets.command("list")
def datasets_list() -> None:
    """Name the shipped datasets with their tables and their rows at scale small."""
    from rich.table import Table

    from workbench import datasets

    table = Table("dataset", "rows at small", "tables", box=None, pad_edge=False)
    for spec in datasets.available():
        rows = sum(spec.rows("small").values())
        table.add_row(spec.name, f"{rows:,}", ", ".join(spec.table_names))
    show(table)


@datasets.command("load")
@click.argument("name", metavar="NAME|PATH")
@SCALE
@WHERE
@click.option("--seed", type=int, metavar="N", help="Another seed than the dataset's own.")
@click.option("--db", metavar="URL", help="Load into a schema of its own in this database instead.")
@click.option("--schema", metavar="NAME", help="That schema's name; by default the dataset's.")
@click.option("--replace", is_flag=True, help="Drop a schema that an earlier load made there.")
def datasets_load(
    name: str,
    scale: str,
    server: str,
    seed: int | None,
    db: str | None,
    schema: str | None,
    replace: bool,
) -> None:
    """Load a dataset: into a scratch server that keeps it, or into your own database."""
    if db is None and (schema or replace):
        raise click.UsageError("--schema and --replace speak of a --db URL")
    if db is not None:
        _load_into(db, name, scale, seed, schema, replace)
        return
    from workbench.session import open_server

    with progress_bar() as progress, open_server(server, notify=notice) as opened:
        database = opened.load(name, scale, seed, progress)
        rows = sum((database.dataset or {"rows": {}})["rows"].values())
    click.echo(f"{database.name}: {rows:,} rows at scale {scale}, kept for the next time")


def _load_into(
    db: str, name: str, scale: str, seed: int | None, schema: str | None, replace: bool
) -> None:
    from workbench.db import describe
    from workbench.plans import figures
    from workbench.session import dataset_into

    with dataset_into(db, name, scale, seed, schema, replace=replace) as (intended, load):
        rows = sum(intended.rows.values())
        size = figures.kilobytes(intended.bytes / 1024)
        if intended.replaced:
            notice(f"drops schema {', '.join(intended.replaced)} in {describe(db)}")
        notice(
            f"creates schema {', '.join(intended.schemas)} in {describe(db)}: "
            f"{rows:,} rows in {', '.join(intended.rows)}, about {size}"
        )
        with progress_bar() as progress:
            load(progress)
    click.echo(f"{name}: {rows:,} rows in schema {', '.join(intended.schemas)}")


@datasets.command("info")
@click.argument("name", metavar="NAME|PATH")
@SCALE
@WHERE
def datasets_info(name: str, scale: str, server: str) -> None:
    """Say what a loaded dataset is like: sizes, skew and order by column, its statements."""
    from workbench.session import open_server

    with open_server(server, notify=notice) as opened:
        with progress_bar() as progress:
            database = opened.load(name, scale, progress=progress)
        show(database.info())
