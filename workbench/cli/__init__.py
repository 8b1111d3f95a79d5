"""The ``workbench`` command: parse, call, print.

Results go to stdout, progress and notices to stderr. Exit status: 0 done, 1 it could not be done,
2 wrong usage, 130 interrupted, 143 terminated. Each command imports what it needs when it runs.
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


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised as what a driver in the middle of a statement knows how to end."""


def main() -> NoReturn:
    """Run the command line and leave with its exit status."""
    signal.signal(signal.SIGTERM, _terminate)
    debug = "--debug" in sys.argv
    try:
        status = cli.main(
            [word for word in sys.argv[1:] if word != "--debug"], "workbench", standalone_mode=False
        )
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as error:
        terminated = isinstance(error.__cause__ or error, Terminated)
        say(f"{'terminated' if terminated else 'interrupted'}; nothing was left behind")
        sys.exit(128 + (signal.SIGTERM if terminated else signal.SIGINT))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except WorkbenchError as error:
        _fail(str(error), debug)
    except Exception as error:  # noqa: BLE001 - the command line's edge
        _fail(f"{type(error).__name__}: {error} (this is a fault of the workbench)", debug)


def _terminate(*_: object) -> None:
    raise Terminated


def _fail(message: str, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    say(message)
    sys.exit(1)
