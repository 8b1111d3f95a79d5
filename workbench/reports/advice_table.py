"""An advice for the terminal: what to create, what it does to each statement, and why not more."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from workbench.indexes.advice import Advice, IndexAdvice, QueryAdvice, Rejected, Timing
from workbench.indexes.write_price import WritePrice
from workbench.plans import figures
from workbench.plans.remarks import clean

SHOWN_REJECTED = 5
STYLES = {"improved": "green", "regressed": "red", "failed": "red"}


@dataclass(frozen=True)
class AdviceTable:
    """The receipt as a person reads it in ten seconds; ``rich`` prints it at any width."""

    advice: Advice

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        advice = self.advice
        yield Text(_where(advice), style="dim")
        yield Text(_headline(advice), style="bold")
        for index in advice.indexes:
            yield Text()
            yield from _index(index)
        if advice.queries:
            yield Text()
            yield _statements(advice)
            yield from _remarks(advice)
            yield from _values(advice)
        if advice.rejected:
            yield Text()
            yield from _rejected(advice.rejected)
        for note in advice.notes:
            yield Text(f"note: {clean(note)}", style="dim")


def _where(advice: Advice) -> str:
    """What it was measured on."""
    server = f"PostgreSQL {advice.server['version']} ({advice.server['kind']})"
    if advice.dataset is None:
        return server
    rows = sum(advice.dataset["rows"].values())
    return f"{advice.dataset['name']} at scale {advice.dataset['scale']}, {rows:,} rows · {server}"


def _headline(advice: Advice) -> str:
    total = advice.workload
    if not advice.indexes:
        return _nothing(advice)
    number = len(advice.indexes)
    plural = "index" if number == 1 else "indexes"
    size = figures.kilobytes(total.index_bytes / 1024)
    share = f"{total.index_bytes / total.heap_bytes:.1%} of the heap" if total.heap_bytes else ""
    gain = ""
    if total.before_ms and total.after_ms:
        gain = f": {_ms(total.before_ms)} → {_ms(total.after_ms)}"
    elif total.before_cost and total.after_cost:
        gain = f": planner cost {total.before_cost:,.0f} → {total.after_cost:,.0f}"
    return f"{number} {plural} worth creating ({size}, {share}){gain}"


def _nothing(advice: Advice) -> str:
    if advice.failed:
        return "No statement could be planned."
    if any(each.reason.startswith("not estimated") for each in advice.rejected):
        return "Candidates were found, but nothing here can say what they are worth."
    return "Nothing is worth suggesting: no candidate makes a statement faster."


def _index(index: IndexAdvice) -> Iterator[Text | Padding]:
    """One suggestion: the statement to copy, then what speaks for it."""
    # to be copied: the terminal may break this line, we must not
    yield Text(f"{index.index.ddl()};", style="bold cyan", no_wrap=True, overflow="ignore")
    size = "" if index.size_bytes is None else figures.kilobytes(index.size_bytes / 1024)
    built = "" if index.build_ms is None else f", built in {_ms(index.build_ms)}"
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    facts.add_row("why", Text(clean(index.why)))
    facts.add_row("serves", Text(clean(", ".join(index.used_by))))
    facts.add_row("size", Text(f"{size}{built} · {index.verdict}"))
    if index.write_price is not None:
        facts.add_row("writes", Text(_price(index.write_price)))
    yield Padding(facts, (0, 0, 0, 2))


def _price(price: WritePrice) -> str:
    """What the index adds to a written row, in words."""
    parts = [
        f"{value:+.2g} µs a row {verb}"
        for verb, value in (("inserted", price.insert_us), ("updated", price.update_us))
        if value is not None
    ]
    if price.wal_bytes is not None:
        parts.append(f"{round(price.wal_bytes):+d} bytes of WAL")
    if price.hot_share_before is not None and price.hot_share_after is not None:
        before, after = map(figures.percent, (price.hot_share_before, price.hot_share_after))
        parts.append(f"HOT updates {before} → {after}")
    return ", ".join(parts) or clean(price.reason or "not measured")


def _statements(advice: Advice) -> Table:
    """One row for each statement, before and after."""
    measured = any(query.before and query.before.runs for query in advice.queries)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("statement", overflow="fold")
    table.add_column("before", justify="right", no_wrap=True)
    table.add_column("after", justify="right", no_wrap=True)
    cpu = all(query.basis in (None, "cpu") for query in advice.queries)
    heading = f"{'CPU speed-up' if cpu else 'speed-up'} (99 %)" if measured else "ratio"
    table.add_column(heading, no_wrap=True)
    table.add_column("", no_wrap=True)
    for query in advice.queries:
        style = STYLES.get(query.status, "")
        cells = [clean(query.name), _cell(query.before), _cell(query.after), _ratio(query)]
        table.add_row(*map(Text, cells), Text(_status(query), style=style))
    return table


def _status(query: QueryAdvice) -> str:
    if query.status == "unchanged" and (query.reason or "").startswith("inconclusive"):
        return "unclear"
    return query.status


def _remarks(advice: Advice) -> Iterator[Text]:
    """Why a statement failed, got slower or ran into the time limit."""
    for query in advice.queries:
        timed_out = query.after is not None and query.after.timed_out_ms is not None
        if (timed_out or query.status in ("failed", "regressed", "skipped")) and query.reason:
            yield Text(f"{clean(query.name)}: {clean(query.reason)}", style="red")


def _values(advice: Advice) -> Iterator[Text]:
    """Which values were used for parameters."""
    for query in advice.queries:
        if query.parameters:
            values = ", ".join(f"{name} = {value}" for name, value in query.parameters.items())
            yield Text(f"{clean(query.name)} was tried with {clean(values)}", style="dim")


def _rejected(rejected: tuple[Rejected, ...]) -> Iterator[Text | Table]:
    yield Text("Why not", style="bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(ratio=1)
    table.add_column(ratio=1, style="dim")
    for each in rejected[:SHOWN_REJECTED]:
        saving = "" if each.cost_saving is None else f"; alone it saves {each.cost_saving:.0%}"
        table.add_row(Text(clean(_short(each.ddl))), Text(clean(each.reason + saving)))
    yield table
    left = len(rejected) - SHOWN_REJECTED
    if left > 0:
        yield Text(f"and {left} more, each with its reason, in --format json", style="dim")


def _short(ddl: str) -> str:
    """The table, keys and predicate of a CREATE INDEX, without its name."""
    return ddl.partition(" ON ")[2]


def _cell(timing: Timing | None) -> str:
    if timing is None:
        return ""
    if timing.median_ms is not None:
        return _ms(timing.median_ms)
    if timing.timed_out_ms is not None:
        return f"> {_ms(timing.timed_out_ms)}"
    return "" if timing.cost is None else f"cost {timing.cost:,.0f}"


def _ratio(query: QueryAdvice) -> str:
    if query.speedup is not None and query.speedup_ci is not None:
        low, high = (figures.factor(end) if end < float("inf") else "∞" for end in query.speedup_ci)
        return f"{figures.factor(query.speedup)} ({low.removesuffix('×')}–{high})"
    estimated = query.before is not None and query.before.runs == 0
    if estimated and query.before and query.after and query.before.cost and query.after.cost:
        return f"{figures.factor(query.before.cost / query.after.cost)} by the planner"
    return ""


def _ms(value: float) -> str:
    return f"{figures.ms(value)} ms"
