"""The README says what happens: its commands exist, run, and print what it shows."""

import json
import re
import subprocess
import sys

import click
import pytest
from readme import PROSE, ROOT, TEXT, blocks, commands

from workbench.cli.commands import cli
from workbench.indexes.advise import KINDS

RENEW = "pipe the command's output into `python tests/docs/readme.py` when it is right"


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def shape(output: str) -> str:
    """The output without its figures: line breaks move with the width of a number."""
    words = " ".join(output.split())
    words = re.sub(r"\d[\d,.]*(?: ?(?:µs|ms|s|kB|MB|%|×))?", "#", words)
    return re.sub(r"_[0-9a-f#]{1,4}_idx", "_#_idx", words)


def followed(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and the words after it."""
    command: click.Command = cli
    for number, word in enumerate(words):
        if not isinstance(command, click.Group):
            return command, words[number:]
        assert word in command.commands, f"workbench {' '.join(words)}: there is no {word}"
        command = command.commands[word]
    return command, []


def options(command: click.Command) -> set[str]:
    names = {name for each in command.params for name in [*each.opts, *each.secondary_opts]}
    return names | {"--help", "-h"}


def every_option(command: click.Command) -> set[str]:
    if not isinstance(command, click.Group):
        return options(command)
    return options(command).union(*(every_option(each) for each in command.commands.values()))


def test_the_main_job_prints_what_the_readme_shows(environment: dict[str, str]) -> None:
    [line] = [line for line in TEXT.splitlines() if "&& workbench suggest-indexes" in line]
    shown, why_not = halves(blocks("text")[0].text)
    for _ in range(3):  # a measurement that another program disturbs may leave an index out
        done = run(["-m", "workbench", *line.rpartition("&& workbench ")[2].split()], environment)
        assert done.returncode == 0, done.stderr
        printed, why_not_now = halves(done.stdout)
        if shape(shown) == shape(printed):
            break
    assert shape(shown) == shape(printed), f"{RENEW}; it prints:\n{done.stdout}"
    last = [shape(half.strip().splitlines()[-1]) for half in (why_not, why_not_now)]
    assert last[0] == last[1]


def halves(text: str) -> tuple[str, str]:
    """What is suggested, and what is not: the latter's order hangs on near ties of the planner."""
    before, found, after = text.partition("\nWhy not\n")
    assert found
    return before, after


def test_shape_keeps_words_and_drops_figures() -> None:
    before, now = "built in 12.3 ms, 98 % of a_c975_idx", "built in 1,234 ms, 7 % of\na_0b1e_idx"
    assert shape(before) == shape(now)
    assert shape("improved 3×") != shape("inconclusive 3×")


def test_both_lines_need_nothing_but_python() -> None:
    lines = blocks("sh")[0].lines + blocks("sh")[1].lines
    assert len(lines) == 2
    setup = "python3 -m venv .venv && . .venv/bin/activate && pip install -e "
    assert all(line.startswith(setup) for line in lines)
    assert lines[1].endswith("pip install -e '.[test]' && pytest")


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_shown_command_exists(words: list[str]) -> None:
    command, rest = followed(words)
    assert not isinstance(command, click.Group)
    shown = {word.partition("=")[0] for word in rest if re.fullmatch(r"--?[a-z].*", word)}
    assert shown <= options(command)


def test_options_in_the_text_exist() -> None:
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", PROSE))
    assert mentioned
    assert mentioned <= every_option(cli)


def test_the_python_example_runs(environment: dict[str, str]) -> None:
    [example] = blocks("python")
    done = run(["-c", example.text], environment)
    assert done.returncode == 0, done.stderr
    assert "CREATE INDEX" in done.stdout


def test_json_is_what_the_readme_says(environment: dict[str, str]) -> None:
    section = TEXT.partition("## JSON")[2].partition("\n## ")[0]
    words = ["suggest-indexes", "datasets/todos/queries/open_todos.sql", "--format", "json"]
    answer = json.loads(run(["-m", "workbench", *words, "--no-measure"], environment).stdout)
    assert f"`{answer['format']}`" in section
    assert set(re.findall(r"^- `(\w+)`", section, re.M)) == set(answer) - {"format"}


def test_every_kind_of_index_is_named() -> None:
    assert {f"`{kind}`" for kind in KINDS} <= set(re.findall(r"`\w+`", PROSE))


def test_environment_variables_are_those_of_the_code() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("workbench/**/*.py"))
    used = set(re.findall(r"\bWORKBENCH_[A-Z_]+\b", code))
    assert set(re.findall(r"^\| `(WORKBENCH_\w+)`", TEXT, re.M)) == used
