"""A sweep along several axes, with a slider for each that moves as long as a kernel runs.

What a notebook keeps, a report shows and paper takes is a figure without a kernel: the first axis
on plotly's own slider, the others where they start.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import plotly.graph_objects as go

from workbench.errors import InputError
from workbench.plots.rows import Rows, records, series
from workbench.plots.slider import shared_axes, slider

if TYPE_CHECKING:
    import ipywidgets

Place: TypeAlias = tuple[str, ...]
PLOTLY = "application/vnd.plotly.v1+json"


@dataclass(frozen=True)
class Explorer:
    """Figures by their place on the axes; ``over`` names each axis with its unit."""

    figures: Mapping[Place, go.Figure]
    over: tuple[str, ...]
    start: Place

    @cached_property
    def static(self) -> go.Figure:
        """The figure that needs no kernel."""
        others = self.start[1:]
        along = {place[0]: each for place, each in self.figures.items() if place[1:] == others}
        return slider(along, over=self.over[0], start=self.start[0])

    def widget(self) -> "ipywidgets.VBox":
        """The figure below its sliders; raises ImportError without ipywidgets and anywidget."""
        import ipywidgets

        axes = shared_axes(self.figures.values())
        shown = go.FigureWidget(self.figures[self.start]).update_layout(axes)
        knobs = [self._knob(ipywidgets, number) for number in range(len(self.over))]

        def show(change: object) -> None:
            chosen = self.figures[tuple(knob.value for knob in knobs)]
            shown.data = ()
            shown.add_traces(chosen.data)
            shown.update_layout(chosen.layout.to_plotly_json(), overwrite=True)
            shown.update_layout(axes)

        for knob in knobs:
            knob.observe(show, "value")
        return ipywidgets.VBox([*knobs, shown])

    def _knob(self, widgets: Any, number: int) -> Any:  # noqa: ANN401 - ipywidgets has no types
        values = list(dict.fromkeys(place[number] for place in self.figures))
        style, layout = {"description_width": "initial"}, {"width": "min(420px, 100%)"}
        return widgets.SelectionSlider(
            options=values,
            value=self.start[number],
            description=self.over[number],
            style=style,
            layout=layout,
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ANN401
        kept = {PLOTLY: json.loads(str(self.static.to_json())), "text/plain": str(self)}
        try:
            live = self.widget()._repr_mimebundle_()
        except ImportError:
            live = {}
        return {**live, **kept}

    def __str__(self) -> str:
        return " · ".join((*self.over, self.static.layout.title.text.replace("<br>", " ")))


def explore(
    rows: Rows,
    plot: Callable[[Rows], go.Figure],
    over: Mapping[str, str],
    *,
    start: Mapping[str, Any] | None = None,
) -> Explorer:
    """The plot of the rows that share a value in each column of ``over``, with a slider for each.

    ``over`` says for each column what its slider is called, ``start`` where it stands at first,
    else at its first value. Raises InputError for a combination of values without rows.
    """
    if not over:
        raise InputError("explore needs at least one column to slide over")
    found = records(rows, *over)
    values = [list(series(found, column)) for column in over]
    figures = {}
    for place in product(*values):
        group = [row for row in found if tuple(str(row[column]) for column in over) == place]
        if not group:
            where = " and ".join(f"{n} {v}" for n, v in zip(over, place, strict=True))
            raise InputError(f"there is nothing to plot for {where}; every combination needs rows")
        figures[place] = plot(group)
    first = {column: names[0] for column, names in zip(over, values, strict=True)}
    place = tuple(str((first | dict(start or {}))[column]) for column in over)
    if place not in figures:
        raise InputError(f"the sliders cannot start at {place}, where there are no rows")
    return Explorer(figures, tuple(over.values()), place)
