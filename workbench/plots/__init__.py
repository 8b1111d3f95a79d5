"""Plots: rows in, a plotly figure out; nothing here asks a server or shows anything.

Rows are a data frame, or mappings or frozen dataclasses; ``rows`` says how intervals are given.
Every title states what the figure found, unless ``title`` says otherwise.
"""

from workbench.plots.axes import along_axes, along_axis
from workbench.plots.capacity import connections_over_time, price_by_batch, throughput_by_pool
from workbench.plots.explorer import explore
from workbench.plots.growth import memory_by_rows, pages_by_depth
from workbench.plots.indexes import before_after, speedup_by_selectivity, time_by_rows
from workbench.plots.latency import ladder, latency_by_rtt, statements_waterfall, times
from workbench.plots.load import cache_hit_rate, memory_over_time, pool_surface, throughput_latency
from workbench.plots.scorecard import scorecard
from workbench.plots.slider import slider, sweep
from workbench.plots.worth import size_against_benefit, write_price

__all__ = [
    "along_axes",
    "along_axis",
    "before_after",
    "cache_hit_rate",
    "connections_over_time",
    "explore",
    "ladder",
    "latency_by_rtt",
    "memory_by_rows",
    "memory_over_time",
    "pages_by_depth",
    "pool_surface",
    "price_by_batch",
    "scorecard",
    "size_against_benefit",
    "slider",
    "speedup_by_selectivity",
    "statements_waterfall",
    "sweep",
    "throughput_by_pool",
    "throughput_latency",
    "time_by_rows",
    "times",
    "write_price",
]
