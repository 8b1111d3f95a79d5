"""The ``workbench`` command: parse, call, print.

Results go to stdout, progress and notices to stderr. Exit status: 0 done, 1 it could not be done,
2 wrong usage, 130 interrupted, 143 terminated.
"""

import os
import signal
import sys
from typing import NoReturn

_received: list[int] = []


class Interrupt(KeyboardInterrupt):
    """SIGINT or SIGTERM, as what a driver in the middle of a statement knows how to end."""


def main() -> NoReturn:
    """Run the command line and leave with its exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        from workbench.cli.commands import cli

        words = [word for word in sys.argv[1:] if word != "--debug"]
        status = cli.main(words, "workbench", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - the command line's edge
        sys.exit(_status_of(error))


def _interrupt(number: int, _: object) -> None:
    _received.append(number)
    raise Interrupt(number)


def _status_of(error: BaseException) -> int:
    """The exit status for what ended a command, after a line on stderr that says why."""
    import click

    from workbench import db
    from workbench.cli.console import say
    from workbench.errors import WorkbenchError

    if _received or isinstance(error, click.Abort):
        # whatever a library made of the interrupt
        number = _received[0] if _received else signal.SIGINT
        word = "terminated" if number == signal.SIGTERM else "interrupted"
        say(f"{word}; nothing was left behind")
        return 128 + number
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, WorkbenchError):
        say(str(error))
    elif isinstance(error, db.DriverError):
        say(f"Postgres could not go on: {db.one_line(error)}")
    else:
        say(f"{type(error).__name__}: {error} (this is a fault of the workbench)")
    return 1
