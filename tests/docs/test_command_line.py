"""``--help`` explains every command and every option."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from workbench.cli.commands import cli


def every_command(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command and group."""
    yield path
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from every_command(each, (*path, name))


@pytest.mark.parametrize("path", list(every_command(cli, ())), ids=" ".join)
def test_help_explains_everything(path: tuple[str, ...]) -> None:
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    shown = CliRunner().invoke(cli, [*path, "--help"])
    assert shown.exit_code == 0
    assert command.help
    for option in (each for each in command.params if isinstance(each, click.Option)):
        assert option.help, f"workbench {' '.join(path)} {option.opts[0]} has no help"
        assert all(name in shown.output for name in option.opts)


@pytest.mark.parametrize("path", [["sugest-indexes"], ["datasets", "lst"], ["explain"]])
def test_wrong_usage_is_status_2(path: list[str]) -> None:
    shown = CliRunner().invoke(cli, path)
    assert shown.exit_code == 2
    assert "Usage: " in shown.output
