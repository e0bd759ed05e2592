"""The map: what to show, the figure, its colour scale."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.events import Press, SelectionGeometry, Tap
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    CustomJS,
    CustomJSHover,
    HoverTool,
    LinearColorMapper,
    PanTool,
    Range1d,
    WheelZoomTool,
)

from dashboard import legend, plots, projection, theme, words
from dashboard.buttons import Buttons
from dashboard.catalogue import DEPTHS, GAINS, GROUPS, MAPS, SCENARIO_VIEWS, VIEWS, MapVariable
from dashboard.choice import Choice
from dashboard.dress import KINDS, dress
from dashboard.engine import Answer, Engine
from dashboard.state import State
from proda_core.scenarios import Region

WHOLE = (1.01 * projection.X_LIMITS[1], 1.01 * projection.Y_LIMITS[1])
DEEPEST_ZOOM = 40.0

HOVER = """
const cell = pixels.data.cell[0][special_vars.image_index.flat_index]
const short = (number) => `${Number(number.toPrecision(3))}`.replace("-", "\u2212")
const relative = extra.data.relative[0]
const share = relative.length ? ` (${short(relative[cell])} %)` : ""
const unlike = hatched === null ? false : hatched.data.marked[0][cell]
const sign = kind === "spread" ? "± " : kind === "change" && value > 0 ? "+" : ""
return `${sign}${short(value)} ${unit}${share}${unlike ? " · unlike any training site" : ""}`
"""
DRAW = """
box.active = true
const view = Bokeh.index.find_one ? Bokeh.index.find_one(figure) : null
view?.el?.scrollIntoView({block: "nearest"})
"""
PAN_AGAIN = "if (cb_obj.final) { pan.active = true }"
ON_LAND = "export default (args, tool, {value}) => !Number.isNaN(value)"

SMALL = ".MuiFormControlLabel-label { font-size: 13px !important; } .MuiCheckbox-root { padding: 2px 6px !important; }"
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
        under = plots.pixel_source(pixels.index)
        self.source = plots.gather(self.figure, under, pixels.padded(np.full(pixels.cells, np.nan)))
        self.hatching = None if engine.ensemble is None else plots.hatch(self.figure, under, engine.ensemble.unlike)
        self._region: Region | None = None
        self.veil = plots.veil(self.figure, under, pixels.cells)
        self._pointed = self._pointing(under)
        self.chosen = plots.sources(self.figure, "Scatter")[0]
        self._mapper = plots.mapper()
        plots.renderers(self.figure, "Image")[0].glyph.color_mapper = self._mapper
        self.title = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=(6, 0, 0, 0), sizing_mode="stretch_width")
        self.bar = pn.pane.HTML("", stylesheets=[theme.TEXT, legend.BAR], margin=0, sizing_mode="stretch_width")
        self.about = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=(6, 0, 0, 0), sizing_mode="stretch_width")
        self.panel = pn.Column(
            self._choices(), pn.Row(self.title, pn.Row(*self._buttons()), sizing_mode="stretch_width", stylesheets=[WRAP]),
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0), self.bar, *self._hatch_choice(), self.about,
            stylesheets=[theme.CARD],
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
        wheel, pan, self.box = WheelZoomTool(), PanTool(), BoxSelectTool(renderers=[])
        hover = HoverTool(renderers=[plots.renderers(shown, "Image")[0]], filters={"@image": CustomJS(code=ON_LAND)})
        shown.toolbar.update(tools=[wheel, pan, self.box, hover], active_scroll=wheel, active_drag=pan, logo=None)
        shown.on_event(SelectionGeometry, self._drawn_box)
        shown.js_on_event(SelectionGeometry, CustomJS(args={"pan": pan}, code=PAN_AGAIN))
        for event in (Tap, Press):  # a click that is held for a quarter of a second is a press
            shown.on_event(event, self._tap)
        self._hover = hover
        return shown

    def _choices(self) -> pn.FlexBox:
        state = self._state
        names = {variable.label: name for name, variable in MAPS.items()}
        depths, views = ({label: name for name, label in table.items()} for table in (DEPTHS, VIEWS))
        groups = {group: [v.label for v in MAPS.values() if v.group == group] for group in GROUPS}
        refused = [v.label for v in MAPS.values() if self._engine.fields.refusal(v.name, "baseline")]
        self.variable = pmui.Select(
            label="Map", groups=groups, value=MAPS["soc"].label, disabled_options=refused, size="small", width=230,
            margin=(0, 14, 8, 0),
        )  # fmt: skip
        self.depth = Buttons(label="Depth", options=list(depths), value="0–1 m", margin=(0, 14, 8, 0))
        self.view = Buttons(label="View", options=list(views), value="Scenario", margin=(0, 0, 8, 0))
        self.variable.param.watch(lambda event: state.show(variable=names[event.new]), "value")
        self.depth.param.watch(lambda event: self._press(self.depth, depths, event.new), "value")
        self.view.param.watch(lambda event: self._press(self.view, views, event.new), "value")
        state.param.watch(lambda event: self._follow(event.new), "choice")
        self._follow(state.choice)
        return pn.FlexBox(self.variable, self.depth, self.view, align_items="center", sizing_mode="stretch_width")

    def _press(self, buttons: Buttons, names: dict[str, str], pressed: Any) -> None:
        """Take what a browser sent for a row of buttons, if it is one that can be chosen."""
        shown = self._shown(self._state.choice)[buttons.label]
        if not isinstance(pressed, str) or pressed not in names or pressed in buttons.refused:
            buttons.value = shown
        elif pressed != shown:
            self._state.show(**{buttons.label.lower(): names[pressed]})

    def _shown(self, choice: Choice) -> dict[str, str]:
        """The buttons that are pressed, by the name of their row."""
        return {"Depth": DEPTHS[choice.depth], "View": VIEWS[self._engine.view(choice)]}

    def _follow(self, choice: Choice) -> None:
        """Show what is chosen, and what can be."""
        variable, refusal = MAPS[choice.variable], self._engine.fields.refusal
        self.view.refused = {VIEWS[key]: reason for key in VIEWS if (reason := refusal(variable.name, key))}
        self.depth.refused = {} if variable.has_depth else dict.fromkeys(DEPTHS.values(), "Only a stock has a depth.")
        shown = self._shown(choice)
        self.depth.value, self.view.value = shown["Depth"], shown["View"]
        if variable.label not in self.variable.disabled_options:
            self.variable.value = variable.label

    def _hatch_choice(self) -> list[pmui.Checkbox]:
        """A box to take the hatching away, where there is any."""
        hatching = self.hatching
        if hatching is None:
            return []
        box = pmui.Checkbox(
            label="Hatch land unlike any training site",
            value=True,
            size="small",
            margin=0,
            align="center",
            stylesheets=[SMALL],
        )
        box.param.watch(lambda event: hatching.update(visible=event.new is True), "value")
        self.hatch = box
        return [box]

    def _pointing(self, under: ColumnDataSource) -> ColumnDataSource:
        """What the pointer reads beside the value: per cent of the baseline, and whether a place is unlike any training site."""
        extra = ColumnDataSource({"relative": [np.zeros(0, np.float32)]})
        hatched = None if self.hatching is None else self.hatching.data_source
        known = {"unit": "", "kind": "", "pixels": under, "extra": extra, "hatched": hatched}
        formatter = CustomJSHover(args=known, code=HOVER)
        self._hover.formatters = {"@image": formatter}
        return extra

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

    def _drawn_box(self, event: Any) -> None:
        """Take a box that was drawn: the latitudes and longitudes that it spans along its middle lines."""
        if not event.final or event.geometry.get("type") != "rect":
            return
        box = projection.to_box(*(event.geometry[name] for name in ("x0", "x1", "y0", "y1")))
        if box is not None:
            self._state.look_at(Region(box=box))

    def drawing(self, button: pmui.Button) -> None:
        """Let a button make the next drag on the map draw a box."""
        button.js_on_click(args={"box": self.box, "figure": self.figure}, code=DRAW)

    def points(self, source: ColumnDataSource, mapper: LinearColorMapper) -> None:
        """Draw points that another part of the page holds, above all else: columns x and y [m] and value, in its colours."""
        fill = {"field": "value", "transform": mapper}
        made = self.figure.scatter("x", "y", source=source, size=9, fill_color=fill, line_color=theme.INK, line_width=1)
        made.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None)

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
        self._cover(answer)
        view = self._engine.view(choice)
        what = (choice.variable, choice.depth, view)
        drawn = (*what, choice.change if view in SCENARIO_VIEWS else None)
        if drawn == self._drawn:
            return
        if what != self._drawn[:3]:
            self._fitted = self._fitted and not self._drawn
            self._dress(answer, view)
        # the figure's own data are replaced: a re-rendered element would cost ten times as much and lose the zoom
        self.source.data.update(cells=[self._engine.pixels.padded(self._engine.map_values(answer))])
        self._drawn = drawn

    def _cover(self, answer: Answer) -> None:
        """Veil what lies outside the chosen region."""
        region = answer.choice.region
        if region != self._region:
            outside = np.zeros(self._engine.pixels.cells + 1, dtype=np.uint8)
            if answer.part is not None:
                outside[:-1] = ~answer.part.inside
            self.veil.data.update(marked=[outside])
            self._region = region

    def _mark(self, choice: Choice) -> None:
        places = [place for place in (choice.place, choice.second_place) if place]
        points = [projection.to_point(place[1], place[0]) for place in places]
        held = {"x": [point[0] for point in points], "y": [point[1] for point in points]}
        if list(self.chosen.data["x"]) != held["x"] or list(self.chosen.data["y"]) != held["y"]:
            self.chosen.data = held

    def _dress(self, answer: Answer, view: str) -> None:
        """Title, colours and colour bar for what the map shows."""
        choice, fields = answer.choice, self._engine.fields
        variable, worn = MAPS[choice.variable], dress(self._engine, answer, self._fitted)
        change = worn.kind == "change"
        palette = plots.palette(worn.colours, worn.limits, worn.logarithmic)
        self._mapper.update(palette=palette, low=worn.limits[0], high=worn.limits[1])
        self._point(variable, view, choice.depth, worn.unit)
        self.title.object = legend.heading(worn.title, (fields.refusal(variable.name, key) for key in VIEWS))
        self.bar.object = legend.colour_bar(worn.colours, worn.limits, worn.unit, worn.logarithmic, change, variable.name)
        about = f"{self._summed(choice)}{variable.about}"
        self.about.object = f"<p class='quiet keys'>{escape(about)}</p>" if about else ""
        self.fit.param.update(label="Fixed colours" if self._fitted and change else "Fit colours", visible=change)

    def _summed(self, choice: Choice) -> str:
        """What a map of sensitivity adds up to."""
        if choice.variable not in GAINS:
            return ""
        total = self._engine.model.global_stock(self._engine.fields.gains(choice.depth)[GAINS[choice.variable]])
        return f"Over all land: {words.signed(float(total))} Pg C. "

    def _point(self, variable: MapVariable, view: str, depth: str, unit: str) -> None:
        """What the pointer reads."""
        relative = np.zeros(0)
        if view == "uncertainty" and variable.follows_scenarios:
            relative = self._engine.fields.coefficient_of_variation(variable.name, depth)
        if len(relative) or len(self._pointed.data["relative"][0]):
            self._pointed.data.update(relative=[relative.astype(np.float32)])
        formatter = self._hover.formatters["@image"]
        formatter.args = {**formatter.args, "unit": "" if unit == "1" else unit, "kind": KINDS.get(view, "")}
        self._hover.tooltips = [(variable.label, "@image{custom}")]
