"""Files become queries; whatever is wrong is said in one line, and the rest still works."""

import os

import pytest

from workbench.errors import InputError
from workbench.workload.files import parse, read
from workbench.workload.query import Failure, Query


def one(text):
    (entry,) = parse(text, "q.sql", "q")
    return entry


def test_a_query_with_all_its_lines(tmp_path):
    path = tmp_path / "todos.sql"
    path.write_text(
        "-- the start page\n-- name: open_todos\n-- weight: 120\n-- param: user=17\n"
        "SELECT * FROM todos WHERE user_id = :user AND state = :state;\n\nSELECT 2\n"
    )
    first, second = read([path])
    assert first == Query(
        name="open_todos",
        sql="SELECT * FROM todos WHERE user_id = :user AND state = :state",
        text="SELECT * FROM todos WHERE user_id = $1 AND state = $2",
        slots=("user", "state"),
        parameters={"user": "17"},
        weight=120.0,
        source=str(path),
        line=5,
    )
    assert (first.values, first.missing) == (("17", None), ("state",))
    assert (second.name, second.weight, second.line) == ("todos_2", 1.0, 7)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x=17", "17"),
        ("x = a b ", "a b"),
        (":x=a=b", "a=b"),
        ("x=NULL", None),
        ("x=null", None),
        ("x='NULL'", "NULL"),
        ("x='O''Neil'", "O'Neil"),
        ("x='  '", "  "),
        ("x=O'Neil", "O'Neil"),
        ("x='a", "'a"),
        ("x=", ""),
        ('x={"a": 1}', '{"a": 1}'),
        ("x=a -- b", "a -- b"),
        ("x=über", "über"),
    ],
)
def test_values(written, value):
    assert one(f"-- param: {written}\nSELECT :x").parameters == {"x": value}


def test_values_by_number():
    lines = "-- param: 2=b\r\n-- param: $1=a\r\n"
    assert one(f"{lines}SELECT $1,\r\n $2").values == ("a", "b")
    assert one(f"{lines}SELECT %s, %s").values == ("a", "b")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-- weight: many\nSELECT 1", "'-- weight: many' in line 1 is not a number"),
        ("-- weight: 0\nSELECT 1", "above zero"),
        ("-- weight: -1\nSELECT 1", "above zero"),
        ("-- weight: nan\nSELECT 1", "above zero and finite"),
        ("-- weight: inf\nSELECT 1", "finite"),
        ("-- weight: 1\n-- weight: 2\nSELECT 1", "'-- weight: 2' in line 2 is the second above"),
        ("-- name:\nSELECT 1", "'-- name:' in line 1 names nothing"),
        ("-- name: a\n-- name: b\nSELECT 1", "line 2 is the second"),
        (
            "-- wieght: 3\nSELECT 1",
            "'-- wieght: 3' in line 1 is not known; did you mean -- weight:",
        ),
        ("-- nmae: a\nSELECT 1", "did you mean -- name:"),
        ("-- params: a=1\nSELECT :a", "did you mean -- param:"),
        ("-- param: x\nSELECT :x", "has no value; write -- param: x=value"),
        ("-- param: y=1\nSELECT :x", "names no parameter of the statement, which has x"),
        ("-- param: y=1\nSELECT 1", "which has none"),
        ("-- param: x=1\n-- param: x=2\nSELECT :x", "gives x a second value"),
        ("SELECT $1, :x", r"2 styles, \$1 and :name; use one"),
        ("SELECT\n\n'a", "the string literal that starts in line 3 is not closed"),
        ("\\copy t from 'x'", "psql's command and not SQL"),
        ("SELECT 1 \\gx", "psql's command"),
        ("CREATE TABLE t (a int)", "^CREATE TABLE cannot be planned; only SELECT"),
        ("COPY t TO STDOUT", "^COPY cannot be planned"),
        ("SET work_mem = '1GB'", "^SET cannot be planned"),
    ],
)
def test_a_statement_that_cannot_be_used(text, reason):
    (failure,) = parse(text, "q.sql", "q")
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(failure.reason)
    assert isinstance(failure, Failure)
    assert "\n" not in failure.reason


def test_the_others_of_a_bad_statement_work():
    text = (
        "SELECT 1;\n\\d t\nSELECT 2;\n-- name: odd\nSELECT $1, %s;\n"
        "DROP TABLE t;\nSELECT ';';SELECT 'a"
    )
    entries = parse(text, "q.sql", "q")
    assert [isinstance(entry, Query) for entry in entries] == [1, 0, 1, 0, 0, 1, 0]
    assert str(entries[3]).startswith("q.sql:5: odd: the parameters are written in 2 styles")


@pytest.mark.parametrize("comment", ["-- note: 3", "-- see http://x", "-- date::int", "-- same: 1"])
def test_other_comments_are_comments(comment):
    assert isinstance(one(f"{comment}\nSELECT 1"), Query)


def test_lines_that_belong_to_no_statement_are_named():
    query, beside, below = parse("SELECT 1; -- weight: 3\n-- param: x=1\n", "q.sql", "q")
    assert (query.weight, beside.line, below.line) == (1.0, 1, 2)
    assert "'-- weight: 3' stands above no statement" in beside.reason
    assert "'-- param: x=1' stands above no statement" in below.reason


def test_names_are_unique(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "q.sql").write_text("SELECT 1;SELECT 2;\n-- name: x\nSELECT 3")
    entries = read([tmp_path / "a" / "q.sql", tmp_path / "b" / "q.sql", "-"], "SELECT 4;SELECT 5")
    names = [entry.name for entry in entries]
    assert names == ["q", "q_2", "x", "q_3", "q_2_2", "x_2", "1", "2"]


def test_texts_and_paths_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my query").write_text("SELECT 2")
    assert read(["SELECT 1"])[0].sql == "SELECT 1"
    assert read(["my query"])[0].sql == "SELECT 2"
    assert read(["SELECT " + "1" * 5000])[0].sql.startswith("SELECT 1")
    with pytest.raises(InputError, match=r"there is no file your statement\.sql"):
        read(["your statement.sql"])


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf8_with_and_without_mark(tmp_path, mark):
    path = tmp_path / "q.sql"
    path.write_bytes(f"{mark}-- name: é\r\nSELECT 'ü',\r\n1;\r\n".encode())
    (query,) = read([path])
    assert (query.name, query.sql, query.line) == ("é", "SELECT 'ü',\r\n1", 2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"-- nothing\n/* here */;", "holds only comments"),
        ("SELECT 1".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ("SELECT 1".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
        ("SELECT 1".encode("utf-16-le"), "is UTF-16"),
        (b"SELECT 1\0, 2", r"is a binary file \(a zero byte at offset 8\)"),
        (b"\x1f\x8b\x08\x14\xff\xfe\x01", r"is a binary file \(byte 0x8b at offset 1\)"),
        ("SELECT\n'é'".encode("latin-1"), r"not UTF-8 \(byte 0xe9 at offset 8, line 2\).*LATIN1"),
        (b"\xef\xbb\xbfSELECT\n'\xe9'", r"byte 0xe9 at offset 11, line 2"),
    ],
)
@pytest.mark.parametrize("standard_input", [False, True])
def test_files_that_cannot_be_read(tmp_path, data, reason, standard_input):
    path = tmp_path / "q.sql"
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason) as caught:
        read(["-"], data) if standard_input else read([path])
    assert ("standard input" if standard_input else str(path)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there(tmp_path):
    (tmp_path / "queries.sql").write_text("SELECT 1")
    with pytest.raises(
        InputError, match=r"no file named querys.sql in .*; did you mean queries.sql"
    ):
        read([tmp_path / "querys.sql"])
    with pytest.raises(InputError, match="there is no directory"):
        read([tmp_path / "x" / "queries.sql"])
    with pytest.raises(InputError, match=r"is a directory; .* for example .*queries.sql"):
        read([tmp_path])
    with pytest.raises(InputError, match="cannot read"):
        read(["a\0b"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_a_file_we_may_not_read(tmp_path):
    path = tmp_path / "q.sql"
    path.write_text("SELECT 1")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        read([path])
