"""Every mistake in a dataset's folder is answered with file, table, column and remedy."""

import pytest
from dataset_folders import HEAD, one_column, written

from workbench import datasets
from workbench.datasets import spec
from workbench.errors import InputError, SpecError, UnknownName

COLUMNS = [
    (
        '{ kind = "unifrom", min = 1, max = 2 }',
        "t.c: there is no kind of column named unifrom; did you mean uniform?",
    ),
    ('{ kind = "uniform", min = 1, max = 2, mx = 3 }', "no key named mx"),
    ('{ kind = "uniform", min = 1 }', "the key max is missing; it takes a number"),
    ('{ kind = "uniform", min = 5, max = 2 }', "max 2 is below min 5"),
    ('{ kind = "uniform", min = "a", max = 2 }', "t.c.min: 'a' is not a number"),
    ('{ kind = "bool", share = 1.5 }', "t.c.share: 1.5 is not a share"),
    ('{ kind = "bool", share = 0.5, nulls = -0.1 }', "t.c.nulls: -0.1 is not a share"),
    ('{ kind = "choice", shares = { a = 0.5, b = 0.6 } }', "add up to 1.1; they must add up to 1"),
    ('{ kind = "choice" }', "give either shares"),
    ('{ kind = "choice", values = [1, "a"] }', "of several types"),
    ('{ kind = "choice", values = [] }', "is not a list with at least one item"),
    ('{ kind = "text", list = "englich" }', "no word list named englich"),
    ('{ kind = "text", min = 3, max = 2 }', "min 3 and max 2 do not fit"),
    ('{ kind = "template", template = "{nme}-{row}" }', "no column of t named nme"),
    ('{ kind = "template", template = "{list:nowhere}" }', "no word list named nowhere"),
    ('{ kind = "after", column = "created", delay = "1d" }', "no column of t named created"),
    ('{ kind = "after", column = "id", delay = "soon" }', "'soon' is not a duration; write it as"),
    ('{ kind = "after", column = "id", delay = "1d", late = "x" }', "no way named x"),
    ('{ kind = "time", from = "now", to = "-1d" }', "from is not before to"),
    ('{ kind = "time", from = "-1d", unit = "year" }', "no unit named year"),
    ('{ kind = "time", from = "-1d", season = "xmas" }', "no season named xmas"),
    ('{ kind = "time", from = "-1d", growth = 0 }', "growth 0 must be above 0"),
    ('{ kind = "copy", column = "id.name" }', "id is no reference, so it leads to no name"),
    ('{ kind = "reference", table = "tt" }', "no table named tt"),
    ('{ kind = "reference", table = "t", key = "nr", pick = "recent" }', "no column of t named nr"),
    ('{ kind = "reference", table = "t" }', 'needs pick = "recent"'),
    ('{ kind = "reference", table = "t", pick = "first" }', "no way named first"),
    ('{ kind = "reference", table = "t", pick = "recent", skew = -1 }', "must not be below 0"),
    (
        '{ kind = "reference", table = "t", pick = "recent", childless = 0.1 }',
        "takes no childless",
    ),
    (
        '{ kind = "reference", table = "t", pick = "recent", distinct_per = "id" }',
        "leave out pick",
    ),
    ('{ kind = "position", of = "id" }', 'is no reference with pick = "grouped"'),
    ('{ kind = "array", max = 2 }', "give one of values"),
    ('{ kind = "array", values = ["a"], max = 2 }', "max 2 is more than the 1 values"),
    ('{ kind = "json", keys = {} }', "is not a table of name = value"),
    (
        '{ kind = "json", keys = { a = { kind = "null" } }, optional = { b = 0.5 } }',
        "no key named b",
    ),
    (
        '{ kind = "json", keys = { a = { kind = "reference", table = "t", pick = "recent" } } }',
        "a reference cannot stand inside another kind",
    ),
    ('{ kind = "hex", length = 0 }', "0 digits is not possible"),
    ("3", "3 is not a column"),
]


@pytest.mark.parametrize(("column", "message"), COLUMNS)
def test_a_wrong_column_is_named(tmp_path, column, message):
    with pytest.raises(SpecError) as caught:
        one_column(tmp_path, column, 10)
    said = str(caught.value)
    assert message in said
    assert said.startswith(f"{tmp_path / 'dataset.toml'}: t.c")
    assert "\n" not in said


T = '[tables.t]\nshare = 1.0\n[tables.t.columns]\nid = { kind = "sequence" }\n'
CREATE = "CREATE TABLE t (id bigint);\n"

TABLES = [
    (T.replace("share = 1.0", "share = 1.5"), CREATE, "share 1.5 must be above 0 and at most 1"),
    (T.replace("share = 1.0", "share = 0.5"), CREATE, "no table has share = 1.0"),
    (T.replace("share = 1.0", ""), CREATE, "t: give either share"),
    (T.replace("share = 1.0", "share = 1.0\nrows = 3"), CREATE, "t: give either share"),
    (T.replace("share = 1.0", "rows = 0"), CREATE, "rows 0 must be at least 1"),
    (T.replace("share", "shar"), CREATE, "no key named shar"),
    ("[tables.t]\nshare = 1.0\n", CREATE, "t: the key columns is missing"),
    ("[tables]\nt = 3\n", CREATE, "3 is not a table of keys"),
    ("", CREATE, "the key tables is missing"),
    ("[tables]\n", CREATE, "there are no tables"),
    (T + "[other]\n", CREATE, "unknown key other"),
    (T + "[tables.t]\n", CREATE, "is not TOML"),
    (T, "CREATE TABLE tt (id bigint);", "creates no table t"),
    (T, CREATE + "CREATE TABLE extra (id int);", "creates extra, which has no [tables.extra]"),
    (T, "CREATE TABLE t (id bigint PRIMARY KEY);", "PRIMARY KEY stands before the first ALTER"),
    (T, CREATE + "CREATE INDEX ON t (id);", "CREATE INDEX stands before the first ALTER"),
    (T, CREATE + "ALTER TABLE t ADD PRIMARY KEY (id);\nSELECT 1;", "after the first ALTER TABLE"),
    (
        T + 'c = { kind = "bool", share = 0.5 }\n',
        CREATE + "ALTER TABLE t ADD UNIQUE (c);",
        "t.c: is unique but does not promise different values",
    ),
    (
        T + 'c = { kind = "uniform", min = 1, max = 99, unique = true }\n',
        CREATE + "ALTER TABLE t ADD UNIQUE (c);",
        "t.c: is unique but has at most 99, and the table has 1000 rows",
    ),
    (
        T + 'c = { kind = "sequence" }\n[tables.u]\nrows = 5\n[tables.u.columns]\n'
        'id = { kind = "sequence" }\n',
        CREATE + "CREATE TABLE u (id int);\nALTER TABLE t ADD FOREIGN KEY (c) REFERENCES u (id);",
        't.c: a foreign key to u needs kind = "reference" to it',
    ),
    (
        T + 'u = { kind = "reference", table = "u" }\n[tables.u]\nrows = 5\n[tables.u.columns]\n'
        'id = { kind = "sequence" }\nt = { kind = "reference", table = "t" }\n',
        CREATE + "CREATE TABLE u (id int);",
        "tables refer to each other in a circle: ",
    ),
    (
        T + 'a = { kind = "copy", column = "a" }\n',
        CREATE,
        "t: columns follow from each other in a circle: a → a",
    ),
    (
        T + 'a = { kind = "copy", column = "b" }\nb = { kind = "copy", column = "a" }\n',
        CREATE,
        "columns follow from each other in a circle: ",
    ),
    (
        T + 'up = { kind = "reference", table = "t", pick = "recent" }\n'
        'depth = { kind = "multiple", column = "up.depth", by = 2 }\n',
        CREATE,
        "columns follow from each other in a circle: depth → depth",
    ),
    (
        T + 'a = { kind = "reference", table = "u", pick = "grouped" }\n'
        'b = { kind = "reference", table = "u", distinct_per = "a" }\n'
        '[tables.u]\nrows = 5\n[tables.u.columns]\nid = { kind = "sequence" }\n',
        CREATE + "CREATE TABLE u (id int);",
        "but there are only 5 different u",
    ),
]


@pytest.mark.parametrize(("toml", "schema", "message"), TABLES)
def test_a_wrong_table_is_named(tmp_path, toml, schema, message):
    with pytest.raises(SpecError) as caught:
        written(tmp_path, toml, schema).population(1_000)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_word_list_may_be_too_short(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "few.txt").write_text("# three\none\ntwo\n\none\nthree\n")
    one_column(tmp_path, '{ kind = "array", list = "few", max = 3 }', 10)
    with pytest.raises(SpecError, match="has 3 words, but 4 are needed at least"):
        one_column(tmp_path, '{ kind = "array", list = "few", max = 4 }', 10)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "cannot be read as UTF-8"),
        (b"title = ", "is not TOML"),
        (b"seed = 1\nnow = 2026-01-01T00:00:00Z\n[tables.t]\n", "the key title is missing"),
        (HEAD.replace("seed = 1", 'seed = "x"').encode() + b"[tables.t]\n", "seed: 'x'"),
        (HEAD.replace("2026-01-01T00:00:00Z", '"now"').encode() + b"[tables.t]\n", "a fixed time"),
    ],
)
def test_a_broken_file_is_named(tmp_path, content, message):
    (tmp_path / "dataset.toml").write_bytes(content)
    with pytest.raises(SpecError) as caught:
        spec.read(tmp_path)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["schema.sql", "words/few.txt"])
def test_a_file_in_another_encoding_is_named(tmp_path, name):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "few.txt").write_text("one\n")
    column = '{ kind = "text", list = "few" }'
    one_column(tmp_path, column, 10)
    (tmp_path / name).write_bytes("-- größe\n".encode("latin-1"))
    with pytest.raises(SpecError) as caught:
        spec.read(tmp_path).population(10)
    assert f"{tmp_path / name}: cannot be read as UTF-8 text" in str(caught.value)


def test_a_folder_without_files_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"there is no dataset\.toml in it"):
        datasets.open(tmp_path)
    (tmp_path / "dataset.toml").write_text(HEAD + T)
    with pytest.raises(SpecError, match=r"schema\.sql: cannot be read"):
        datasets.open(tmp_path).population("small")


@pytest.mark.parametrize("scale", ["0", 0, "huge", "-5", "1e6", "", 3_000_000_000, "1.5"])
def test_an_impossible_scale_is_refused(scale):
    with pytest.raises(InputError, match="scale"):
        spec.scale_rows(scale)


@pytest.mark.parametrize(
    ("scale", "rows"), [("small", 100_000), ("250_000", 250_000), ("1,000", 1_000), (7, 7)]
)
def test_scales(scale, rows):
    assert spec.scale_rows(scale) == rows


@pytest.mark.parametrize("name", ["postgres", "template1", "ä" * 32])
def test_a_folder_whose_name_is_no_databases_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(SpecError, match="give it another name"):
        written(tmp_path / name, T, CREATE)


def test_an_unknown_dataset_names_the_near_ones():
    with pytest.raises(UnknownName, match="did you mean todos"):
        datasets.open("todoz")


def test_an_unknown_table_names_the_near_ones():
    with pytest.raises(UnknownName, match=r"no table named todoes.*did you mean todos"):
        datasets.for_tables(["todos", "todoes"])
