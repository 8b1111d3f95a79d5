"""Conditions as Postgres prints them, in plans and index definitions, taken apart (pure).

Postgres puts every operation in brackets, so the one operator outside of all brackets is the
condition's own; this also reads operators that no other parser knows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.workload.lexer import BETWEEN_TOKENS, scan

Tokens = Sequence[str]
_WITHIN = frozenset({"::", "->", "->>", "#>", "#>>", "+", "-", "*", "/", "||", "."})
_TESTS = ("IS NOT NULL", "IS NULL", "IS NOT TRUE", "IS NOT FALSE", "IS TRUE", "IS FALSE")
_TEXT_CASTS = (
    ("::", "text", "[", "]"), ("::", "text"), ("::", "bpchar"), ("::", "character", "varying"),
    ("::", "regconfig"),
)  # fmt: skip
_UNLIKE = {"!~~": "NOT LIKE", "!~~*": "NOT ILIKE"}
_TURNED = {">": "<", ">=": "<="}
_TYPE_WORDS = frozenset({"varying", "precision", "with", "without", "time", "zone"})
_LISTS = {("=", "ANY"): "IN", ("<>", "ALL"): "NOT IN"}
_KEYWORDS = "AND|OR|NOT|IN|WHEN|THEN|ELSE|CASE|IS|FROM|ALL|ANY|DISTINCT"
_CALL = re.compile(rf"(?<!\w)((?!(?:{_KEYWORDS})\b)[\w\"]+) ([(\[])", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9.]+\Z")


@dataclass(frozen=True)
class Compared:
    """``left operator right``; a test such as IS NULL, and a bare condition, have no right side."""

    left: tuple[str, ...]
    operator: str
    right: tuple[str, ...] = ()


def tokens(text: str) -> tuple[str, ...]:
    """The words, literals, operators and brackets of a text."""
    return tuple(text[t.start : t.end] for t in scan(text) if t.kind not in BETWEEN_TOKENS)


def written(parts: Tokens) -> str:
    """Tokens as SQL, with blanks where one would put them."""
    text = " ".join(parts)
    text = re.sub(r"(?<=[(\[]) | (?=[)\],])| ?(::|\.) ?", lambda m: m.group(1) or "", text)
    return _CALL.sub(r"\1\2", text).replace(" ,", ",")


def split(parts: Tokens, word: str) -> list[Tokens]:
    """The parts between AND (or OR) outside of brackets and of CASE … END."""
    parts = bare(parts)
    cuts = [at for at, token, depth in _levels(parts) if depth == 0 and token.upper() == word]
    edges = [-1, *cuts, len(parts)]
    return [bare(parts[a + 1 : b]) for a, b in pairwise(edges)]


def bare(parts: Tokens) -> Tokens:
    """Tokens without the brackets around all of them."""
    while len(parts) > 1 and parts[0] == "(" and _closing(parts) == len(parts) - 1:
        parts = parts[1:-1]
    return parts


def compared(parts: Tokens) -> Compared:
    """One condition without AND and OR, taken apart."""
    parts = bare(parts)
    text = " ".join(parts).upper()
    for test in _TESTS:
        if text.endswith(f" {test}"):
            return Compared(tuple(bare(parts[: -len(test.split())])), test)
    if parts and parts[0].upper() == "NOT":
        return Compared(tuple(bare(parts[1:])), "NOT")
    for at, token, depth in _levels(parts):
        if depth == 0 and at and token not in _WITHIN and _is_operator(token):
            return Compared(tuple(bare(parts[:at])), token, tuple(parts[at + 1 :]))
    return Compared(tuple(parts), "")


def constant(parts: Tokens) -> str | None:
    """The literal that some tokens are, as one would write it; None where they are more."""
    parts = bare(parts)
    if len(parts) >= 3 and parts[1] == "::" and "(" not in parts[2:]:
        return parts[0] if _is_literal(parts[0]) else None
    return parts[0] if len(parts) == 1 and _is_literal(parts[0]) else None


def members(parts: Tokens) -> str | None:
    """The literals behind ANY or ALL as an IN list, None where they are more than literals."""
    inner = bare(parts[1:]) if parts and parts[0] in ("ANY", "ALL") else ()
    if inner and inner[0].upper() == "ARRAY":
        items = [constant(item) for item in split_list(inner[2 : _closing(inner[1:]) + 1])]
        known = [item for item in items if item is not None]
        return f"({', '.join(known)})" if known and len(known) == len(items) else None
    text = constant(inner)
    if text is None or not text.startswith("'{") or any(mark in text for mark in '"\\'):
        return None
    number = "integer" in inner or "bigint" in inner or "smallint" in inner or "numeric" in inner
    values = (value if number else f"'{value}'" for value in text[2:-2].split(","))
    return f"({', '.join(values)})"


def split_list(parts: Tokens) -> Iterator[Tokens]:
    """The parts between commas outside of brackets."""
    cuts = [at for at, token, depth in _levels(parts) if depth == 0 and token == ","]
    edges = [-1, *cuts, len(parts)]
    yield from (parts[a + 1 : b] for a, b in pairwise(edges))


def plain(parts: Tokens) -> tuple[str, ...]:
    """Tokens without the casts to text that Postgres adds to literals and to bare names."""
    kept: list[str] = []
    rest = list(parts)
    while rest:
        cast = next((c for c in _TEXT_CASTS if tuple(rest[: len(c)]) == c), ())
        if cast and kept and _takes_cast(kept):
            del rest[: len(cast)]
            if kept[-1] == ")":
                kept[-3:] = kept[-2:-1]
        else:
            kept.append(rest.pop(0))
    return _undoubled(_collated(tuple(kept)))


def _collated(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Tokens without the brackets that Postgres puts around a name before COLLATE."""
    for at in range(len(parts) - 3):
        if (parts[at], parts[at + 2], parts[at + 3].upper()) == ("(", ")", "COLLATE"):
            return (*parts[:at], parts[at + 1], *_collated(parts[at + 3 :]))
    return parts


def _undoubled(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Tokens without brackets around the whole of what other brackets or commas enclose."""
    at = 1
    while at < len(parts):
        end = at + _closing(parts[at:])
        enclosed = parts[at] == "(" and parts[at - 1] in ("(", ",")
        if enclosed and parts[end + 1 : end + 2] in ((")",), (",",)):
            inner = parts[at + 1 : end]
            if inner and len(list(split_list(inner))) == 1:
                parts = (*parts[:at], *inner, *parts[end + 1 :])
                continue
        at += 1
    return parts


def _takes_cast(kept: Tokens) -> bool:
    """Whether what stands before a cast is a literal, a name, or a name in brackets."""
    return kept[-1] != ")" or (len(kept) > 2 and kept[-3] == "(")


def canonical(text: str) -> str:
    """A key or predicate of an index in the form that candidates have, for comparison."""
    parts = _without_types(tokens(text))
    return " AND ".join(sorted(_canonical(part) for part in split(parts, "AND")))


def _without_types(parts: Tokens) -> tuple[str, ...]:
    """Tokens without the types of literals, which Postgres adds and people leave out."""
    kept: list[str] = []
    rest = list(parts)
    while rest:
        if kept and kept[-1][:1] == "'" and rest[0] == "::":
            del rest[: _type_length(rest)]
        else:
            kept.append(rest.pop(0))
    return tuple(kept)


def _type_length(parts: Tokens) -> int:
    """How many tokens ``:: type`` are, with schema, further words or brackets."""
    end = 2
    while end < len(parts):
        if tuple(parts[end : end + 2]) == ("[", "]"):
            end += 2
        elif parts[end] in _TYPE_WORDS or "." in (parts[end], parts[end - 1]):
            end += 1
        else:
            break
    return end


def _canonical(parts: Tokens) -> str:
    found = compared(parts)
    if not found.operator:
        whole = plain(found.left)
        return written(found.left if len(whole) == 1 else whole)
    if found.operator == "NOT":
        return f"NOT {_side(found.left)}"
    inner, word = members(found.right), _LISTS.get((found.operator, (found.right or ("",))[0]))
    if inner and word:
        return f"{_side(found.left)} {word} {inner}"
    left, operator, right = found.left, found.operator, found.right
    if operator in _TURNED and constant(right) is None:
        left, operator, right = right, _TURNED[operator], left
    return " ".join(filter(None, [_side(left), _UNLIKE.get(operator, operator), _side(right)]))


def _side(parts: Tokens) -> str:
    inner = bare(plain(bare(parts)))
    text = written(inner)
    return f"({text})" if any(map(_is_operator, inner)) and inner[0][:1] != "'" else text


def _levels(parts: Tokens) -> Iterator[tuple[int, str, int]]:
    """Each token with its place and how many brackets and CASEs it stands in."""
    depth = 0
    for at, token in enumerate(parts):
        if token in (")", "]") or token.upper() == "END":
            depth -= 1
        yield at, token, depth
        if token in ("(", "[") or token.upper() == "CASE":
            depth += 1


def _closing(parts: Tokens) -> int:
    """The place of the bracket that closes the first one."""
    return next((at for at, token, depth in _levels(parts) if at and depth == 0), len(parts))


def _is_operator(token: str) -> bool:
    return not re.match(r"[\w\"'$(),\[\].;:]", token)


def _is_literal(token: str) -> bool:
    return token[:1] == "'" or bool(_NUMBER.match(token)) or token.lower() in ("true", "false")
