"""Workloads from files, standard input and texts."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from workbench.errors import InputError, StatementError, UnknownName
from workbench.unplannable import why_unplannable
from workbench.workload.annotations import interpret, keyed
from workbench.workload.lexer import Lines
from workbench.workload.placeholders import native
from workbench.workload.query import Failure, Query
from workbench.workload.script import Statement, pieces

STDIN = "standard input"


def read(sources: Iterable[str | Path], stdin: str | bytes = "") -> list[Query | Failure]:
    """The statements of files, of ``-`` (what ``stdin`` holds) and of SQL texts, in order.

    A string is an SQL text when it has several words, does not end in .sql and is no file's name.
    A statement that cannot be used is a Failure. Raises InputError for a file that cannot be read.
    """
    found: list[Query | Failure] = []
    for source in sources:
        if source == "-":
            found += parse(decode(stdin, STDIN), STDIN)
        elif isinstance(source, str) and _is_sql(source):
            found += parse(source)
        else:
            path = Path(source)
            found += parse(decode(_bytes(path), str(path)), str(path), path.stem)
    return _with_unique_names(found)


def parse(text: str, source: str = "", stem: str = "") -> list[Query | Failure]:
    """The statements of one text; ``stem`` names those without ``-- name:`` (stem, stem_2, …).

    Without ``stem`` their number does. Raises InputError when there is no statement.
    """
    place = source or "the text"
    if not text.strip():
        raise InputError(f"{place} is empty; it should hold SQL statements")
    found = list(pieces(text))
    if not any(piece.text for piece in found):
        raise InputError(f"{place} holds only comments; it should hold SQL statements")
    entries: list[Query | Failure] = []
    for number, piece in enumerate((p for p in found if p.text), 1):
        default = str(number) if not stem else stem if number == 1 else f"{stem}_{number}"
        entries.append(_entry(piece, source, default))
    entries += [failure for piece in found for failure in _misplaced(piece, source)]
    return sorted(entries, key=lambda entry: entry.line)


def _entry(piece: Statement, source: str, default: str) -> Query | Failure:
    lines = keyed(piece.above)
    name = next((line.value for line in lines if line.key == "name" and line.value), default)
    try:
        text, slots = native(piece.text, piece.line)
        said = interpret(lines, slots)
        reason = why_unplannable(piece.text)
    except StatementError as error:
        return Failure(name, piece.text, piece.line, str(error), source)
    if reason is not None:
        return Failure(name, piece.text, piece.line, reason, source, said.weight)
    return Query(name, piece.text, text, slots, said.parameters, said.weight, source, piece.line)


def _misplaced(piece: Statement, source: str) -> Iterator[Failure]:
    """One failure for each of our comment lines that stands above no statement."""
    for line in keyed(piece.beside if piece.text else (*piece.above, *piece.beside)):
        reason = f"'-- {line.key}: {line.value}' stands above no statement; move it above its own"
        yield Failure(f"comment in line {line.line}", "", line.line, reason, source)


def _with_unique_names(entries: list[Query | Failure]) -> list[Query | Failure]:
    """The same with _2, _3, … behind names that were there before."""
    taken = {entry.name for entry in entries}
    seen: set[str] = set()
    unique = []
    for entry in entries:
        name, number = entry.name, 1
        while name in seen or (number > 1 and name in taken):
            number += 1
            name = f"{entry.name}_{number}"
        seen.add(name)
        unique.append(replace(entry, name=name))
    return unique


def _is_sql(source: str) -> bool:
    if len(source.split()) < 2 or source.lower().endswith(".sql"):
        return False
    try:
        return not Path(source).exists()
    except (OSError, ValueError):
        return True


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _missing(path) from None
    except IsADirectoryError:
        inside = sorted(str(child) for child in path.glob("*.sql"))
        hint = f", for example {inside[0]}" if inside else ""
        raise InputError(f"{path} is a directory; name the files in it{hint}") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot read {str(path)!r}: {why}") from None


def _missing(path: Path) -> InputError:
    if not path.parent.is_dir():
        return InputError(f"cannot read {path}: there is no directory {path.parent}")
    known = [child.name for child in path.parent.iterdir() if child.is_file()]
    if get_close_matches(path.name, known, cutoff=0.6):
        return UnknownName("file", path.name, known, str(path.parent))
    return InputError(f"there is no file {path}")


def decode(data: str | bytes, source: str) -> str:
    """The text of a file; raises InputError that says what the bytes are instead of UTF-8."""
    if isinstance(data, str):
        return data
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _alternates_with_zero(data):
        raise InputError(
            f"{source} is UTF-16; save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8"
        )
    if (zero := data.find(0)) >= 0:
        raise InputError(f"{source} is a binary file (a zero byte at offset {zero}), not SQL text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(data, error, source)) from None


def _alternates_with_zero(data: bytes) -> bool:
    """Whether every other byte is mostly zero and the rest are not, as in UTF-16 without a mark."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    return max(even, odd) > 0.35 * len(data) and min(even, odd) < 0.1 * len(data)


def _not_utf8(data: bytes, error: UnicodeDecodeError, source: str) -> str:
    offset = len(data) - len(error.object) + error.start  # the decoder is not shown the mark
    byte = f"byte 0x{data[offset]:02x} at offset {offset}"
    if any(byte < 9 or 13 < byte < 32 for byte in data):
        return f"{source} is a binary file ({byte}), not SQL text"
    line = Lines(data.decode("latin-1")).at(offset)
    return (
        f"{source} is not UTF-8 ({byte}, line {line}); if it is Latin-1, convert it with"
        " iconv -f LATIN1 -t UTF-8"
    )
