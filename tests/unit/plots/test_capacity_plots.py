"""What is shared out: the words and lines of its plots that examples alone do not show."""

from workbench import plots

MOMENTS = [
    {"ms": 0.0, "checked_out": 1, "open": 2},
    {"ms": 5.0, "checked_out": 3, "open": 3},
]


def words(figure: object) -> str:
    return str(figure.layout.title.text).replace("<br>", " ")  # type: ignore[attr-defined]


def test_connections_keep_their_number_until_the_next_moment() -> None:
    figure = plots.connections_over_time(MOMENTS, limit=4)
    assert {trace.line.shape for trace in figure.data} == {"hv"}
    assert [tuple(trace.y) for trace in figure.data] == [(1, 3), (2, 3)]
    assert [line.y0 for line in figure.layout.shapes] == [4]
    assert words(figure) == "At most 3 connections were given out, 4 are allowed"


def test_one_way_to_write_needs_no_name() -> None:
    figure = plots.price_by_batch([{"rows": 10, "us_per_row": 250.0}])
    assert words(figure) == "Of 10 rows each takes 250 µs"
    assert not figure.layout.showlegend


def test_a_pool_that_is_as_good_as_the_best_is_enough() -> None:
    rows = [{"pool_size": size, "per_s": per_s} for size, per_s in ((1, 50), (4, 96), (16, 100))]
    assert words(plots.throughput_by_pool(rows)).endswith("95 % of the best: 4")
