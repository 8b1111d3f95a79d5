"""Tokens by PostgreSQL's rules, and parameters told from its operators."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sql_texts import OPAQUE

from workbench.workload.lexer import BETWEEN_TOKENS, Lines, scan


def tokens(text):
    """Kind and text of each token but blanks."""
    return [(t.kind, text[t.start : t.end]) for t in scan(text) if t.kind != "space"]


def parameters(text):
    return [piece for kind, piece in tokens(text) if kind == "parameter"]


ONE_TOKEN = {
    "string": [
        "''", "'it''s'", "'a;b'", "'--'", "'/*'", r"'\'", r"E'\''", r"e'\\'", "E'a''b'",
        r"U&'\0061'", "u&'x'", "B'01'", "x'fF'", "N'x'", "$$;'$$", "$a$ $b$ $$ $a$", "$ä1$x$ä1$",
        "E'a'\n  'b\\'c'", "E'a' -- why\n 'b\\''", "'%s :x $1'",
    ],
    "name": ['"a"', '"a""b"', '"a;b"', '"%s"', 'U&"\\0061"', '""'],
    "comment": ["-- ; 'x", "/* ; */", "/* /* */ ; */", "/**/", "/*+ hint */"],
    "number": ["1", "1.5", ".5", "1.", "1e10", "1.5E-3", "0xFF", "0b10", "0o7", "1_000"],
    "word": ["a", "_a", "a$1", "é1", "select", "\U0001f600"],
    "operator": ["+", "->>", "@>", "<@", "?", "?|", "?&", "@?", "@@", "#>>", "::", ":=", "..", "=>",
                 "<=", "<>", "!=", "~*", "!~~*", "||", "|/", "@-", "%", "%>>", "<%", "^@", "-|-"],
    "parameter": ["$1", "$12", ":name", ":n$1", ":é", "%s", "%(name)s", "%(a_1)s"],
    "unclosed": ["'a", "E'a\\'", '"a', "/* /* */", "$a$ $b$", "$$ $", "U&'a", "'it''s"],
    "psql": ["\\d todos", "\\copy t from 'x'", "\\gx"],
    "semicolon": [";"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, ts in ONE_TOKEN.items() for t in ts])
def test_one_token(kind, text):
    assert tokens(text) == [(kind, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=-1", ["a", "=", "-", "1"]),
        ("a@-1", ["a", "@-", "1"]),
        ("a--b", ["a", "--b"]),
        ("a+/*x*/b", ["a", "+", "/*x*/", "b"]),
        ("a<%s", ["a", "<", "%s"]),
        ("a<=%(b)s", ["a", "<=", "%(b)s"]),
        ("1..2", ["1", "..", "2"]),
        ("1E'a'", ["1E", "'a'"]),
        ("1$$a$$", ["1", "$$a$$"]),
        ("'a'\n'b'", ["'a'", "'b'"]),
        ("xE'a'", ["xE", "'a'"]),
        ("a::int[]", ["a", "::", "int", "[", "]"]),
        ("$1::int", ["$1", "::", "int"]),
        ("a\xa0b", ["a\xa0b"]),
        ("SELECT 1 \\gx\nx", ["SELECT", "1", "\\gx", "x"]),
    ],
)
def test_pieces(text, expected):
    assert [piece for _, piece in tokens(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x::text", []),
        (":x::text", [":x"]),
        ("f(a := :b)", [":b"]),
        ("f(a => :b)", [":b"]),
        ("a[1:2]", []),
        ("a[x:y]", []),
        ("a[f(x):y]", []),
        ('a["x":y]', []),
        ("a[:y]", [":y"]),
        ("a[:x : :y]", [":x", ":y"]),
        ("ARRAY[:x,:y]", [":x", ":y"]),
        ("ARRAY[CASE WHEN a THEN :x ELSE :y END]", [":x", ":y"]),
        ("a[f(b, :x)]", [":x"]),
        ("json_object('a':b)", []),
        ("json_object('a' : :b)", [":b"]),
        ("LIMIT :n OFFSET :m", [":n", ":m"]),
        ("a = ANY(:ids)", [":ids"]),
        ("'12:30' ':x'", []),
        ("-- :x\n/* %s $1 */", []),
        ("a % 2", []),
        ("a % s", []),
        ("5 %s", []),
        ("(a) %s", []),
        ('"a" %s', []),
        ("$1 %s", ["$1"]),
        ("LIMIT %s", ["%s"]),
        ("a=%s AND b>%s", ["%s", "%s"]),
        ("(%s,%s)", ["%s", "%s"]),
        ("a %size", []),
        ("a = %(x)s", ["%(x)s"]),
        ("a %(b)", []),
        ("a LIKE '%s'", []),
        ("t @? '$.a' AND t ? :k", [":k"]),
        ("a->>:k", [":k"]),
        ("a$1", []),
    ],
)
def test_parameters(text, expected):
    assert parameters(text) == expected


@given(st.text() | st.text(alphabet="'\"$a/*-;:%s()[]\\ \nE1"))
def test_tokens_are_the_text(text):
    assert "".join(text[t.start : t.end] for t in scan(text)) == text


@given(OPAQUE)
def test_nothing_inside_a_literal_name_or_comment_is_a_token(text):
    assert len(list(scan(text))) == 1


@pytest.mark.parametrize("piece", ["+", "(;", "'a", "$a$", "/*", "%s", "[:x", "a%", "E'\\"])
def test_time_grows_with_the_length(piece):
    def seconds(text):
        started = time.process_time()
        list(scan(text))
        return time.process_time() - started

    short, long = (min(seconds(piece * n) for _ in range(3)) for n in (2_000, 16_000))
    assert long < 30 * max(short, 0.001)


def test_lines_of_all_systems():
    lines = Lines("a\nb\r\nc\rd")
    assert [lines.at(offset) for offset in (0, 1, 2, 5, 7)] == [1, 1, 2, 3, 4]


def test_blanks_are_only_those_of_postgres():
    assert [t.kind in BETWEEN_TOKENS for t in scan("\t\n\v\f\r \x1c")] == [True, False]
