"""Answers sent with gzip: S1.8."""

from collections.abc import Mapping
from typing import Any

from workbench.claims.claim import Finding, Point
from workbench.claims.lab import Lab
from workbench.measurement.estimate import median_of
from workbench.patterns import compression
from workbench.patterns.engines import engine


def gzip(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S1.8: the list endpoint's JSON by length of the page; the headline is a page of 20."""
    pool = engine(lab.site("deployer").conninfo)
    try:
        levels = compression.measure(
            pool,
            rows=lab.parameters(parameters, "rows"),
            pages=lab.parameters(parameters, "pages"),
        )
    finally:
        pool.dispose()
    usual = [each for each in levels if each.level == compression.LEVEL]
    headline = next(each for each in usual if each.rows == parameters["headline_rows"])
    same = {each.level: each for each in levels if each.rows == headline.rows}
    return Finding(
        measured={"smaller": headline.smaller},
        points=tuple(
            Point(median_of(each.bytes_before, "bytes").value, each.smaller) for each in usual
        ),
        records=[each.record() for each in levels],
        note="; ".join(
            f"level {level}: {each.smaller.value:.0f} % smaller for {each.cpu.value:.2f} ms of CPU"
            for level, each in same.items()
        )
        + f"; under {compression.LEAST_BYTES} bytes nothing is compressed",
    )


CHECKS = {"gzip": gzip}
