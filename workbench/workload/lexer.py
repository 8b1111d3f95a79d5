"""Tokens of an SQL text by PostgreSQL's own lexical rules, and parameters of three foreign styles.

Postgres has no ``:name`` and no ``%s``, so they have to be told from its operators:

- ``%s``, ``%(name)s`` and ``:name`` are parameters unless an operand stands before them: there a
  ``%`` is a modulo and a ``:`` belongs to a slice or a JSON key.
- A literal, number, quoted name, parameter, ``)`` or ``]`` is an operand. A bare word is not, for
  it may be a keyword (``LIMIT %s``): a modulo by a column called s is written ``a % s``.
- Directly inside ``[ ]`` a name is an operand too: ``a[x:y]`` has no parameter, ``a[:y]`` and
  ``ARRAY[:x, :y]`` have.

Source: PostgreSQL manual, "Lexical Structure".
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal[
    "space", "comment", "string", "name", "word", "number", "operator", "punctuation",
    "semicolon", "parameter", "psql", "unclosed",
]  # fmt: skip


class Token(NamedTuple):
    """A piece of a text: what it is and where (``text[start:end]``); pieces leave no gap.

    ``name`` is a quoted identifier, ``word`` a bare one or a keyword, ``psql`` a backslash command
    with the rest of its line, ``unclosed`` a quote or comment that runs to the end of the text.
    """

    kind: Kind
    start: int
    end: int


BETWEEN_TOKENS = frozenset({"space", "comment"})

_START = r"[A-Za-z_\u0080-\U0010ffff]"
_INSIDE = r"[A-Za-z0-9_$\u0080-\U0010ffff]"
_BLANK = r"[ \t\n\r\f\v]"
_ESCAPED = r"'(?:[^'\\]++|''|\\.)*+'"
# Two literals with a newline between them are one, and the second keeps the first's rules.
_CONTINUED = rf"(?:[ \t\f\v]*+(?:--[^\r\n]*+)?[\r\n](?:{_BLANK}|--[^\r\n]*+[\r\n])*+{_ESCAPED})*+"
_TAG = r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*+"

_TOKEN = re.compile(
    rf"""
    (?P<space>{_BLANK}++)
  | (?P<comment>--[^\r\n]*+)
  | (?P<string>[eE]{_ESCAPED}{_CONTINUED} | (?:[bBnNxX]|[uU]&)?'(?:[^']++|'')*+'
        | \$(?P<tag>(?:{_TAG})?)\$.*?\$(?P=tag)\$)
  | (?P<name>(?:[uU]&)?"(?:[^"]++|"")*+")
  | (?P<open>(?:[eEbBnNxX]|[uU]&)?' | (?:[uU]&)?" | /\* | \$(?:{_TAG})?\$)
  | (?P<dollar>\$[0-9]++)
  | (?P<number>(?:0[xX][0-9a-fA-F_]++ | 0[oObB][0-9_]++
        | (?:[0-9][0-9_]*+(?:\.(?!\.)[0-9_]*+)?|\.[0-9][0-9_]*+)(?:[eE][+-]?[0-9][0-9_]*+)?)
        (?:{_START}{_INSIDE}*+)?)
  | (?P<word>{_START}{_INSIDE}*+)
  | (?P<fixed>::|:=|\.\.)
  | (?P<colon>:{_START}{_INSIDE}*+)
  | (?P<operator>[-+*/<>=~!@\#%^&|`?]{{1,63}}+)
  | (?P<semicolon>;)
  | (?P<psql>\\[A-Za-z!?][^\r\n]*+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS: dict[str, Kind] = {
    "space": "space", "comment": "comment", "string": "string", "name": "name",
    "dollar": "parameter", "number": "number", "word": "word", "fixed": "operator",
    "semicolon": "semicolon", "psql": "psql", "other": "punctuation",
}  # fmt: skip
_PERCENT = re.compile(rf"%(?:s|\(\w++\)s)(?!{_INSIDE})")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LINE_BREAK = re.compile(r"\r\n?|\n")
# Words that stand directly inside [ ] and still have to be followed by an operand.
_WANTS_OPERAND = (
    "AND ANY ALL ARRAY BETWEEN CASE DISTINCT ELSE FROM ILIKE IN IS LIKE NOT OR THEN WHEN"
)


def scan(text: str) -> Iterator[Token]:
    """The tokens of a text in order, blanks and comments included; joined they are the text."""
    at, after_operand, brackets = 0, False, [""]
    while at < len(text):
        token = _next(text, at, after_operand)
        yield token
        at = token.end
        piece = text[token.start : token.end]
        if piece in ("(", "["):
            brackets.append(piece)
        elif piece in (")", "]") and len(brackets) > 1:
            brackets.pop()
        if token.kind not in BETWEEN_TOKENS:
            after_operand = _ends_operand(token.kind, piece, brackets[-1])


def _ends_operand(kind: Kind, piece: str, bracket: str) -> bool:
    """Whether a ``%`` or ``:`` behind this token can only be an operator."""
    if kind == "word":
        return bracket == "[" and piece.upper() not in _WANTS_OPERAND.split()
    return kind in ("string", "name", "number", "parameter") or piece in (")", "]")


def _next(text: str, at: int, after_operand: bool) -> Token:
    match = _TOKEN.match(text, at)
    if match is None or match.lastgroup is None:
        raise AssertionError("the last alternative takes any character")
    group, end = match.lastgroup, match.end()
    if group == "open":
        return _comment_or_unclosed(text, at, end)
    if group == "operator":
        return _operator(text, at, end, after_operand)
    if group == "colon":
        return Token("punctuation", at, at + 1) if after_operand else Token("parameter", at, end)
    return Token(_KINDS[group], at, end)


def _comment_or_unclosed(text: str, at: int, end: int) -> Token:
    """A block comment, in which others may nest, or all the rest of the text."""
    if text[at:end] == "/*":
        depth = 1
        for edge in _COMMENT_EDGE.finditer(text, end):
            depth += 1 if edge.group() == "/*" else -1
            if not depth:
                return Token("comment", at, edge.end())
    return Token("unclosed", at, len(text))


def _operator(text: str, at: int, end: int, after_operand: bool) -> Token:
    """The longest operator at ``at``, cut where a comment or a ``%s`` begins."""
    if not after_operand and (percent := _PERCENT.match(text, at)):
        return Token("parameter", at, percent.end())
    for place in range(at + 1, end):
        if text.startswith(("--", "/*"), place) or _PERCENT.match(text, place):
            end = place
            break
    run = text[at:end]
    if not set(run) & set("~!@#%^&|`?"):
        run = run[0] + run[1:].rstrip("+-")
    return Token("operator", at, at + len(run))


class Lines:
    """Line numbers, from 1, of offsets in a text; CR, LF and CRLF end a line."""

    def __init__(self, text: str) -> None:
        """Find the line breaks of ``text``."""
        self._starts = [match.end() for match in _LINE_BREAK.finditer(text)]

    def at(self, offset: int) -> int:
        """The line in which ``offset`` lies."""
        return bisect_right(self._starts, offset) + 1
