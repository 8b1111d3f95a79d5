"""Parameters of four styles become Postgres' own; nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sql_texts import OPAQUE

from workbench.errors import StatementError
from workbench.workload.placeholders import native


@pytest.mark.parametrize(
    ("text", "expected", "slots"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("a = $1 AND b = $2", "a = $1 AND b = $2", ("1", "2")),
        ("a = $2 OR a = $2", "a = $2 OR a = $2", ("1", "2")),
        ("a = :x AND b = :y OR c = :x", "a = $1 AND b = $2 OR c = $1", ("x", "y")),
        ("a = %s AND b = %s", "a = $1 AND b = $2", ("1", "2")),
        ("a = %(x)s AND b = %(x)s", "a = $1 AND b = $1", ("x",)),
        (":x::int", "$1::int", ("x",)),
        ("a LIKE '%s' AND b = %s", "a LIKE '%s' AND b = $1", ("1",)),
        ("a %% 2 = %s AND b LIKE '%%'", "a % 2 = $1 AND b LIKE '%%'", ("1",)),
        ("a %% 2 = :x", "a %% 2 = $1", ("x",)),
        ("LIMIT:n", "LIMIT $1", ("n",)),
        ("a=ANY(:ids)", "a=ANY($1)", ("ids",)),
        ("a[:i] || a[x:y]", "a[$1] || a[x:y]", ("i",)),
        ("SELECT\r\n:x", "SELECT\r\n$1", ("x",)),
    ],
)
def test_native(text, expected, slots):
    assert native(text) == (expected, slots)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = $1 AND b = :x", r"2 styles, \$1 and :name; use one$"),
        ("a = %s AND b = %(x)s", r"%s and %\(name\)s; use one \(a modulo has a blank"),
        ("a = $1 AND b = :x AND c = %s", r"3 styles, \$1 and :name and %s"),
        ("$0", r"no parameter \$0"),
        ("$65536", r"\$65536 is beyond"),
        ("$99999999999999999999", "is beyond"),
        ("a\n = 'b", "the string literal that starts in line 8 is not closed"),
        ("a /* \n", "the comment that starts in line 7 is not closed"),
        ("$q$ $", "the dollar quote that starts in line 7 is not closed"),
        ('"a', "the quoted name that starts in line 7 is not closed"),
        ("SELECT 1 \\gx", r"\\gx is psql's command and not SQL"),
        ("\\copy t from 'x'", r"\\copy is psql's"),
    ],
)
def test_refused(text, reason):
    with pytest.raises(StatementError, match=reason):
        native(text, line=7)


PARTS = st.sampled_from(["a", "=", "(", ")", "::int", "b[1:2]", "@>", "-1", "/", "x % 2"]) | OPAQUE
STYLES = {
    "$1": lambda number: f"${number}",
    ":name": lambda number: f":p{number}",
    "%(name)s": lambda number: f"%(p{number})s",
}


@pytest.mark.parametrize("style", STYLES)
@given(parts=st.lists(st.tuples(PARTS, st.integers(1, 5)), min_size=1))
def test_all_else_stays(style, parts):
    numbers = list(dict.fromkeys(number for _, number in parts))
    ranked = {number: rank for rank, number in enumerate(numbers, 1)}
    written = " ".join(f"{part} , {STYLES[style](number)}" for part, number in parts)
    expected = " ".join(
        f"{part} , ${number if style == '$1' else ranked[number]}" for part, number in parts
    )
    text, slots = native(written)
    assert text == expected
    assert style == "$1" or slots == tuple(f"p{number}" for number in numbers)


@given(st.lists(PARTS, min_size=1))
def test_native_text_is_not_changed_again(parts):
    text, slots = native(" ".join(f"{part} , %s" for part in parts))
    assert native(text) == (text, slots)
