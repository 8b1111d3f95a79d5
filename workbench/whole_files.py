"""Files that are never half written."""

from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from workbench.errors import InputError


def write_whole(file: Path, text: str) -> None:
    """Put a text into a file, as UTF-8: it is then whole, or as it was before.

    Folders that are missing are made. What is no file, such as a pipe or a device, is written to as
    it is. Raises InputError where nothing can be written.
    """
    target = file.resolve()
    part = target.with_name(f".{target.name}.{token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
            return
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
