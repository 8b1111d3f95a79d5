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
def datasets_load(name: str, scale: str, server: str, seed: int | None) -> None:
    """Load a dataset into a scratch server, where it is kept for the next time."""
    from workbench.session import open_server

    with progress_bar() as progress, open_server(server, notify=notice) as opened:
        database = opened.load(name, scale, seed, progress)
        rows = sum((database.dataset or {"rows": {}})["rows"].values())
    click.echo(f"{database.name}: {rows:,} rows at scale {scale}, kept for the next time")


@datasets.command("info")
@click.argument("name", metavar="NAME|PATH")
@SCALE
def datasets_info(name: str, scale: str) -> None:
    """Say what a dataset models, its tables with their rows, and its files of queries."""
    from rich.table import Table

    from workbench import datasets

    spec = datasets.open(name)
    table = Table("table", "rows", "columns", box=None, pad_edge=False)
    population = spec.population(scale)
    for each, rows in population.rows.items():
        table.add_row(each, f"{rows:,}", ", ".join(population.stored(each)))
    click.echo(f"{spec.name}: {spec.title}\nseed {spec.seed}, rows at scale {scale}\n")
    show(table)
    click.echo("".join(f"\n{file}" for file in spec.query_files))
