"""The ``workbench`` command and its subcommands. Each imports what it needs when it runs."""

import click

from workbench.cli.claims import claims
from workbench.cli.datasets import datasets
from workbench.cli.notebooks import lab, notebooks, report
from workbench.cli.server import doctor, server
from workbench.cli.statements import explain, suggest_indexes


@click.group("workbench", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="workbench")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Find out what would make a Postgres workload faster, by how much, and at what price."""


for command in (suggest_indexes, explain, datasets, claims, report, lab, notebooks, server, doctor):
    cli.add_command(command)
