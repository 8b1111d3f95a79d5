"""The README as its tests read it; as a program, puts the main job's new output into it.

workbench suggest-indexes … | python tests/docs/readme.py
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Block:
    """A fenced code block."""

    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.M | re.S)]
PROSE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.M | re.S)


def blocks(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def commands() -> list[list[str]]:
    """The words of each workbench command in a shell block, comments left out."""
    lines = [re.sub(r"\s{2,}#.*", "", line) for each in blocks("sh") for line in each.lines]
    found = [re.search(r"(?:^|&& |\| )workbench (.+)$", line) for line in lines]
    return [re.findall(r"'[^']*'|\S+", match[1]) for match in found if match]


if __name__ == "__main__":
    shown = f"```text\n{blocks('text')[0].text}```"
    renewed = TEXT.replace(shown, f"```text\n{sys.stdin.read()}```")
    (ROOT / "README.md").write_text(renewed, encoding="utf-8")
