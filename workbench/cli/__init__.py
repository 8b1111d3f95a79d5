"""The ``workbench`` command: parse, call, print.

Results go to stdout, progress and notices to stderr. Exit status: 0 done, 1 it could not be done,
2 wrong usage, 130 interrupted. Each command imports what it needs when it runs.
"""

import os
import signal
import sys
import traceback
from typing import NoReturn

import click

from workbench.cli.console import say
from workbench.cli.datasets import datasets
from workbench.cli.server import doctor, server
from workbench.cli.statements import explain, suggest_indexes
from workbench.errors import WorkbenchError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="workbench")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Find out what would make a Postgres workload faster, by how much, and at what price."""


for command in (suggest_indexes, explain, datasets, server, doctor):
    cli.add_command(command)


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
        say("interrupted; nothing was left behind")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except WorkbenchError as error:
        _fail(str(error), debug)
    except Exception as error:  # noqa: BLE001 - the command line's edge
        _fail(f"{type(error).__name__}: {error} (this is a fault of the workbench)", debug)


def _fail(message: str, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    say(message)
    sys.exit(1)
