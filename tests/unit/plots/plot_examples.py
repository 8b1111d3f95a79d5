"""Rows for every plot, and the finding that its title must state."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from workbench import plots
from workbench.measurement.estimate import Estimate

Rows = list[dict[str, Any]]


def ms(value: float) -> Estimate:
    return Estimate(value, 0.9 * value, 1.2 * value, "ms", 20)


QUERIES: Rows = [
    {"query": "list", "before_ms": ms(20), "after_ms": ms(0.1)},
    {"query": "count", "before_ms": ms(5), "after_ms": ms(5.1)},
]
SELECTIVITY: Rows = [
    {"selectivity": share, "speedup": times}
    for share, times in ((0.001, 100), (0.01, 10), (0.1, 2), (0.4, 0.5))
]
SIZES: Rows = [
    {"rows": rows, "before_ms": rows / 1000, "after_ms": 0.1} for rows in (10, 1000, 100_000)
]
INDEXES: Rows = [
    {"index": "a", "size_bytes": 8192, "benefit_ms": 10.0, "chosen": True},
    {"index": "b", "size_bytes": 8192, "benefit_ms": 4.0, "chosen": False},
    {"index": "c", "size_bytes": 1 << 20, "benefit_ms": 26.0, "chosen": True},
    {"index": "d", "size_bytes": 1 << 22, "benefit_ms": 20.0, "chosen": False},
]
PRICES: Rows = [
    {"index": "a", "insert_us": 2.0, "insert_us_low": 1.5, "insert_us_high": 2.5, "update_us": 0.5},
    {"index": "b", "insert_us": 1.0, "update_us": None},
]
TRIPS: Rows = [
    {"pattern": name, "rtt_ms": rtt, "ms": at_zero + trips * rtt}
    for name, at_zero, trips in (("lazy", 4.0, 101), ("joined", 5.0, 1))
    for rtt in (0, 1, 5)
]
STATEMENTS: Rows = [
    {"statement": "SELECT 1", "ms": 1.0},
    *({"statement": "SELECT 2", "ms": 0.5} for _ in range(4)),
]
RUNGS: Rows = [
    {"step": step, "ms": time}
    for step, time in (("start", 800), ("indexes", 100), ("cache", 110), ("pool", 10))
]
LOAD: Rows = [
    {"series": "pool 8", "clients": clients, "per_s": per_s, "ms": time}
    for clients, per_s, time in ((1, 100, 10), (8, 700, 11), (64, 690, 90))
]
POOLS: Rows = [
    {"pool_size": size, "clients": clients, "per_s": 100 * min(size, clients)}
    for size in (1, 4)
    for clients in (1, 2, 8)
]
HITS: Rows = [{"hit_rate": rate, "ms": 10 * (1 - rate) + 0.5} for rate in (0.0, 0.5, 0.9)]
MEMORY: Rows = [
    {"series": name, "second": second, "bytes": second * size + (1 << 20)}
    for name, size in (("all", 1 << 22), ("stream", 10))
    for second in range(3)
]
BATCHES: Rows = [
    {"series": name, "rows": rows, "us_per_row": Estimate(us, 0.9 * us, 1.1 * us, "µs", 7)}
    for name, alone, each in (("loop", 0, 2000), ("copy", 3000, 20))
    for rows in (10, 1000)
    for us in [alone / rows + each]
]
CAPACITY: Rows = [
    {"series": name, "pool_size": size, "per_s": 20.0 * min(size, most)}
    for name, most in (("waiting", 50), ("computing", 2))
    for size in (1, 2, 20)
]
MOMENTS: Rows = [
    {"ms": float(at), "checked_out": out, "open": open_}
    for at, out, open_ in ((0, 0, 0), (1, 1, 0), (2, 2, 2), (90, 0, 2))
]
CLAIMS: Rows = [
    {
        "id": "S1.1",
        "verdict": "confirmed",
        "unit": "x",
        "measured": Estimate(6, 5, 7, "x", 20),
        "promised_low": 3,
        "promised_high": 10,
        "neutral": 1,
        "better": "higher",
    },
    {
        "id": "S1.2",
        "verdict": "refuted",
        "unit": "%",
        "measured": Estimate(10, 5, 15, "%", 20),
        "promised_low": 80,
        "promised_high": 90,
        "neutral": 0,
        "better": "higher",
    },
    {"id": "S1.3", "verdict": "not run", "measured": None},
]
PLACES: Rows = [
    {"id": name, "axis": axis, "at": at, "measured": Estimate(x, 0.9 * x, 1.1 * x, "x", 9)}
    | {"unit": "x", "promised_low": 5, "promised_high": 20, "neutral": 1, "better": "higher"}
    for name, axis, found in (
        ("S1.5", "round trip, ms", ((0, 2.0), (1, 6.0), (5, 15.0))),
        ("S1.4", "rows", ((10, 6.0), (100, 30.0))),
    )
    for at, x in found
]
DEPTHS: Rows = [
    {"series": name, "depth": depth, "pages": depth + 50 if name == "offset" else 50}
    for name in ("offset", "keyset")
    for depth in (100, 10_000)
]
RESULTS: Rows = [
    {"series": name, "rows": rows, "bytes": each * rows + 2e6}
    for name, each in (("list", 1800.0), ("cursor", 0.0))
    for rows in (5_000, 50_000)
]

EVERY: list[tuple[Callable[..., go.Figure], Rows, str]] = [
    (plots.before_after, QUERIES, "1 of 2 faster, most of all list: 200×"),
    (
        plots.speedup_by_selectivity,
        SELECTIVITY,
        "The index pays below 20 % of the rows; at best it is 100× faster at 0.1 % of the rows",
    ),
    (
        plots.time_by_rows,
        SIZES,
        "The index starts to pay at about 100 rows; at 100k rows it is 1,000× faster",
    ),
    (plots.size_against_benefit, INDEXES, "c alone brings 43 % of what all save, with 1.0 MB"),
    (plots.write_price, PRICES, "2 indexes add 3 µs to an inserted row, 2 µs of it by a"),
    (plots.latency_by_rtt, TRIPS, "lazy waits for 101 round trips, joined for 1"),
    (plots.times, [row for row in TRIPS if row["rtt_ms"] == 5], "joined is 51× as fast as lazy"),
    (
        plots.statements_waterfall,
        STATEMENTS,
        "5 statements in 3.00 ms; 4 of them are the same one and take 67 % of the time",
    ),
    (plots.ladder, RUNGS, "800 ms → 10.0 ms, 80× faster; most by pool (11×)"),
    (plots.throughput_latency, LOAD, "At most 700 requests/s with 8 clients, at 11.0 ms, pool 8"),
    (plots.pool_surface, POOLS, "Most, 400 requests/s, with a pool of 4 and 8 clients"),
    (plots.cache_hit_rate, HITS, "0 % → 90 % hits bring 10.5 → 1.50 ms"),
    (plots.memory_over_time, MEMORY, "At the peak: stream 1.0 MB, all 9.0 MB"),
    (
        plots.price_by_batch,
        BATCHES,
        "Of 1,000 rows each takes 23 µs with copy, 2,000 µs with loop",
    ),
    (
        plots.throughput_by_pool,
        CAPACITY,
        "Connections that serve 95 % of the best: 20 for waiting, 2 for computing",
    ),
    (plots.pages_by_depth, DEPTHS, "100× as deep: pages 67× for offset, 1.0× for keyset"),
    (plots.memory_by_rows, RESULTS, "10× the rows: memory 8.4× for list, 1.0× for cursor"),
    (plots.along_axis, PLACES[:3], "S1.5: 2× at 0, 15× at 5 (round trip, ms)"),
    (plots.along_axes, PLACES, "1 of 2 promises kept at one place of the axis, not at another"),
    (plots.connections_over_time, MOMENTS, "At most 2 connections were given out"),
    (plots.scorecard, CLAIMS, "Of 3 claims 1 confirmed, 1 refuted, 1 not run"),
]
