"""Every plot: what it draws is what it was given, and its title says what follows from that."""

import pandas
import plotly.graph_objects as go
import pytest
from plot_examples import CLAIMS, EVERY, INDEXES, QUERIES, SELECTIVITY, SIZES, STATEMENTS, TRIPS, ms

from workbench import plots
from workbench.errors import InputError
from workbench.measurement.estimate import Estimate

NAMES = [plot.__name__ for plot, _, _ in EVERY]


def words(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace("<br>", " ")


def test_every_plot_is_tested() -> None:
    assert {*NAMES, "explore", "slider", "sweep"} == set(plots.__all__)


@pytest.mark.parametrize(("plot", "rows", "finding"), EVERY, ids=NAMES)
def test_the_title_states_the_finding(plot, rows, finding) -> None:  # type: ignore[no-untyped-def]
    assert words(plot(rows)) == finding
    assert words(plot(rows, title="Mine")) == "Mine"
    assert all(len(line) <= 40 for line in plot(rows).layout.title.text.split("<br>"))


@pytest.mark.parametrize(("plot", "rows", "finding"), EVERY, ids=NAMES)
def test_a_data_frame_will_do(plot, rows, finding) -> None:  # type: ignore[no-untyped-def]
    whole = [row | {"measured": 0} if row.get("measured", 0) is None else row for row in rows]
    flat = [{k: v.value if isinstance(v, Estimate) else v for k, v in row.items()} for row in whole]
    assert plot(pandas.DataFrame(flat)).data


@pytest.mark.parametrize(("plot", "rows", "finding"), EVERY, ids=NAMES)
def test_axes_have_titles_and_units(plot, rows, finding) -> None:  # type: ignore[no-untyped-def]
    layout = plot(rows).layout
    assert layout.xaxis.title.text
    named_rows = layout.yaxis.showticklabels is False
    assert layout.yaxis.title.text or named_rows


@pytest.mark.parametrize(("plot", "rows", "finding"), EVERY, ids=NAMES)
def test_what_is_missing_is_named(plot, rows, finding) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="there is nothing to plot"):
        plot([])
    with pytest.raises(InputError, match=r"needs the column \w+; the rows have something"):
        plot([{"something": 1}])
    with pytest.raises(InputError, match="not a int"):
        plot([1])


@pytest.mark.parametrize(("plot", "rows", "finding"), EVERY, ids=NAMES)
def test_names_are_not_markup(plot, rows, finding) -> None:  # type: ignore[no-untyped-def]
    named = {"query", "index", "pattern", "statement", "step", "series", "id"}
    evil = [{k: f"<b>{v}</b>" if k in named else v for k, v in row.items()} for row in rows]
    figure = plot(evil)
    shown = [words(figure)]
    shown += [str(trace.name or "") for trace in figure.data]
    shown += [str(each.text) for each in figure.layout.annotations]
    shown += [str(text) for trace in figure.data for text in trace.text or () if trace.text]
    assert "<b>" not in "".join(shown)
    assert "&lt;b&gt;" in "".join(shown) or not named & set(rows[0])


def test_a_column_without_values_is_named() -> None:
    with pytest.raises(InputError, match="nothing to plot: no row has a value of measured"):
        plots.scorecard(CLAIMS[2:])


def test_intervals_are_error_bars() -> None:
    before = plots.before_after(QUERIES).data[1]
    assert before.error_x.array == pytest.approx((4, 1))
    assert before.error_x.arrayminus == pytest.approx((2, 0.5))


def test_without_intervals_there_are_no_bars() -> None:
    [line] = plots.speedup_by_selectivity(SELECTIVITY).data
    assert line.error_y.array is None


def test_unsure_differences_are_not_called_faster() -> None:
    unsure = {"query": "q", "before_ms": ms(10), "after_ms": ms(9)}
    assert words(plots.before_after([unsure])) == "q: 1.1× faster, but that is not sure"
    several = plots.before_after([unsure, unsure | {"query": "r"}])
    assert words(several) == "None of 2 is surely faster"


def test_the_front_holds_what_no_smaller_index_beats() -> None:
    front = plots.size_against_benefit(INDEXES).data[0]
    assert list(front.x) == [8192, 1 << 20, 1 << 22]
    assert list(front.y) == [10.0, 26.0, 26.0]


def test_the_turning_point_is_marked() -> None:
    figure = plots.time_by_rows(SIZES)
    [line] = figure.layout.shapes
    assert line.x0 == pytest.approx(100)
    never = plots.time_by_rows([row | {"after_ms": 1e6} for row in SIZES])
    assert words(never).startswith("The index pays at no size; at 100k rows it is 10,000× slower")
    assert not never.layout.shapes


def test_round_trips_are_the_slope() -> None:
    names = [trace.name for trace in plots.latency_by_rtt(TRIPS).data]
    assert names == ["lazy: 4.00 ms + 101 × RTT", "joined: 5.00 ms + 1 × RTT"]


def test_statements_follow_one_another() -> None:
    figure = plots.statements_waterfall(STATEMENTS)
    starts = {place: base for bar in figure.data for place, base in zip(bar.y, bar.base, strict=1)}
    assert [starts[place] for place in sorted(starts)] == [0, 1, 1.5, 2, 2.5]
    given = plots.statements_waterfall([{"statement": "a", "ms": 1.0, "start_ms": 7.0}])
    assert given.data[0].base == (7.0,)


def test_scores_are_multiples_of_the_promise() -> None:
    figure = plots.scorecard(CLAIMS)
    marks = {trace.name: trace.x[0] for trace in figure.data}
    assert marks["confirmed"] == pytest.approx(2)
    assert marks["refuted"] == pytest.approx((100 / 90) / (100 / 20))


def test_lower_can_be_better() -> None:
    claim = CLAIMS[0] | {"unit": "statements", "better": "lower", "promised_low": 1}
    claim |= {"promised_high": 2, "measured": Estimate(4, 4, 4, "statements", 1)}
    figure = plots.scorecard([claim])
    marks = {trace.name: trace.x[0] for trace in figure.data}
    assert marks["confirmed"] == pytest.approx(0.5)
    assert "(promised at most 2)" in figure.layout.annotations[0].text


def test_a_row_pays_for_the_indexes_of_its_own_table_only() -> None:
    rows = [
        {"index": name, "table": table, "insert_us": us}
        for name, table, us in (("a", "orders", 2.0), ("b", "orders", 1.5), ("c", "users", 3.0))
    ]
    assert words(plots.write_price(rows)) == (
        "2 indexes add 3.5 µs to an inserted row of orders, 2 µs of it by a"
    )


def test_a_sweep_shows_one_figure_at_a_time() -> None:
    figure = plots.sweep(TRIPS, "rtt_ms", plots.times, over="round trip, ms")
    [slider] = figure.layout.sliders
    assert [step.label for step in slider.steps] == ["0", "1", "5"]
    assert [trace.visible for trace in figure.data] == [True, False, False]
    shown, changed = slider.steps[2].args
    assert shown == {"visible": [False, False, True]}
    assert changed["title.text"].startswith("joined is 51×")
    started = plots.sweep(TRIPS, "rtt_ms", plots.times, over="round trip, ms", start="5")
    assert [trace.visible for trace in started.data] == [False, False, True]
    assert words(started) == "joined is 51× as fast as lazy"


def test_the_steps_of_a_slider_share_a_logarithmic_axis() -> None:
    small, large = plots.before_after(QUERIES[:1]), plots.before_after(QUERIES[1:])
    low, high = plots.slider({"a": small, "b": large}, over="x").layout.xaxis.range
    assert low == min(small.layout.xaxis.range[0], large.layout.xaxis.range[0])
    assert high == max(small.layout.xaxis.range[1], large.layout.xaxis.range[1])
    with pytest.raises(InputError, match="at least one"):
        plots.slider({}, over="x")


def test_shared_axes_have_no_more_ticks_than_a_phone_has_room_for() -> None:
    one = plots.ladder([{"step": "a", "ms": 3.0}, {"step": "b", "ms": 1900.0}])
    other = plots.ladder([{"step": "a", "ms": 9.0}, {"step": "b", "ms": 600.0}])
    axis = plots.slider({"one": one, "other": other}, over="x").layout.xaxis
    assert list(axis.tickvals) == [3, 10, 30, 100, 300, 1000]
    assert list(axis.ticktext) == ["3", "10", "30", "100", "300", "1,000"]
