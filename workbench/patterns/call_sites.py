"""The line of the application's own code that is behind a call, through library frames."""

import linecache
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
OURS = (__file__, str(Path(__file__).with_name("counting.py")))


@dataclass(frozen=True)
class CallSite:
    """A line of code; ``text`` is what it says, "" where the source is not at hand."""

    file: str
    line: int
    function: str
    text: str

    def __str__(self) -> str:
        """``views.py:42 in page: [tag.name for tag in repository.tags]``."""
        said = f": {self.text}" if self.text else ""
        return f"{Path(self.file).name}:{self.line} in {self.function}{said}"


def call_site() -> CallSite:
    """The innermost line outside of Python's library, installed packages and the counting.

    Where there is none, the outermost line.
    """
    frame = None
    for frame in _frames(sys._getframe(1)):
        name = frame.f_code.co_filename
        if not name.startswith((*LIBRARIES, "<frozen", "<string>")) and name not in OURS:
            break
    if frame is None:
        return CallSite("?", 0, "?", "")
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno).strip()
    return CallSite(code.co_filename, frame.f_lineno, code.co_name, text)


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames from inside out; SQLAlchemy's asyncio runs in a greenlet, so also its parents'."""
    while frame is not None:
        yield frame
        frame = frame.f_back
    if "greenlet" in sys.modules:
        import greenlet

        parent = greenlet.getcurrent().parent
        while parent is not None:
            outer = parent.gr_frame
            while outer is not None:
                yield outer
                outer = outer.f_back
            parent = parent.parent
