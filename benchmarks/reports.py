"""How long reports take to render, how large they are, and what a browser makes of them.

    python benchmarks/reports.py [--loads 3] [NOTEBOOK ...]

Every committed notebook becomes a page of its own in a scratch directory, then all of them a site.
Each page is opened from disk in headless Chromium, with a fresh profile for each load. The exit
status is 1 when a target is missed.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

from workbench.reports import chromium, notebook, page_html
from workbench.reports.publish import publish

ROOT = Path(__file__).resolve().parents[1]
DESK_PX, PHONE_PX, HEIGHT_PX = 1280, 390, 900
MOST_RENDER_S, MOST_REPORT_BYTES, MOST_SITE_BYTES, MOST_PAINT_MS = 2.0, 5e6, 8e6, 1500.0
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
SCROLL_WIDTH = "document.documentElement.scrollWidth"
LEAVES = ("http:", "https:", "ws:", "wss:")


@dataclass(frozen=True)
class Seen:
    """What a browser saw of one page; all charts are there after ``drawn_ms``."""

    paint_ms: tuple[float, ...]
    drawn_ms: float
    charts: int
    widest_on_phone_px: int
    requests_that_left: int


def main() -> int:
    """Print the figures; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    parser.add_argument("--loads", type=int, default=3, help="loads of each page at desk width")
    options = parser.parse_args()
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    print(f"{len(paths)} notebooks, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.require(), args=["--no-sandbox"]
        )
        met = report_pages(paths, Path(folder, "single"), browser, options.loads)
        met += report_site(paths, Path(folder, "site"), browser, options.loads)
        browser.close()
    return 0 if all(met) else 1


def report_pages(paths: list[Path], folder: Path, browser: Browser, loads: int) -> list[bool]:
    """Print a line for each notebook as a page of its own; which targets are met."""
    folder.mkdir()
    heads = ("render", "size", "paint", "(range)", "charts drawn", "phone", "left")
    print(f"{'notebook':<32}" + "".join(f"{head:>13}" for head in heads))
    rendered_s, sizes, seen = [], [], []
    for path in paths:
        page, seconds = rendered(path, folder)
        rendered_s.append(seconds)
        sizes.append(page.stat().st_size)
        seen.append(looked_at(browser, page, loads))
        print(line(path.stem, seconds, sizes[-1], seen[-1]))
    paints = [median(each.paint_ms) for each in seen]
    widest = max(each.widest_on_phone_px for each in seen)
    left = sum(each.requests_that_left for each in seen)
    return [
        target("render", f"{max(rendered_s):.2f} s", max(rendered_s) <= MOST_RENDER_S, "≤ 2 s"),
        target("size", megabytes(max(sizes)), max(sizes) <= MOST_REPORT_BYTES, "≤ 5 MB"),
        target("paint", f"{max(paints):.0f} ms", max(paints) < MOST_PAINT_MS, "< 1500 ms"),
        target("phone", f"{widest} px wide", widest <= PHONE_PX, f"≤ {PHONE_PX} px"),
        target("requests", f"{left} left the pages", not left, "0"),
    ]


def report_site(paths: list[Path], folder: Path, browser: Browser, loads: int) -> list[bool]:
    """Print size and times of all notebooks as a site; which targets are met."""
    folder.mkdir()
    page_html.packed_plotly.cache_clear()
    started = perf_counter()
    written = publish([notebook.read(path) for path in paths], folder, site=True)
    each_s = (perf_counter() - started) / len(paths)
    size = sum(file.stat().st_size for file in written)
    index = looked_at(browser, folder / "index.html", loads)
    page = looked_at(browser, folder / f"{paths[-1].stem}.html", loads)
    paint_ms = max(median(index.paint_ms), median(page.paint_ms))
    widest = max(index.widest_on_phone_px, page.widest_on_phone_px)
    left = index.requests_that_left + page.requests_that_left
    print(f"site of {len(paths)}: {each_s:.2f} s a notebook, index and last page looked at")
    return [
        target("site", megabytes(size), size <= MOST_SITE_BYTES, "≤ 8 MB"),
        target("paint", f"{paint_ms:.0f} ms", paint_ms < MOST_PAINT_MS, "< 1500 ms"),
        target("phone", f"{widest} px wide", widest <= PHONE_PX, f"≤ {PHONE_PX} px"),
        target("requests", f"{left} left the pages", not left, "0"),
    ]


def rendered(path: Path, folder: Path) -> tuple[Path, float]:
    """The page of a notebook and the seconds from its file to the page's, nothing kept ready."""
    page_html.packed_plotly.cache_clear()
    started = perf_counter()
    (written,) = publish([notebook.read(path)], folder)
    return written, perf_counter() - started


def looked_at(browser: Browser, path: Path, loads: int) -> Seen:
    """A page opened some times at desk width and once on a phone."""
    left: list[str] = []
    paints, drawn_ms, charts, width = [], 0.0, 0, 0
    for width_px in (*(DESK_PX for _ in range(loads)), PHONE_PX):
        page = browser.new_page(viewport={"width": width_px, "height": HEIGHT_PX})
        page.on("request", lambda it: left.append(it.url) if it.url.startswith(LEAVES) else None)
        page.goto(path.as_uri())
        charts = page.locator(".chart").count()
        for number in range(charts):
            page.locator(".chart[data-drawn]").nth(number).wait_for(state="attached")
        drawn_ms = page.evaluate("performance.now()")
        width = page.evaluate(SCROLL_WIDTH)
        if width_px == DESK_PX:
            paints.append(first_paint_ms(page))
        page.close()
    return Seen(tuple(paints), drawn_ms, charts, width, len(left))


def first_paint_ms(page: Page) -> float:
    """Milliseconds from the start of the navigation until the page showed anything."""
    while (found := page.evaluate(FIRST_PAINT)) is None:
        page.wait_for_timeout(20)
    return float(found)


def line(name: str, seconds: float, size: int, seen: Seen) -> str:
    """A notebook's line in the table."""
    spread = f"{min(seen.paint_ms):.0f}–{max(seen.paint_ms):.0f} ms"
    figures = (
        f"{seconds:.2f} s",
        megabytes(size),
        f"{median(seen.paint_ms):.0f} ms",
        spread,
        f"{seen.charts}, {seen.drawn_ms:.0f} ms",
        f"{seen.widest_on_phone_px} px",
        str(seen.requests_that_left),
    )
    return f"{name:<32}" + "".join(f"{figure:>13}" for figure in figures)


def megabytes(size: float) -> str:
    """Bytes in words."""
    return f"{size / 1e6:.2f} MB"


def target(what: str, figure: str, met: bool, wanted: str) -> bool:
    """Print a figure beside its target, and pass on whether it is met."""
    print(f"{what:<9} {figure:<28} target {wanted:<10} {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
