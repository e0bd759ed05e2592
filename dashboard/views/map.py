"""The map: what to show, the figure, its colour scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.events import Press, Tap
from bokeh.models import CustomJS, CustomJSHover, HoverTool, PanTool, Range1d, WheelZoomTool

from dashboard import plots, projection, theme, words
from dashboard.catalogue import DEPTHS, MAPS, VIEWS
from dashboard.engine import Answer, Engine
from dashboard.state import Choice, State

WHOLE = (1.01 * projection.X_LIMITS[1], 1.01 * projection.Y_LIMITS[1])
DEEPEST_ZOOM = 40.0

ONE_LINE = {"& .MuiToggleButton-root": {"whiteSpace": "nowrap", "padding": "7px 12px", "fontSize": "14px"}}
HOVER = "return `${Number(value.toPrecision(3))} ${unit}`.replace('-', '\u2212')"
ON_LAND = "export default (args, tool, {value}) => !Number.isNaN(value)"

BAR = """
.bar { display: flex; align-items: stretch; height: 15px; max-width: 720px; margin: 2px auto 0; }
.bar i { width: 14px; flex: none; }
.bar .low { clip-path: polygon(100% 0, 0 50%, 100% 100%); }
.bar .high { clip-path: polygon(0 0, 100% 50%, 0 100%); }
.bar b { flex: 1; }
.ticks { position: relative; height: 20px; max-width: 692px; margin: 3px auto 0; font-size: 14px;
  font-variant-numeric: tabular-nums; }
.ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.none { display: inline-block; width: 14px; height: 12px; background: #d4d6d7; border: 1px solid #7d8990; vertical-align: -1px; }
"""


WRAP = """
:host { flex-wrap: wrap; }  /* on a tablet the buttons go below the title, rather than the title into a column */
:host > div:first-of-type { flex: 1 1 300px !important; }
"""


class Map:
    """The map and its choices."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._state, self._engine = state, engine
        self._fitted = False
        self._drawn: tuple[Any, ...] = ()
        self._latest: Answer | None = None
        self.figure = self._compose()
        pixels = engine.pixels
        self.source = plots.gather(self.figure, pixels.index, pixels.padded(np.full(pixels.cells, np.nan)))
        self.chosen = plots.sources(self.figure, "Scatter")[0]
        self._mapper = plots.mapper()
        plots.renderers(self.figure, "Image")[0].glyph.color_mapper = self._mapper
        self.title = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=(6, 0, 0, 0), sizing_mode="stretch_width")
        self.bar = pn.pane.HTML("", stylesheets=[theme.TEXT, BAR], margin=0, sizing_mode="stretch_width")
        self.panel = pn.Column(
            self._choices(), pn.Row(self.title, pn.Row(*self._buttons()), sizing_mode="stretch_width", stylesheets=[WRAP]),
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0), self.bar, stylesheets=[theme.CARD],
        )  # fmt: skip

    def _compose(self) -> Any:
        pixels = self._engine.pixels
        empty = np.zeros(pixels.index.shape, dtype=np.float32)
        shown = plots.rendered(
            plots.world(pixels.x, pixels.y, empty, projection.outlines(), projection.edge(), projection.graticule())
        )
        width, height = WHOLE
        shown.update(
            width=None, height=None, sizing_mode="stretch_width", aspect_ratio=width / height,
            min_border=0, toolbar_location=None,
            x_range=Range1d(-width, width, bounds=(-width, width)), y_range=Range1d(-height, height, bounds=(-height, height)),
            background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None,
        )  # fmt: skip
        wheel, pan = WheelZoomTool(), PanTool()
        hover = HoverTool(renderers=[plots.renderers(shown, "Image")[0]], filters={"@image": CustomJS(code=ON_LAND)})
        shown.toolbar.update(tools=[wheel, pan, hover], active_scroll=wheel, active_drag=pan, logo=None)
        for event in (Tap, Press):  # a click that is held for a quarter of a second is a press
            shown.on_event(event, self._tap)
        self._hover = hover
        return shown

    def _choices(self) -> pn.FlexBox:
        state = self._state
        names = {variable.label: name for name, variable in MAPS.items()}
        depths, views = ({label: name for name, label in table.items()} for table in (DEPTHS, VIEWS))
        self.variable = pmui.Select(label="Map", options=list(names), size="small", width=230, margin=(0, 14, 8, 0))
        self.depth = pmui.RadioButtonGroup(
            label="Depth", options=list(depths), value="0–1 m", size="small", margin=(0, 14, 8, 0), sx=ONE_LINE,
            stylesheets=[theme.UNSEEN_LABEL],
        )  # fmt: skip
        self.view = pmui.RadioButtonGroup(
            label="View", options=list(views), value="Scenario", size="small", margin=(0, 0, 8, 0), sx=ONE_LINE,
            stylesheets=[theme.UNSEEN_LABEL],
        )  # fmt: skip
        self.variable.param.watch(lambda event: state.show(variable=names[event.new]), "value")
        self.depth.param.watch(lambda event: state.show(depth=depths[event.new]), "value")
        self.view.param.watch(lambda event: self._look(views[event.new]), "value")
        return pn.FlexBox(self.variable, self.depth, self.view, align_items="center", sizing_mode="stretch_width")

    def _look(self, view: str) -> None:
        if view != self._state.choice.view:
            self._state.show(view=view)

    def _buttons(self) -> list[pmui.Button]:
        """Zoom without a wheel, and colours that fit."""
        made = []
        for label, call in (
            ("Fit colours", lambda _: self._fit()),
            ("Zoom in", lambda _: self.zoom(0.5)),
            ("Zoom out", lambda _: self.zoom(2.0)),
            ("Whole world", lambda _: self.zoom(np.inf)),
        ):
            button = pmui.Button(label=label, variant="text", size="small", margin=0)
            button.on_click(call)
            made.append(button)
        self.fit = made[0]
        return made

    def zoom(self, factor: float) -> None:
        """Show more or less of the world around the middle of what is shown."""
        for axis, whole in zip((self.figure.x_range, self.figure.y_range), WHOLE, strict=True):
            half = min(max((axis.end - axis.start) / 2 * factor, whole / DEEPEST_ZOOM), whole)
            middle = min(max((axis.start + axis.end) / 2, half - whole), whole - half)
            axis.update(start=middle - half, end=middle + half)

    def _tap(self, event: Any) -> None:
        longitude, latitude, globe = projection.to_place(event.x, event.y)
        if globe[0]:
            self._state.visit(float(latitude[0]), float(longitude[0]))

    def _fit(self) -> None:
        self._fitted = not self._fitted
        self._drawn = ()
        if self._latest is not None:
            self.show(self._latest)

    def show(self, answer: Answer) -> None:
        """Put an answer on the map; what did not change is not sent again."""
        self._latest = answer
        choice = answer.choice
        self._mark(choice)
        what = (choice.variable, choice.depth, choice.view)
        drawn = (*what, answer.outcome.scenario if choice.view != "baseline" else None)
        if drawn == self._drawn:
            return
        if what != self._drawn[:3]:
            self._fitted = self._fitted and not self._drawn
            self._dress(answer)
        # the figure's own data are replaced: a re-rendered element would cost ten times as much and lose the zoom
        self.source.data.update(cells=[self._engine.pixels.padded(self._engine.map_values(answer))])
        self._drawn = drawn

    def _mark(self, choice: Choice) -> None:
        point = projection.to_point(choice.place[1], choice.place[0]) if choice.place else None
        held = {"x": [point[0]], "y": [point[1]]} if point else {"x": [], "y": []}
        if list(self.chosen.data["x"]) != held["x"] or list(self.chosen.data["y"]) != held["y"]:
            self.chosen.data = held

    def _dress(self, answer: Answer) -> None:
        """Title, colours and colour bar for what the map shows."""
        choice = answer.choice
        variable = MAPS[choice.variable]
        change = choice.view in ("change", "percent")
        fitted = self._fitted and change
        limits = self._engine.fitted_limits(answer) if fitted else self._engine.colour_limits(*_what(choice))
        name, logarithmic = ("vik", False) if change else (variable.colours, variable.logarithmic)
        self._mapper.update(palette=plots.palette(name, limits, logarithmic), low=limits[0], high=limits[1])
        unit = "%" if choice.view == "percent" else variable.unit
        self._hover.formatters = {"@image": CustomJSHover(args={"unit": "" if unit == "1" else unit}, code=HOVER)}
        self._hover.tooltips = [(variable.label, "@image{custom}")]
        depth = DEPTHS[choice.depth] if variable.has_depth else None
        title, unit_text = words.map_title(variable.label, variable.unit, choice.view, depth).split(" [")
        self.title.object = f"<h2>{title} <span style='white-space: nowrap'>[{unit_text}</span></h2>"
        self.bar.object = colour_bar(name, limits, unit, logarithmic, change)
        self.depth.disabled = not variable.has_depth
        self.fit.param.update(label="Fixed colours" if fitted else "Fit colours", visible=change)
        self.view.value = VIEWS[choice.view]


def _what(choice: Choice) -> tuple[str, str, str]:
    return choice.variable, choice.depth, choice.view


def colour_bar(name: str, limits: tuple[float, float], unit: str, logarithmic: bool, change: bool) -> str:
    """A colour scale with open ends as HTML."""
    table = plots.colours(name, 33)
    low, high = limits

    def position(value: float) -> float:
        if logarithmic:
            return float(100 * np.log(value / low) / np.log(high / low))
        return 100 * (value - low) / (high - low)

    marks = words.ticks(low, high, logarithmic)
    labels = [("+" if change and value > 0 else "") + words.plain(value) for value in marks]
    spans = "".join(f"<span style='left:{position(v):.2f}%'>{label}</span>" for v, label in zip(marks, labels, strict=True))
    return (
        f"<div role=img aria-label='Colour scale from {labels[0]} to {labels[-1]} {unit}, open at both ends'>"
        f"<div class=bar><i class=low style='background:{table[0]}'></i>"
        f"<b style='background:linear-gradient(to right,{','.join(table)})'></b>"
        f"<i class=high style='background:{table[-1]}'></i></div><div class=ticks>{spans}</div></div>"
        "<p class=quiet style='text-align:center'><span class=none></span> land without a model value</p>"
    )
