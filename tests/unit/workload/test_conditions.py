"""Conditions as Postgres prints them, in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.workload.conditions import canonical, compared, members, split, tokens, written

CANONICAL = {
    "(deleted_at IS NULL)": "deleted_at IS NULL",
    "deleted_at IS NULL AND metadata ? 'funding'::text": (
        "deleted_at IS NULL AND metadata ? 'funding'"
    ),
    "((status = 'open'::text) AND (NOT is_draft))": "NOT is_draft AND status = 'open'",
    "status = ANY (ARRAY['queued'::text, 'running'::text])": "status IN ('queued', 'running')",
    "status <> ALL ('{a,b}'::text[])": "status NOT IN ('a', 'b')",
    "((state)::text = ANY ('{a,b}'::text[]))": "state IN ('a', 'b')",
    "(result -> 'warnings'::text) IS NOT NULL": "(result -> 'warnings') IS NOT NULL",
    "lower(name::text)": "lower(name)",
    "lower((name)::text)": "lower(name)",
    "((metadata ->> 'license'::text))": "metadata ->> 'license'",
    "to_tsvector('english'::regconfig, title)": "to_tsvector('english', title)",
    "(doc #>> '{a,b}'::text[])": "doc #>> '{a,b}'",
    "id::text": "id::text",
    "((doc ->> 'k'::text))::integer = 5": "((doc ->> 'k')::integer) = 5",
    "f((a, b)) = 5": "f((a, b)) = 5",
    "kind = 5": "kind = 5",
    "mood = 'calm'::shop.mood": "mood = 'calm'",
    "at > '2020-01-01'::timestamp with time zone": "at > '2020-01-01'",
}


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical(text: str) -> None:
    assert canonical(text) == CANONICAL[text]
    assert canonical(CANONICAL[text]) == CANONICAL[text]


PARTS = {
    "(t.p <@ '((0,0),(1,1))'::box)": ("t.p", "<@", "'((0,0),(1,1))'::box"),
    "((t.meta ->> 'k'::text) = 'v'::text)": ("t.meta ->> 'k'::text", "=", "'v'::text"),
    '("T"."Id" = u.x)': ('"T"."Id"', "=", "u.x"),
    "(lower(t.name) ~~ 'a%'::text)": ("lower(t.name)", "~~", "'a%'::text"),
    "(t.a IS NOT NULL)": ("t.a", "IS NOT NULL", ""),
    "(NOT t.done)": ("t.done", "NOT", ""),
    "t.done": ("t.done", "", ""),
    "(t.n = ANY ('{1,2}'::integer[]))": ("t.n", "=", "ANY ('{1,2}'::integer[])"),
    "(t.r && '[1,2)'::int4range)": ("t.r", "&&", "'[1,2)'::int4range"),
    "((t.a + 1) > 5)": ("t.a + 1", ">", "5"),
    "((t.a)::date = '2020-01-01'::date)": ("(t.a)::date", "=", "'2020-01-01'::date"),
}


@pytest.mark.parametrize("text", PARTS)
def test_compared(text: str) -> None:
    found = compared(tokens(text))
    assert (written(found.left), found.operator, written(found.right)) == PARTS[text]


def test_split_leaves_case_brackets_and_literals_alone() -> None:
    case = "CASE WHEN b AND c THEN d ELSE e END"
    text = f"((a = 1) AND ({case}) AND (f OR (g AND h)) AND i ~~ 'x AND y')"
    assert [written(part) for part in split(tokens(text), "AND")] == [
        "a = 1",
        case,
        "f OR (g AND h)",
        "i ~~ 'x AND y'",
    ]


def test_members() -> None:
    assert members(tokens("ANY ('{1,2}'::bigint[])")) == "(1, 2)"
    assert members(tokens("""ANY ('{"a b",c}'::text[])""")) is None
    assert members(tokens("ANY ($1)")) is None


WORDS = """( ) a t.b 'x' AND OR NOT = ANY :: text [ ] , 1 IS NULL CASE END -> ARRAY ROW $1 "Q" ."""
PIECES = st.sampled_from(WORDS.split())


@given(st.lists(PIECES).map(" ".join) | st.text())
def test_no_text_is_too_odd(text: str) -> None:
    parts = tokens(text)
    assert isinstance(canonical(text), str)
    assert "".join(parts) == "".join("".join(tokens(piece)) for piece in parts)
    for part in split(parts, "AND"):
        found = compared(part)
        assert len(found.left) + len(found.right) <= len(parts)
        members(found.right)
