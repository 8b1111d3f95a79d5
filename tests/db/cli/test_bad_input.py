"""Input that cannot be used: one clear line, the right status, nothing left behind."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from shell import SMALL, Shell

from workbench import datasets
from workbench.datasets import cache
from workbench.servers.scratch import area

CROSS = "SELECT count(*) FROM todos a, todos b, todos c WHERE a.title < b.title AND b.id < c.id"
REFUSED = "cannot be planned; only SELECT, INSERT"

FILES = {
    "empty": (b"", "queries.sql is empty"),
    "blank": (b" \n\t\n", "queries.sql is empty"),
    "comments": (b"-- one\n/* two */\n", "holds only comments"),
    "binary": (b"\x7fELF\x00\x01\x02", "binary file (a zero byte at offset 4)"),
    "latin-1": ("SELECT 'é'".encode("latin-1"), "is not UTF-8 (byte 0xe9 at offset 8"),
    "utf-16": ("SELECT 1".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "syntax": (
        b"-- name: a\nSELECT *\n  FORM todos",
        'queries.sql:2: a: syntax error at or near "FORM" (line 3, column 3)',
    ),
    "table": (
        b"SELECT * FROM todoes",
        "no table named todoes in the shipped datasets; did you mean todos?",
    ),
    "column": (
        b"SELECT colour FROM todos",
        'queries.sql:1: queries: column "colour" does not exist (line 1, column 8)',
    ),
    "function": (b"SELECT lenght(title) FROM todos", "lenght(text) does not exist"),
    "ddl": (b"CREATE TABLE x (a int)", f"CREATE TABLE {REFUSED}"),
    "copy": (b"COPY todos TO '/tmp/x'", f"COPY {REFUSED}"),
    "set": (b"SET work_mem = '1GB'", f"SET {REFUSED}"),
    "psql": (b"\\copy todos to x.csv\n", "\\copy is psql's command and not SQL; take it out"),
    "parameter": (b"-- param: q=1\nSELECT * FROM todos WHERE id = $1", "names no parameter"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used(workbench: Shell, name: str) -> None:
    data, said = FILES[name]
    done = workbench("suggest-indexes", workbench.file(data), *SMALL, status=1)
    assert said in done.line
    assert done.out == ""
    assert workbench.left_behind() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope.sql"], "there is no file nope.sql"),
        (["querys.sql"], "did you mean queries.sql?"),
        (["."], "is a directory; name the files in it, for example queries.sql"),
        (["-"], "standard input is empty"),
        (["queries.sql", "--dataset", "todo"], "did you mean todos?"),
        (["queries.sql", "--dataset", "."], "is no dataset: there is no dataset.toml in it"),
        (["queries.sql", "--db", "postgresql://u:sesame@127.0.0.1:1/x"], "127.0.0.1:1/x"),
        (["queries.sql", "--db", "postgresql://u:se@same@127.0.0.1:1/x"], "percent-encoded"),
        (["queries.sql", "--db", "u:sesame@host/x"], "write postgresql://user:password@host"),
    ],
)
def test_a_place_that_is_not_there(workbench: Shell, words: list[str], said: str) -> None:
    workbench.file("SELECT 1")
    for command in ("suggest-indexes", "explain"):
        done = workbench(command, *words, status=1)
        assert said in done.line
        assert "same" not in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a file with SQL statements, or - for stdin"),
        (["queries.sql", "--budget", "lots"], "not 'lots'"),
        (["queries.sql", "--budget", "-1MB"], "not '-1MB'"),
        (["queries.sql", "--kinds", "btre"], "did you mean btree?"),
        (["queries.sql", "--max-indexes", "-1"], "-1"),
        (["queries.sql", "--timeout", "0"], "0.0"),
        (["queries.sql", "--scale", "0"], "a scale of 0 rows"),
        (["queries.sql", "--scale", "smal"], "'smal' is no scale"),
        (["queries.sql", "--format", "yaml"], "'yaml' is not one of"),
        (["queries.sql", "--server", "cloud"], "'cloud' is not one of"),
        (["queries.sql", "--disposable"], "--disposable speaks of a --db"),
        (["queries.sql", "--db", "shop"], "--db takes postgresql://"),
        (["queries.sql", "--db", "postgresql://h/d", "--dataset", "todos"], "not both"),
    ],
)
def test_wrong_usage_is_status_2(workbench: Shell, words: list[str], said: str) -> None:
    workbench.file("SELECT 1")
    assert said in workbench("suggest-indexes", *words, status=2).err


def test_some_bad_statements_do_not_stop_the_others(workbench: Shell) -> None:
    text = """
        -- name: good
        SELECT title FROM todos WHERE title = 'a;b''c -- d';
        SELECT "no;column" FROM todos;
        DROP TABLE todos;
        SELECT * FROM todoes;
        -- name: also_good
        SELECT $$ ; $$, 'it''s; "1"' FROM todos WHERE completed = false AND priority = 'high';
    """
    done = workbench("suggest-indexes", workbench.file(text), *SMALL, "--format", "json")
    found = json.loads(done.out)["queries"]
    failed = [True, False, False, False, True]
    assert [query["status"] != "failed" for query in found] == failed
    assert found[0]["sql"] == "SELECT title FROM todos WHERE title = 'a;b''c -- d'"
    assert found[1]["reason"] == 'column "no;column" does not exist (line 4, column 8)'
    assert "DROP TABLE cannot be planned" in found[2]["reason"]
    assert found[3]["reason"] == "there is no table named todoes; did you mean todos?"
    assert len(done.err.splitlines()) == 3  # each with its place, for whoever keeps the JSON
    shown = workbench("suggest-indexes", "queries.sql", *SMALL, "--no-measure")
    assert shown.err == ""  # the table says it
    assert 'column "no;column" does not exist' in shown.out
    plans = workbench("explain", "queries.sql", *SMALL)
    assert len(plans.err.splitlines()) == 3
    assert plans.out.count("Scan on todos") == 2


def test_when_all_fail_a_script_still_gets_its_json(workbench: Shell) -> None:
    file = workbench.file("SELECT 1 FORM todos")
    done = workbench("suggest-indexes", file, *SMALL, "--format", "json", status=1)
    assert [query["status"] for query in json.loads(done.out)["queries"]] == ["failed"]
    assert "syntax error" in done.line


def test_a_query_that_never_ends(workbench: Shell) -> None:
    file = workbench.file(f"-- name: quick\nSELECT 1 FROM todos;\n-- name: endless\n{CROSS}")
    limit = ("--timeout", "0.3")
    shown = workbench("suggest-indexes", file, *SMALL, *limit)
    assert "the plan is the same, and it did not finish within 0.3 s" in shown.out
    assert "> 300 ms" in shown.out
    done = workbench("suggest-indexes", file, *SMALL, *limit, "--format", "json")
    quick, endless = json.loads(done.out)["queries"]
    assert quick["before"]["median_ms"] > 0
    assert endless["before"]["median_ms"] is endless["speedup"] is None
    plans = workbench("explain", file, *SMALL, *limit)
    assert "did not end within 0.3 s; allow more with --timeout" in plans.line
    assert "Scan" in plans.out
    assert workbench.left_behind() == []


@pytest.mark.parametrize("statement", ["DROP TABLE todos", "CREATE INDEX ON todos (id); TABLE x"])
def test_an_index_that_is_none(workbench: Shell, statement: str) -> None:
    workbench.file("SELECT * FROM todos")
    done = workbench("explain", "queries.sql", "--index", statement, *SMALL, status=1)
    assert done.line
    assert done.out == ""
    bad = workbench(
        "explain", "queries.sql", "--index", "create index on todos (x)", *SMALL, status=1
    )
    assert bad.line == 'the index cannot be built: column "x" does not exist'


def test_a_cache_directory_that_cannot_be_used(workbench: Shell) -> None:
    file = workbench.file("SELECT * FROM todos")
    for home in ("/proc/nowhere", f"{workbench.folder}/{file}"):
        done = workbench("suggest-indexes", file, *SMALL, status=1, WORKBENCH_HOME=home)
        assert home in done.line
        assert "WORKBENCH_HOME" in done.line


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 480 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    disk = Path(tempfile.mkdtemp(prefix="workbench-disk-"))
    words = ["mount", "-t", "tmpfs", "-o", "size=480m,mode=755", "tmpfs", str(disk)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        disk.rmdir()
        pytest.skip(f"cannot mount a file system here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)  # whoever still looks at it may
    disk.rmdir()


@pytest.mark.slow
def test_a_disk_that_fills_up_on_the_way(workbench: Shell, small_disk: Path) -> None:
    screens = str(datasets.open("todos").folder / "queries" / "screens.sql")
    words = ("suggest-indexes", screens, "--server", "embedded", "--no-measure")
    home = str(small_disk / "home")
    done = workbench(*words, "--scale", "3000000", status=1, WORKBENCH_HOME=home)
    assert "take a smaller scale" in done.line
    workbench("datasets", "load", "todos", *words[2:4], WORKBENCH_HOME=home)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 20 * 2**20))
    done = workbench(*words, "--format", "json", WORKBENCH_HOME=home)
    assert any(
        " of the disk, of which " in each["reason"] for each in json.loads(done.out)["rejected"]
    )
    filler.unlink()
    assert "worth creating" in workbench(*words, WORKBENCH_HOME=home).out
    assert replace(workbench, home=small_disk).left_behind() == []


def test_a_dataset_with_a_mistake_leaves_nothing(workbench: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "dataset.toml").write_text("title = 'Shop'\nseed = 1\n")
    file = workbench.file("SELECT 1")
    done = workbench("suggest-indexes", file, "--dataset", "shop", *SMALL, status=1)
    assert "dataset.toml" in done.line
    assert "the key tables is missing" in done.line
    assert workbench.left_behind() == []


def test_a_lost_server_is_one_line_and_the_next_run_works(workbench: Shell) -> None:
    """The backend ends in the middle, as when an administrator ends it."""
    file = workbench.file(CROSS)
    process = workbench.start("suggest-indexes", file, *SMALL)
    end_when_busy(area() / "embedded-18" / cache.key(datasets.open("todos"), 5000))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("workbench: the server closed the connection")
    assert workbench.left_behind() == []
    again = workbench("suggest-indexes", file, *SMALL, "--no-measure")
    assert "cost" in again.out
    assert again.err == ""


def end_when_busy(data: Path) -> None:
    """End the first backend of the server on ``data`` that burns CPU time."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)
        for process in psutil.process_iter(["cmdline"]):
            if str(data) not in (process.info["cmdline"] or []):
                continue
            for child in process.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if child.cpu_times().user > 0.8:
                        child.terminate()
                        return
    raise AssertionError("no backend became busy")
