"""How a figure and its interval are written."""

from math import inf

import pytest

from workbench.measurement.estimate import Estimate, exactly, figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.012345, "0.0123"),
        (12.345, "12.3"),
        (999.4, "999"),
        (2134.6, "2,135"),
        (-1234567.0, "-1,234,567"),
        (inf, "inf"),
    ],
)
def test_three_figures_and_never_an_exponent_for_a_large_one(value: float, text: str) -> None:
    assert figures(value) == text


def test_an_interval_is_written_like_its_figure() -> None:
    assert str(Estimate(2130.4, 999.6, 12345.6, "ms", 9)) == "2,130 ms (1,000 to 12,346)"
    assert str(Estimate(4.5, 4, 5, "x", 9)) == "4.5 x (4 to 5)"


def test_what_is_exact_has_no_interval_and_a_figure_more() -> None:
    assert str(exactly(62.963, "%")) == "62.96 %"
    assert str(exactly(120115, "rows")) == "120,115 rows"
