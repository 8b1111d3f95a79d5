"""The words and figures of an advice, the same in every form that it is shown in."""

from collections.abc import Iterator
from math import isinf

from workbench.indexes.advice import Advice, Alternative, IndexAdvice, QueryAdvice, Rejected, Timing
from workbench.indexes.write_price import WritePrice
from workbench.plans import figures
from workbench.plans.remarks import clean

SHOWN_ALTERNATIVES = 3


def where(advice: Advice) -> str:
    """What it was measured on."""
    server = f"PostgreSQL {advice.server['version']} ({advice.server['kind']})"
    if advice.dataset is None:
        return server
    rows = sum(advice.dataset["rows"].values())
    return f"{advice.dataset['name']} at scale {advice.dataset['scale']}, {rows:,} rows · {server}"


def headline(advice: Advice) -> str:
    """How many indexes, how big, and what they do to the whole workload."""
    total = advice.workload
    if not advice.indexes:
        return advice.nothing
    number = len(advice.indexes)
    plural = "index" if number == 1 else "indexes"
    size = figures.kilobytes(total.index_bytes / 1024)
    share = f"{total.index_bytes / total.heap_bytes:.1%} of the heap" if total.heap_bytes else ""
    gain = ""
    if total.before_ms and total.after_ms:
        gain = f": {ms(total.before_ms)} → {ms(total.after_ms)}"
    elif total.before_cost and total.after_cost:
        gain = f": planner cost {total.before_cost:,.0f} → {total.after_cost:,.0f}"
    return f"{number} {plural} worth creating ({size}, {share}){gain}"


def facts(index: IndexAdvice) -> Iterator[tuple[str, str]]:
    """What speaks for an index and what it takes, each with its name."""
    size = "" if index.size_bytes is None else figures.kilobytes(index.size_bytes / 1024)
    built = "" if index.build_ms is None else f", built in {ms(index.build_ms)}"
    yield "why", clean(index.why)
    yield "serves", clean(", ".join(index.used_by))
    yield "size", f"{size}{built} · {index.verdict}"
    if index.gain_share is not None:
        lost = _share(index.gain_share)
        yield "worth", f"{lost} of the whole gain would be lost without it"
    if index.alternatives:
        yield "instead", ", ".join(map(_instead, index.alternatives[:SHOWN_ALTERNATIVES]))
    if index.write_price is not None:
        yield "writes", _price(index.write_price)
    if index.pays_from_reads is not None:
        yield "pays", _pays(index.pays_from_reads)


def _share(value: float) -> str:
    """A percentage that no line break can part from its sign."""
    return figures.percent(value).replace(" ", "")


def _instead(other: Alternative) -> str:
    """Another kind of index, its size, and what would be left of the gain."""
    size = figures.kilobytes(other.size_bytes / 1024)
    return f"{other.kind} ({size}) keeps {_share(max(other.gain_share, 0.0))}"


def swept(advice: Advice) -> Iterator[tuple[str, str, str, str]]:
    """For each budget: how many indexes, their size, cost and time after/before."""
    for point in advice.sweep:
        limit = "none" if point.budget_bytes is None else _size(point.budget_bytes)
        ratios = (point.cost_ratio, point.time_ratio)
        cost, time = ("" if each is None else f"{each:.4f}" for each in ratios)
        yield limit, f"{len(point.indexes)} indexes, {_size(point.index_bytes)}", cost, time


def _size(size_bytes: int) -> str:
    return figures.kilobytes(size_bytes / 1024)


def _price(price: WritePrice) -> str:
    """What the index adds to a written row."""
    parts = [
        f"{_signed(value)} µs a row {verb}"
        for verb, value in (("inserted", price.insert_us), ("updated", price.update_us))
        if value is not None
    ]
    if price.wal_bytes is not None:
        parts.append(f"{round(price.wal_bytes):+d} bytes of WAL")
    if price.hot_share_before is not None and price.hot_share_after is not None:
        before, after = map(_share, (price.hot_share_before, price.hot_share_after))
        parts.append(f"HOT updates {before} → {after}")
    return ", ".join(parts) or clean(price.reason or "not measured")


def _signed(value: float) -> str:
    """Two figures with a sign, and no exponent."""
    return f"{value:+,.0f}" if abs(value) >= 99.5 else f"{value:+.2g}"


def _pays(reads: float) -> str:
    """From how many reads on an index saves more than the writes of a row cost."""
    if isinf(reads):
        return "not by what it saves in reads"
    if reads <= 0:
        return "with every read: a written row costs nothing that could be measured"
    if reads >= 1:
        return f"from {figures.count(reads)} reads for each written row"
    return f"from one read for every {figures.count(1 / reads)} written rows"


def heading(advice: Advice) -> str:
    """What the column of ratios is called."""
    if not any(query.before and query.before.runs for query in advice.queries):
        return "ratio"
    cpu = all(query.basis in (None, "cpu") for query in advice.queries)
    return f"{'CPU speed-up' if cpu else 'speed-up'} (99 %)"


def cells(query: QueryAdvice) -> tuple[str, str, str, str, str]:
    """Name, time before and after, ratio with interval, and status of a statement."""
    return clean(query.name), _time(query.before), _time(query.after), _ratio(query), _status(query)


def _status(query: QueryAdvice) -> str:
    if query.status == "unchanged" and (query.reason or "").startswith("inconclusive"):
        return "unclear"
    return query.status


def _time(timing: Timing | None) -> str:
    if timing is None:
        return ""
    if timing.median_ms is not None:
        return ms(timing.median_ms)
    if timing.timed_out_ms is not None:
        return f"> {ms(timing.timed_out_ms)}"
    return "" if timing.cost is None else f"cost {timing.cost:,.0f}"


def _ratio(query: QueryAdvice) -> str:
    if query.speedup is not None and query.speedup_ci is not None:
        low, high = (figures.factor(end) if end < float("inf") else "∞" for end in query.speedup_ci)
        return f"{figures.factor(query.speedup)} ({low.removesuffix('×')}–{high})"
    estimated = query.before is not None and query.before.runs == 0
    if estimated and query.before and query.after and query.before.cost and query.after.cost:
        return f"{figures.factor(query.before.cost / query.after.cost)} by the planner"
    return ""


def remarks(advice: Advice) -> Iterator[str]:
    """Why a statement failed, got slower or ran into the time limit."""
    for query in advice.queries:
        timed_out = query.after is not None and query.after.timed_out_ms is not None
        if (timed_out or query.status in ("failed", "regressed")) and query.reason:
            yield f"{clean(query.name)}: {clean(query.reason)}"


def values(advice: Advice) -> Iterator[str]:
    """Which values were used for parameters."""
    for query in advice.queries:
        if query.parameters:
            given = ", ".join(f"{name} = {value}" for name, value in query.parameters.items())
            yield f"{clean(query.name)} was tried with {clean(given)}"


def why_not(rejected: Rejected) -> tuple[str, str]:
    """Table, keys and predicate of a rejected index, and the reason."""
    alone = rejected.cost_saving
    saving = "" if alone is None else f"; alone it saves {_share(alone)}"
    return clean(rejected.ddl.partition(" ON ")[2]), clean(rejected.reason + saving)


def ms(value: float) -> str:
    """A time with its unit."""
    return f"{figures.ms(value)} ms"
