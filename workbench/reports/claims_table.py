"""The ledger and its verdicts for the terminal and as Markdown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from workbench.claims.claim import Claim
from workbench.claims.result import Result
from workbench.claims.verdict import measured, promised

STYLES = {
    "confirmed": "bold green",
    "partly": "bold cyan",
    "depends": "bold magenta",
    "refuted": "bold red",
    "inconclusive": "bold yellow",
    "not run": "yellow",
    "not measurable": "dim",
}
INDENT = 8


@dataclass(frozen=True)
class ClaimsTable:
    """Every claim with its promise, its figure and its verdict.

    Below stands what it depends on, why there is no verdict, or the other figures; with ``notes``
    also what else the experiment saw.
    """

    results: Sequence[Result]
    notes: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for system, group in groupby(self.results, key=lambda result: result.claim.system):
            yield Text(system, style="bold")
            for result in group:
                yield from _entry(result, self.notes)
            yield Text()
        yield _counts(self.results)
        yield from _where(self.results)


@dataclass(frozen=True)
class LedgerTable:
    """Every claim with what it promises and along what it may turn.

    With ``experiments`` also how it is measured.
    """

    claims: Sequence[Claim]
    experiments: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for system, group in groupby(self.claims, key=lambda claim: claim.system):
            yield Text(system, style="bold")
            for claim in group:
                promises = "; ".join(_promises(claim)) or "not measurable"
                axis = f"by {claim.axis}" if claim.axis else ""
                yield _row(Text(claim.id), Text(claim.title), Text(promises), Text(axis))
                yield _below(claim.text)
                if claim.unmeasurable:
                    yield _below(f"Why not: {claim.unmeasurable}.")
                elif self.experiments:
                    yield _below(f"Measured: {claim.experiment}")
            yield Text()
        measurable = sum(claim.unmeasurable is None for claim in self.claims)
        yield Text(f"{len(self.claims)} claims, {measurable} of them measurable", style="dim")


def markdown(results: Sequence[Result]) -> str:
    """The results as a table in Markdown, with the counts below."""
    lines = ["| claim | promised | measured (99 %) | verdict | |", "|---|---|---|---|---|"]
    for result in results:
        cells = (
            f"{result.claim.id} {result.claim.title}",
            "; ".join(_promises(result.claim)),
            _measured(result),
            f"**{result.ruling.verdict}**",
            "; ".join(filter(None, [_detail(result), _note(result)])),
        )
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    where = "\n".join(text.plain for text in _where(results))
    return "\n".join([*lines, "", _counts(results).plain, "", where]).rstrip() + "\n"


def ledger_markdown(claims: Sequence[Claim]) -> str:
    """The ledger as a table in Markdown."""
    lines = ["| id | system | claim | promised | experiment |", "|---|---|---|---|---|"]
    for claim in claims:
        promises = "; ".join(_promises(claim)) or "not measurable"
        experiment = claim.unmeasurable or claim.experiment
        cells = (claim.id, claim.system, claim.text, promises, experiment)
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _entry(result: Result, notes: bool) -> Iterator[Table | Padding]:
    verdict, claim = result.ruling.verdict, result.claim
    yield _row(
        Text(claim.id),
        Text(claim.title),
        Text(next(_promises(claim), "")),
        Text(_measured(result)),
        Text(verdict, style=STYLES[verdict]),
    )
    for line in (_detail(result), _note(result) if notes else ""):
        if line:
            yield _below(line)


def _row(*cells: Text) -> Table:
    """Cells under one another from claim to claim; the last is as wide as a verdict."""
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(width=INDENT - 2, no_wrap=True)
    for _ in cells[1:-1]:
        row.add_column(ratio=1)
    row.add_column(width=14 if len(cells) > 4 else 26)
    row.add_row(*cells)
    return row


def _below(text: str) -> Padding:
    return Padding(Text(_plain(text), style="dim"), (0, 0, 0, INDENT))


def _promises(claim: Claim) -> Iterator[str]:
    return (f"{promise.figure} {promised(promise)}" for promise in claim.promises)


def _measured(result: Result) -> str:
    return "" if result.headline is None else str(result.headline)


def _detail(result: Result) -> str:
    """What it depends on, why there is no verdict, or what became of the other figures."""
    ruling = result.ruling
    if ruling.verdict not in ("confirmed", "partly", "refuted"):
        return ruling.sentence
    return "; ".join(
        f"{measured(kept)}, promised {promised(kept.promise)}" for kept in ruling.kept[1:]
    )


def _note(result: Result) -> str:
    return result.finding.note if result.finding else ""


def _counts(results: Iterable[Result]) -> Text:
    counts = Counter(str(result.ruling.verdict) for result in results)
    parts = [Text(f"{counts[v]} {v}", style=style) for v, style in STYLES.items() if counts[v]]
    return Text(" · ").join(parts)


def _where(results: Sequence[Result]) -> Iterator[Text]:
    """On what it was measured, and when."""
    runs = [result.run for result in results if result.run and result.run.environment]
    if not runs:
        return
    first, environment = results[0].experiment, runs[-1].environment
    dates = sorted(run.measured_at[:10] for run in runs)
    days = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    kinds = sorted({run.environment.get("server_kind") or "" for run in runs} - {""})
    kind = f" ({', '.join(kinds)})" if kinds else ""
    yield Text(
        f"PostgreSQL {environment.get('server_version')}{kind}, {environment.get('cpu_model')}, "
        f"{environment.get('cores')} cores; scale {first.scale}, seed {first.seed}, "
        f"{first.mode} mode; measured {days}",
        style="dim",
    )


def _plain(text: str) -> str:
    """On one line and without control characters; a reason may quote a server or a program."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")
