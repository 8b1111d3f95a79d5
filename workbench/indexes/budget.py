"""How many bytes the new indexes may take together."""

import re
from dataclasses import dataclass

from workbench.errors import InputError

_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(%|[KMGT]?B?)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Budget:
    """A number of bytes, or a share of the heap of the tables concerned."""

    fixed_bytes: int | None = None
    heap_share: float | None = None

    def limit_bytes(self, heap_bytes: int) -> int | None:
        """The limit for tables whose heaps take ``heap_bytes``; None means no limit."""
        if self.heap_share is not None:
            return int(heap_bytes * self.heap_share)
        return self.fixed_bytes


def parse(text: str) -> Budget:
    """A budget as the command line takes it: ``64MB``, ``1.5GB`` or ``25%``; raises InputError."""
    found = _SIZE.match(text)
    if not found:
        raise InputError(
            f"a budget is a size such as 64MB, a share such as 25%, or sweep, not {text!r}"
        )
    number, unit = float(found[1]), found[2].upper()
    if unit == "%":
        return Budget(heap_share=number / 100)
    if unit and not unit.endswith("B"):
        unit += "B"
    return Budget(fixed_bytes=int(number * _UNITS[unit]))
