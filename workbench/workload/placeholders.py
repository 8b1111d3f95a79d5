"""Parameters of a statement, written as Postgres wants them."""

from workbench.errors import StatementError
from workbench.workload.lexer import Lines, Token, scan

MAX_PARAMETERS = 65535  # the wire protocol counts them in 16 bits

_OPENED = {"'": "string literal", '"': "quoted name", "*": "comment", "$": "dollar quote"}


def native(text: str, line: int = 1) -> tuple[str, tuple[str, ...]]:
    """The statement with ``$1``, ``$2``, … as its parameters, and the name of each of these.

    A name has one number wherever it stands; ``%s`` are named 1, 2, … in order; ``$n`` stays.
    Everything else stays byte by byte, with two exceptions: a blank comes between a word and a
    parameter that touch, for ``LIMIT$1`` would be a name; and in a statement with ``%s`` the
    operator ``%%`` is a modulo, as drivers write it. ``line`` is that of the first character.
    Raises StatementError for mixed styles, unclosed quotes and psql's commands.
    """
    tokens = list(scan(text))
    _refuse(text, tokens, line)
    found = [text[token.start : token.end] for token in tokens if token.kind == "parameter"]
    style = _one_style(found)
    if style == "$1":
        return text, _numbered(found)
    slots: dict[str, int] = {}
    written = []
    before = None
    for token in tokens:
        piece = text[token.start : token.end]
        if token.kind == "parameter":
            number = slots.setdefault(_name(piece, len(slots)), len(slots) + 1)
            piece = f" ${number}" if before == "word" else f"${number}"
        elif style in ("%s", "%(name)s") and token.kind == "operator" and piece == "%%":
            piece = "%"
        written.append(piece)
        before = token.kind
    return "".join(written), _checked(tuple(slots))


def _refuse(text: str, tokens: list[Token], line: int) -> None:
    lines = Lines(text)
    for token in tokens:
        piece = text[token.start : token.end]
        if token.kind == "psql":
            command = piece.split()[0]
            raise StatementError(f"{command} is psql's command and not SQL; take it out")
        if token.kind == "unclosed":
            opened = next(_OPENED[mark] for mark in piece[:3] if mark in _OPENED)
            where = line + lines.at(token.start) - 1
            raise StatementError(f"the {opened} that starts in line {where} is not closed")


def _style(parameter: str) -> str:
    """How a parameter is written, as an example: ``$1``, ``:name``, ``%s`` or ``%(name)s``."""
    return {"$": "$1", ":": ":name"}.get(parameter[0], "%s" if parameter == "%s" else "%(name)s")


def _one_style(found: list[str]) -> str | None:
    styles = list(dict.fromkeys(_style(parameter) for parameter in found))
    if len(styles) > 1:
        raise StatementError(
            f"the parameters are written in {len(styles)} styles, {' and '.join(styles)}; use one"
            + (" (a modulo has a blank before its operand: a % s)" if "%s" in styles else "")
        )
    return styles[0] if styles else None


def _name(parameter: str, known: int) -> str:
    if parameter == "%s":
        return str(known + 1)
    return parameter[1:] if parameter[0] == ":" else parameter[2:-2]


def _numbered(found: list[str]) -> tuple[str, ...]:
    """Names 1 … n of ``$1`` … ``$n``, also where a number between is not used."""
    numbers = [int(parameter[1:7]) for parameter in found]
    if min(numbers) == 0:
        raise StatementError("there is no parameter $0; they count from $1")
    if max(numbers) > MAX_PARAMETERS:
        raise StatementError(f"${max(numbers)} is beyond Postgres' {MAX_PARAMETERS} parameters")
    return tuple(str(number + 1) for number in range(max(numbers)))


def _checked(slots: tuple[str, ...]) -> tuple[str, ...]:
    if len(slots) > MAX_PARAMETERS:
        raise StatementError(f"{len(slots)} parameters are more than Postgres' {MAX_PARAMETERS}")
    return slots
