"""An SQL script as the list of its statements."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from workbench.workload.lexer import BETWEEN_TOKENS, Lines, Token, scan


class Comment(NamedTuple):
    """A comment with its marks, and the line in which it starts."""

    text: str
    line: int


@dataclass(frozen=True)
class Statement:
    """A statement's own characters, unchanged, from its first token to its last before the ``;``.

    ``above`` holds the comments between the statement before it and its first token, ``beside``
    the line comment that follows its semicolon in the same line.
    """

    text: str
    line: int
    above: tuple[Comment, ...] = ()
    beside: tuple[Comment, ...] = ()


def split(text: str) -> list[Statement]:
    """The statements of a text; a ``;`` ends one, and so does the line of a psql command.

    A ``;`` inside a literal, comment, parenthesis or ``BEGIN ATOMIC … END`` is part of its
    statement; from a parenthesis or body on that is never closed, every one ends a statement.
    Source: psql's rules.
    """
    return [piece for piece in pieces(text) if piece.text]


def pieces(text: str) -> Iterator[Statement]:
    """What ``split`` gives and, without text, the comments that belong to no statement."""
    tokens, lines = list(scan(text)), Lines(text)
    start, nests = 0, True
    while start < len(tokens):
        stop = _end(text, tokens, start, nests)
        if stop is None:
            nests = False
            continue
        beside = _beside(text, tokens, stop)
        piece = _piece(text, lines, tokens[start:stop], tokens[stop:beside])
        if piece.text or piece.above:
            yield piece
        start = max(beside, stop + 1)


def _end(text: str, tokens: list[Token], start: int, nests: bool) -> int | None:
    """Where the statement's tokens end: at a ``;``, behind a psql command, or with the text.

    None when a ``;`` stands in a parenthesis or body that is never closed.
    """
    depth = body = 0
    before, protected = "", False
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token.kind in BETWEEN_TOKENS:
            continue
        piece = text[token.start : token.end]
        word = piece.upper() if token.kind == "word" else piece
        if token.kind == "psql":
            return place + 1
        if token.kind == "semicolon":
            if not nests or not (depth or body):
                return place
            protected = True
        depth = max(0, depth + (word == "(") - (word == ")"))
        body = _body_depth(body, before, word)
        before = word
    return None if protected and (depth or body) else len(tokens)


def _body_depth(depth: int, before: str, word: str) -> int:
    """How many ENDs a function's body still needs: its own and those of its CASEs."""
    if depth and word == "END":
        return depth - 1
    return depth + ((depth > 0 and word == "CASE") or (before == "BEGIN" and word == "ATOMIC"))


def _beside(text: str, tokens: list[Token], stop: int) -> int:
    """The place behind the ``;`` at ``stop`` and a line comment in the same line."""
    if stop >= len(tokens) or tokens[stop].kind != "semicolon":
        return stop
    rest = tokens[stop + 1 : stop + 3]
    if rest and rest[0].kind == "space" and not {"\r", "\n"} & set(_text(text, rest[0])):
        rest = rest[1:]
    if rest and _text(text, rest[0]).startswith("--"):
        return tokens.index(rest[0], stop) + 1
    return stop + 1


def _piece(text: str, lines: Lines, own: list[Token], closing: list[Token]) -> Statement:
    significant = [token for token in own if token.kind not in BETWEEN_TOKENS]
    first = significant[0].start if significant else own[-1].end if own else 0
    last = significant[-1].end if significant else first
    above = [token for token in own if token.kind == "comment" and token.start < first]
    return Statement(
        text[first:last],
        lines.at(first),
        tuple(_comment(text, lines, token) for token in above),
        tuple(_comment(text, lines, token) for token in closing if token.kind == "comment"),
    )


def _comment(text: str, lines: Lines, token: Token) -> Comment:
    return Comment(_text(text, token), lines.at(token.start))


def _text(text: str, token: Token) -> str:
    return text[token.start : token.end]
