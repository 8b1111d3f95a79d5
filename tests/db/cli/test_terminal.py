"""On a terminal: colours, progress, the width; piped: none of them."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios

import pytest
from shell import SMALL, Shell

TEXT = """
SELECT id, title FROM todos WHERE NOT completed AND priority = 'urgent' ORDER BY created_at LIMIT 9;
"""
INDEX = ("--index", "CREATE INDEX ON todos (priority, created_at) WHERE NOT completed")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
A_COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*3[0-7](?:;[0-9]+)*m")


def on_terminal(
    workbench: Shell, *words: str, width: int = 80, stdout: bool = True, **variables: str
) -> tuple[str, str]:
    """stdout and stderr of a command whose stderr, and stdout if wanted, are terminals."""
    ends = [pty.openpty() for _ in range(2)]
    for reader, _ in ends:
        fcntl.ioctl(reader, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *words],
        cwd=workbench.folder,
        env=workbench.variables({"TERM": "xterm-256color", **variables}),
        stdin=subprocess.DEVNULL,
        stdout=ends[0][1] if stdout else subprocess.DEVNULL,
        stderr=ends[1][1],
    )
    for _, writer in ends:
        os.close(writer)
    found = {reader: b"" for reader, _ in ends}
    open_ends = set(found)
    while open_ends:
        for reader in select.select(open_ends, [], [], 60)[0]:
            try:
                data = os.read(reader, 65536)
            except OSError:  # the other side is closed: the end of a terminal
                data = b""
            found[reader] += data
            if not data:
                open_ends.remove(reader)
                os.close(reader)
    assert process.wait(60) == 0
    out, err = (text.decode().replace("\r\n", "\n") for text in found.values())
    return out, err


def plain(text: str) -> str:
    return COLOUR.sub("", text)


def test_progress_and_colours_only_on_a_terminal(workbench: Shell) -> None:
    words = ("suggest-indexes", workbench.file(TEXT), *SMALL)
    out, err = on_terminal(workbench, *words)
    assert A_COLOUR.search(out)
    assert "CREATE INDEX" in plain(out)
    assert "measuring" in plain(err)
    assert err.endswith("\x1b[2K") or "\x1b[?25h" in err  # the line is taken away, the cursor back
    piped = workbench(*words, "--no-measure")
    assert "\x1b" not in piped.out + piped.err
    assert piped.err == ""


def test_no_color_is_respected(workbench: Shell) -> None:
    words = ("suggest-indexes", workbench.file(TEXT), *SMALL, "--no-measure")
    out, _ = on_terminal(workbench, *words, NO_COLOR="1")
    assert "CREATE INDEX" in plain(out)
    assert not A_COLOUR.search(out)


def test_nothing_but_the_answer_is_on_stdout(workbench: Shell) -> None:
    words = ("suggest-indexes", workbench.file(TEXT), *SMALL, "--no-measure", "--format", "json")
    out, err = on_terminal(workbench, *words)
    assert out.startswith("{\n")
    assert out.endswith("}\n")
    assert "\x1b" not in out
    assert "planning" in plain(err) or "building candidates" in plain(err)


@pytest.mark.parametrize("width", [80, 160])
def test_two_plans_fit_the_terminal(workbench: Shell, width: int) -> None:
    """Side by side where there is room, else one below the other."""
    words = ("explain", workbench.file(TEXT), *INDEX, *SMALL)
    lines = plain(on_terminal(workbench, *words, width=width)[0]).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].strip() == "queries"
    assert any(line.startswith("cost ") and "→" in line for line in lines)
    assert any("Seq Scan on todos → Index Scan" in line for line in lines)
    together = [line for line in lines if line.split() == ["before", "after"]]
    assert bool(together) == (width == 160)
    apart = [line for line in lines if line.strip() in ("before", "after")]
    assert len(apart) == (0 if width == 160 else 2)


@pytest.mark.parametrize("width", [80, 160])
def test_one_plan_fits_the_terminal(workbench: Shell, width: int) -> None:
    words = ("explain", workbench.file(TEXT), *SMALL)
    lines = plain(on_terminal(workbench, *words, width=width)[0]).splitlines()
    assert max(map(len, lines)) <= width
    assert any("own ms" in line for line in lines)
    assert any("Seq Scan on todos" in line for line in lines)


def test_explain_without_measuring_runs_nothing(workbench: Shell) -> None:
    out = workbench("explain", workbench.file(TEXT), *SMALL, "--no-measure").out
    assert "own ms" not in out
    assert "execution" not in out
    assert "Seq Scan on todos" in out


def test_a_reader_that_goes_away_is_no_error(workbench: Shell) -> None:
    workbench.file(TEXT * 20)
    words = f"'{sys.executable}' -m workbench explain queries.sql {' '.join(SMALL)} --no-measure"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{words} | head -1"],
        cwd=workbench.folder,
        env=workbench.variables({}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "queries\n"
    assert done.stderr == ""
    assert workbench.left_behind() == []
