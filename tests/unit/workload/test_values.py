"""Typical values from a column's statistics."""

import pytest

from workbench.workload.values import Column, Type, choose, roles

INT = Type("integer", "N")
BIG = Type("bigint", "N")
TEXT = Type("text", "S")
DATE = Type("date", "D")
STAMP = Type("timestamp with time zone", "D")
BOOL = Type("boolean", "B")
UUID = Type("uuid", "U")
TAGS = Type("text[]", "A", TEXT)
HUNDRED = tuple(str(n) for n in range(0, 1010, 10))


def texts(column, wanted, role="equal", window=False):
    chosen = choose(column, wanted, role, window)
    return [chosen[name].text if name in chosen else None for name in ("common", "rare", "absent")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = $1", ["equal"]),
        ("a > $1 AND b <= $2", ["above", "below"]),
        ("$1 < a AND $2 > b", ["above", "below"]),
        ("a BETWEEN $1 AND $2 AND b = $3", ["above", "below", "equal"]),
        ("a BETWEEN $1::date AND $2 AND $3 = b", ["above", "below", "equal"]),
        ("a LIKE $1 OR b ilike $2", ["pattern", "pattern"]),
        ("LIMIT $1 OFFSET $2", ["limit", "offset"]),
        ("FETCH FIRST $1 ROWS ONLY", ["limit"]),
        ("a = ANY($1)", ["equal"]),
        ("a > /* x */ $1", ["above"]),
        ("a > $1 OR a < $1", ["above"]),
        ("a = '$2' AND b < $1", ["below"]),
        ("$1", ["equal"]),
    ],
)
def test_roles(text, expected):
    assert list(roles(text).values()) == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("c", INT, ("7", "9"), (0.5, 0.1), HUNDRED), ["7", "500", "1001"]),
        (Column("c", INT, ("7", "9"), (0.5, 0.1)), ["7", "9", "10"]),
        (Column("c", INT, ("7",), (1.0,)), ["7", None, "8"]),
        (Column("c", INT, bounds=HUNDRED), ["500", None, "1001"]),
        (Column("c", INT, ("2147483647", "5")), ["2147483647", "5", "4"]),
        (Column("c", INT, ("-2147483648", "2147483647")), ["-2147483648", "2147483647", None]),
        (Column("c", Type("numeric", "N"), ("1.5", "NaN")), ["1.5", "NaN", "2.5"]),
        (Column("c", TEXT, ("a", "b")), ["a", "b", "workbench-absent"]),
        (Column("c", BOOL, ("f", "t"), labels=("f", "t")), ["f", "t", None]),
        (Column("c", BOOL, ("f",), labels=("f", "t")), ["f", None, "t"]),
        (Column("c", Type("state", "E"), ("x",), labels=("x", "y")), ["x", None, "y"]),
        (Column("c", DATE, ("2024-02-28",)), ["2024-02-28", None, "2024-02-29"]),
        (Column("c", DATE, ("9999-12-31",)), ["9999-12-31", None, "9999-12-30"]),
        (Column("c", DATE, ("infinity",)), ["infinity", None, None]),
        (Column("c", STAMP, ("2024-01-01 10:00:00.5+00",)),
         ["2024-01-01 10:00:00.5+00", None, "2024-01-02 10:00:00.500000+00:00"]),
        (Column("c", UUID, bounds=("a", "b", "c")),
         ["b", None, "00000000-0000-4000-8000-000000000000"]),
        (Column("c", INT, sample="3"), ["3", None, None]),
        (Column("c", INT), [None, None, None]),
    ],
)  # fmt: skip
def test_equal(column, expected):
    assert texts(column, column.type) == expected


@pytest.mark.parametrize(
    ("role", "window", "expected"),
    [
        ("above", False, ["500", "980", "1001"]),
        ("below", False, ["500", "20", "-1"]),
        ("above", True, ["250", "970", "1001"]),
        ("below", True, ["750", "990", "1001"]),
    ],
)
def test_ranges(role, window, expected):
    assert texts(Column("c", INT, ("7",), (0.5,), HUNDRED), INT, role, window) == expected


def test_a_range_over_few_values_is_ordered_by_value():
    assert texts(Column("c", INT, ("5", "10", "1")), INT, "above") == ["5", "10", "11"]
    assert texts(Column("c", TEXT, ("b", "a")), TEXT, "above") == ["b", "a", "workbench-absent"]


def test_patterns_are_first_letters_with_their_wildcards_escaped():
    column = Column("c", TEXT, ("50%_off", r"a\b"))
    assert texts(column, TEXT, "pattern") == [r"50\%%", r"a\\b%", "workbench-absent%"]


def test_arrays():
    scalar = Column("c", TEXT, ('a"b', "c\\"))
    assert texts(scalar, TAGS) == [r'{"a\"b"}', r'{"c\\"}', '{"workbench-absent"}']
    tags = Column("c", TAGS, ("{x,y}",), elements=("x", "y"))
    assert texts(tags, TAGS) == ['{"x"}', '{"y"}', '{"workbench-absent"}']
    assert texts(tags, TEXT) == ["x", "y", "workbench-absent"]
    assert texts(Column("c", TAGS, ("{x,y}",)), TAGS)[0] == "{x,y}"


@pytest.mark.parametrize(
    ("column", "wanted", "fits"),
    [
        (INT, BIG, True),
        (INT, Type("numeric", "N"), True),
        (Type("numeric", "N"), INT, False),
        (Type("character varying", "S"), TEXT, True),
        (DATE, STAMP, True),
        (STAMP, Type("interval", "T"), False),
        (Type("time without time zone", "D"), STAMP, False),
        (UUID, Type("jsonb", "U"), False),
        (TAGS, INT, False),
    ],
)
def test_values_of_another_type_are_not_taken(column, wanted, fits):
    value = Column("c", column, ("1",), elements=("1",) if column.element else ())
    assert bool(choose(value, wanted, "equal", False)) is fits


def test_origins_name_the_column_and_the_share():
    chosen = choose(Column("todos.user_id", INT, ("7", "9"), (0.123, 0.01)), INT, "equal", False)
    assert chosen["common"].origin == "the most common value of todos.user_id (12.30% of the rows)"
    assert chosen["rare"].origin == "the rarest value of todos.user_id (1.00% of the rows)"
