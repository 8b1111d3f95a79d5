"""A comparison as HTML: the verdict, the ratio with its interval, and every run as a dot."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from math import isfinite, log

from workbench.markup import (
    BLUE,
    GREEN,
    GREY,
    LINE,
    ORANGE,
    RED,
    badge,
    card,
    code,
    dim,
    dot,
    fold,
    table,
    tag,
)
from workbench.measurement.comparison import Comparison, Sample
from workbench.measurement.runs import Run
from workbench.plans import figures
from workbench.plans.picture import diff_html

COLOURS = {"faster": GREEN, "slower": RED, "no difference": GREY, "inconclusive": ORANGE}
STACK_PX, MOST_STACKED, STEP_PERCENT = 5, 8, 1.0


def comparison_html(found: Comparison) -> str:
    """The whole comparison; figures, runs, plans and what it was measured on."""
    about = code(found.index) if found.index else ""
    return card(
        about, _headline(found), _strips(found), _figures(found), _plans(found), _environment(found)
    )


def _headline(found: Comparison) -> str:
    ratio = ""
    if found.speedup is not None and found.speedup_ci is not None:
        low, high = (figures.factor(end) if isfinite(end) else "∞" for end in found.speedup_ci)
        clock = "CPU time" if found.basis == "cpu" else "wall clock"
        ratio = f"{tag('b', figures.factor(found.speedup))} "
        ratio += dim(f"(99 % interval {low} to {high}, {clock}) ")
    verdict = badge(found.verdict, COLOURS[found.verdict])
    return tag("p", verdict, ratio, dim(escape(found.reason)), style="margin:6px 0")


def _strips(found: Comparison) -> str:
    """Every run of both arms on one scale, which is logarithmic; the line is the median."""
    arms = [[_time(run, found) for run in side] for side in zip(*found.pairs, strict=True)]
    times = [time for arm in arms for time in arm]
    if not times or min(times) <= 0:
        return ""
    margin = (max(times) / min(times)) ** 0.04
    least, most = min(times) / margin, max(times) * margin
    names = (found.before.name, found.after.name)
    colours = (GREY, COLOURS["faster"] if found.verdict == "faster" else BLUE)
    strips = [
        _strip(name, arm, (least, most), colour)
        for name, arm, colour in zip(names, arms, colours, strict=True)
    ]
    scale = tag("span", f"{figures.ms(least)} ms") + tag("span", f"{figures.ms(most)} ms")
    words = "display:flex;justify-content:space-between;opacity:0.7;font-size:11px"
    ends = tag("div", scale, style=f"{words};margin-left:64px")
    return tag("div", *strips, ends, style="max-width:640px;margin:8px 0")


def _time(run: Run, found: Comparison) -> float:
    return run.cpu_ms if found.basis == "cpu" and run.cpu_ms is not None else run.wall_ms


def _strip(name: str, times: Sequence[float], ends: tuple[float, float], colour: str) -> str:
    """The runs of one arm; those that would lie on top of one another are stacked."""
    least, most = ends
    places = [
        round(100 * log(time / least) / log(most / least) / STEP_PERCENT) * STEP_PERCENT
        for time in times
    ]
    height = STACK_PX * (min(max(Counter(places).values()), MOST_STACKED) + 1)
    seen: Counter[float] = Counter()
    dots = []
    for place, time in sorted(zip(places, times, strict=True)):
        level = min(seen[place], MOST_STACKED - 1)
        seen[place] += 1
        top = height - STACK_PX * (level + 1) - 3
        dots.append(dot(place, top, colour, f"{figures.ms(time)} ms"))
    line = f"position:relative;height:{height}px;border-bottom:{LINE};flex:1 1 auto"
    label = tag("span", escape(name), style="width:64px;flex:0 0 64px;font-size:12px")
    row = "display:flex;align-items:flex-end;margin:3px 0"
    return tag("div", label, tag("div", *dots, style=line), style=row)


def _figures(found: Comparison) -> str:
    rows = [(escape(arm.name), *_sample(arm)) for arm in (found.before, found.after)]
    head = ("", "wall clock (99 %)", "CPU", "pages", "runs")
    return table(head, rows, right=(1, 2, 3, 4))


def _sample(sample: Sample) -> tuple[str, ...]:
    median = "" if sample.median_ms is None else f"{figures.ms(sample.median_ms)} ms"
    if sample.timed_out_ms is not None:
        median = f"&gt; {figures.ms(sample.timed_out_ms)} ms"
    ends = "–".join(figures.ms(end) for end in sample.ci_ms) if sample.ci_ms else ""
    interval = f" ({ends})" if ends else ""
    cpu = "" if sample.cpu_ms is None else f"{figures.ms(sample.cpu_ms)} ms"
    pages = "" if sample.buffers is None else figures.count(sample.buffers)
    return median + interval, cpu, pages, str(sample.runs)


def _plans(found: Comparison) -> str:
    statement = code(found.statement) if found.statement else ""
    return fold("statement and plans", statement, diff_html(found.diff))


def _environment(found: Comparison) -> str:
    it = found.environment
    words = (
        f"PostgreSQL {it.server_version}, {it.cpu_model}, {it.cores} cores, {it.operating_system}, "
        f"{it.measured_at}; {found.basis_reason}"
    )
    return tag("div", dim(escape(words)), style="font-size:11px")
