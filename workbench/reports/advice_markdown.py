"""An advice as Markdown for a pull request: the gain first, the DDL to copy, the doubts folded."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from workbench.indexes import wording
from workbench.indexes.advice import Advice, IndexAdvice
from workbench.indexes.picture import environment_lines
from workbench.plans.remarks import clean

SPECIAL = re.compile(r"[\\`*|\[\]~]|(?<!\w)_|_(?!\w)")
MOST_REJECTED = 100
NO_BREAK = "\N{NO-BREAK SPACE}"  # a figure and its unit stay on one line of a narrow column


def advice_markdown(advice: Advice) -> str:
    """The whole advice as GitHub's Markdown; nothing in it is taken for markup or a mention."""
    blocks = [f"### {plain(wording.headline(advice))}", plain(wording.where(advice))]
    blocks += [_statements(advice)] if advice.queries else []
    blocks += [_list(map(plain, wording.remarks(advice)))]
    if advice.indexes:
        blocks += [fenced(_ddl(advice)), *map(_index, advice.indexes)]
    if advice.sweep:
        head = ("budget", "best set", "cost after/before", "time after/before")
        blocks += [table(head, (map(plain, row) for row in wording.swept(advice)))]
    if advice.rejected:
        blocks += [_rejected(advice)]
    blocks += [_list(map(plain, (*wording.values(advice), *map(clean, advice.notes))))]
    blocks += [folded("Measured on", _list(map(plain, environment_lines(advice))))]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _statements(advice: Advice) -> str:
    """Before and after of each statement, with the interval."""
    head = ("statement", "before", "after", wording.heading(advice), "")
    rows = []
    for query in advice.queries:
        name, *cells, status = wording.cells(query)
        mark = f"**{status}**" if status in ("improved", "regressed", "failed") else status
        figures = (plain(cell).replace(" ", NO_BREAK) for cell in cells)
        rows.append((code(name), *figures, mark))
    return table(head, rows, right=(1, 2))


def _ddl(advice: Advice) -> str:
    return "\n".join(f"{each.index.ddl(concurrently=True)};" for each in advice.indexes)


def _index(index: IndexAdvice) -> str:
    name = f"**{code(index.index.name)}** on {code(index.index.table.name)}"
    return f"{name}\n{_list(f'{key}: {plain(words)}' for key, words in wording.facts(index))}"


def _rejected(advice: Advice) -> str:
    rows = [wording.why_not(each) for each in advice.rejected]
    shown = table(
        ("index on", "why not"), ((code(ddl), plain(why)) for ddl, why in rows[:MOST_REJECTED])
    )
    left = len(rows) - MOST_REJECTED
    more = f"\n\nand {left} more, each with its reason, in `--format json`" if left > 0 else ""
    return folded(f"Why not: {len(rows)} rejected", shown + more)


def plain(text: str) -> str:
    """Words that mean nothing to Markdown and call nobody."""
    escaped = SPECIAL.sub(lambda found: f"\\{found[0]}", escape(clean(text), quote=False))
    return escaped.replace("@", "&#64;").replace("://", ":&#47;/")


def code(text: str) -> str:
    """Words in a code span; a bar in them does not end a table's cell."""
    words = clean(text).replace("|", "\\|")
    ticks = "`" * (_longest(words) + 1)
    space = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{ticks}{space}{words}{space}{ticks}" if words else ""


def fenced(sql: str) -> str:
    """SQL in a block of its own, fenced longer than anything in it."""
    ticks = "`" * max(3, _longest(sql) + 1)
    return f"{ticks}sql\n{sql}\n{ticks}"


def _longest(text: str) -> int:
    return max(map(len, re.findall(r"`+", text)), default=0)


def folded(summary: str, body: str) -> str:
    """What a reader opens when in doubt."""
    if not body:
        return ""
    return f"<details><summary>{escape(summary)}</summary>\n\n{body}\n\n</details>"


def table(head: Sequence[str], rows: Iterable[Iterable[str]], right: Sequence[int] = ()) -> str:
    """A table of cells that are Markdown already."""
    rules = ("--:" if number in right else "---" for number in range(len(head)))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rules, *rows))


def _list(lines: Iterable[str]) -> str:
    return "\n".join(_items(lines))


def _items(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"- {line}"
