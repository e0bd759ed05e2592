"""One map on the page: a figure that is composed once, and whose data are replaced."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
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

from dashboard import legend, plots, projection, theme
from dashboard.dress import Dress
from dashboard.engine import Engine, Part
from dashboard.framing import DEEPEST, Window
from dashboard.language import mark, tr
from proda_core.scenarios import Region

HOVER = """
const [unit, kind, form, plain] = ["unit", "kind", "form", "plain"].map((name) => said.data[name][0])
const cell = pixels.data.cell[0][special_vars.image_index.flat_index]
const short = (number) => `${Number(number.toPrecision(3))}`.replace("-", "\u2212")
const share = extra.data.relative[0][cell]
const sign = kind === "change" && value > 0 ? "+" : ""
const known = {value: sign + short(value), share: short(share ?? 0), spread: short(Math.abs(value) * (share ?? 0) / 100), unit}
const marked = hatched !== null && hatched.data.marked[0][cell]
const filled = (Number.isFinite(share) ? form : plain).replace(/{([a-z]+)}/g, (_, name) => known[name]).trim()
return filled + (marked ? ` · ${unlike}` : "")
"""
TOOLTIP = "<div style='color: {ink}; font: 13px {font}; white-space: nowrap'>{label}: <b>@image{{custom}}</b></div>"
"""What the pointer reads, in colours of its own: the ground of Bokeh's tooltips is light in the dark, too."""

FORMS = {
    "plain": mark("{value} {unit}"),
    "baseline": mark("{value} ± {spread} {unit} ({share} %)"),
    "scenario": mark("{value} {unit} (SD at the baseline: {share} %)"),
    "spread": mark("± {value} {unit} ({share} %)"),
    "spread only": mark("± {value} {unit}"),
}
"""How the pointer reads a value, where its standard deviation is known and where it is not."""

PAN_AGAIN = "if (cb_obj.final) { pan.active = true }"
ON_LAND = "export default (args, tool, {value}) => !Number.isNaN(value)"
DRAW = """
box.active = true
const view = Bokeh.index.find_one ? Bokeh.index.find_one(figure) : null
view?.el?.scrollIntoView({block: "nearest"})
"""

FloatArray = npt.NDArray[np.float64]


class Globe:
    """The globe laid flat, with the values of its cells.

    Args:
        engine: the model.
        on: how it is laid flat.
        visit: called with the latitude and longitude that were clicked.
        take: called with a region that was drawn.
        beside: another globe, laid flat the same way, that zooms and moves with this one.
    """

    def __init__(
        self,
        engine: Engine,
        on: projection.Projection,
        visit: Callable[[float, float], Any],
        take: Callable[[Region], Any],
        beside: Globe | None = None,
    ) -> None:
        self._engine, self._visit, self._take = engine, visit, take
        self.on, self.pixels = on, engine.pixels_on(on.name)
        self.figure = self._composed(beside)
        self._under = under = plots.pixel_source(self.pixels.index)
        self.source = plots.gather(self.figure, under, self.pixels.padded(np.full(self.pixels.cells, np.nan)))
        self._fading = plots.fade(self.figure, under, self.pixels.cells)
        self.hatching = None if engine.ensemble is None else plots.hatch(self.figure, under, engine.ensemble.unlike)
        self.veil = plots.veil(self.figure, under, self.pixels.cells)
        self.pointed = self._pointing(under)
        self.chosen = plots.sources(self.figure, "Scatter")[0]
        self._places: ColumnDataSource | None = None
        self._region: Region | None = None
        self._mapper = plots.mapper()
        plots.renderers(self.figure, "Image")[0].glyph.color_mapper = self._mapper

    @property
    def whole(self) -> tuple[float, float]:
        """Half the width and half the height of all that can be shown."""
        return 1.01 * self.on.x_limits[1], 1.01 * self.on.y_limits[1]

    def lay(self, on: projection.Projection) -> None:
        """Lay it flat in another way; what it shows stays."""
        if on is self.on:
            return
        self.on, self.pixels = on, self._engine.pixels_on(on.name)
        plots.relay(self.figure, projection.outlines(on=on), projection.edge(on=on), projection.graticule(on=on))
        self._under.data = {"cell": [self.pixels.index]}
        place = plots.extent(self.pixels.x, self.pixels.y)
        for source in plots.sources(self.figure, "Image"):
            source.data = {**source.data, **place}
        for axis, whole in zip((self.figure.x_range, self.figure.y_range), self.whole, strict=True):
            axis.update(bounds=(-whole, whole), start=-whole, end=whole)
        self.figure.aspect_ratio = self.whole[0] / self.whole[1]
        self._scatter()

    def _composed(self, beside: Globe | None) -> Any:
        pixels, on = self.pixels, self.on
        empty = np.zeros(pixels.index.shape, dtype=np.float32)
        lines = projection.outlines(on=on), projection.edge(on=on), projection.graticule(on=on)
        shown = plots.filled(plots.rendered(plots.world(pixels.x, pixels.y, empty, *lines)))
        ranges = (beside.figure.x_range, beside.figure.y_range) if beside else tuple(map(_range, self.whole))
        shown.update(
            width=None, height=None, sizing_mode="stretch_width", aspect_ratio=self.whole[0] / self.whole[1],
            min_border=0, toolbar_location=None, x_range=ranges[0], y_range=ranges[1],
            background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None,
        )  # fmt: skip
        wheel, pan, self.box = WheelZoomTool(), PanTool(), BoxSelectTool(renderers=[])
        self._hover = HoverTool(renderers=[plots.renderers(shown, "Image")[0]], filters={"@image": CustomJS(code=ON_LAND)})
        shown.toolbar.update(tools=[wheel, pan, self.box, self._hover], active_scroll=wheel, active_drag=pan, logo=None)
        shown.on_event(SelectionGeometry, self.drawn_box)
        shown.js_on_event(SelectionGeometry, CustomJS(args={"pan": pan}, code=PAN_AGAIN))
        for event in (Tap, Press):  # a click that is held for a quarter of a second is a press
            shown.on_event(event, self._tap)
        return shown

    def _pointing(self, under: ColumnDataSource) -> ColumnDataSource:
        """What the pointer reads beside the value: per cent of the baseline, and whether a place is unlike any training site."""
        extra = ColumnDataSource({"relative": [np.zeros(0, np.float32)]})
        hatched = None if self.hatching is None else self.hatching.data_source
        # what changes with the map is data: other arguments would have Bokeh look through the whole page for models
        self._said = ColumnDataSource({name: [""] for name in ("unit", "kind", "form", "plain")})
        known = {
            "pixels": under,
            "extra": extra,
            "hatched": hatched,
            "said": self._said,
            "unlike": tr("unlike any training site"),
        }
        self._hover.formatters = {"@image": CustomJSHover(args=known, code=HOVER)}
        return extra

    def _tap(self, event: Any) -> None:
        longitude, latitude, globe = projection.to_place(event.x, event.y, self.on)
        if globe[0]:
            self._visit(float(latitude[0]), float(longitude[0]))

    def drawn_box(self, event: Any) -> None:
        """Take a box that was drawn: the latitudes and longitudes that it spans along its middle lines."""
        if not event.final or event.geometry.get("type") != "rect":
            return
        x0, x1, y0, y1 = (event.geometry[name] for name in ("x0", "x1", "y0", "y1"))
        box = projection.to_box(x0, x1, y0, y1, self.on)
        if box is not None:
            self._take(Region(box=box))

    def zoom(self, factor: float) -> None:
        """Show more or less of the world around the middle of what is shown."""
        for axis, whole in zip((self.figure.x_range, self.figure.y_range), self.whole, strict=True):
            half = min(max((axis.end - axis.start) / 2 * factor, whole / DEEPEST), whole)
            middle = min(max((axis.start + axis.end) / 2, half - whole), whole - half)
            axis.update(start=middle - half, end=middle + half)

    @property
    def window(self) -> Window:
        """The part of the globe that is in sight."""
        across, up = self.figure.x_range, self.figure.y_range
        (right, top), width = self.whole, across.end - across.start
        middles = (across.start + across.end) / (2 * right), (up.start + up.end) / (2 * top)
        return Window(round(2 * right / width, 2), *(round(min(max(middle, -1.0), 1.0), 3) for middle in middles))

    def look(self, window: Window) -> None:
        """Show a part of the globe."""
        for axis, (start, end) in zip((self.figure.x_range, self.figure.y_range), window.on(*self.whole), strict=True):
            axis.update(start=start, end=end)

    def put(self, values: FloatArray) -> None:
        """Show other values (cell,): a re-rendered element would cost ten times as much and lose the zoom."""
        self.source.data.update(cells=[self.pixels.padded(values)])

    def colour(self, worn: Dress) -> None:
        """Take other colours."""
        palette = plots.palette(worn.colours, worn.limits, worn.logarithmic)
        self._mapper.update(palette=palette, low=worn.limits[0], high=worn.limits[1])

    def cover(self, region: Region | None, part: Part | None) -> None:
        """Veil what lies outside a region."""
        if region != self._region:
            outside = np.zeros(self.pixels.cells + 1, dtype=np.uint8)
            if part is not None:
                outside[:-1] = ~part.inside
            self.veil.data.update(marked=[outside])
            self._region = region

    def mark(self, *places: tuple[float, float] | None) -> None:
        """Mark places (latitude, longitude)."""
        points = [projection.to_point(place[1], place[0], self.on) for place in places if place]
        held = {"x": [point[0] for point in points], "y": [point[1] for point in points]}
        if list(self.chosen.data["x"]) != held["x"] or list(self.chosen.data["y"]) != held["y"]:
            self.chosen.data = held

    def scatter(self, places: ColumnDataSource, mapper: LinearColorMapper) -> None:
        """Draw points above all else, wherever they are from now on.

        Args:
            places: columns longitude, latitude [degrees] and value.
            mapper: colours of the values.
        """
        self._places, self._scattered = places, ColumnDataSource({"x": [], "y": [], "value": []})
        fill = {"field": "value", "transform": mapper}
        made = self.figure.scatter("x", "y", source=self._scattered, size=9, fill_color=fill, line_color=theme.INK, line_width=1)
        made.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None)
        places.on_change("data", lambda attr, old, new: self._scatter())
        self._scatter()

    def lay_over(self, held: ColumnDataSource, mapper: LinearColorMapper) -> None:
        """Draw other values over the cells, whatever they are from now on.

        Args:
            held: column value (cell,), NaN where the map is to be seen; empty where it is everywhere.
            mapper: colours of the values.
        """
        made = plots.lay_over(self.figure, self._under, mapper)

        def put() -> None:
            values = held.data["value"]
            if len(values):
                made.data_source.data.update(marked=[self.pixels.padded(values)])
            made.visible = len(values) > 0

        held.on_change("data", lambda attr, old, new: put())
        put()

    def _scatter(self) -> None:
        if self._places is None:
            return
        place = [np.asarray(self._places.data[name], dtype=float) for name in ("longitude", "latitude")]
        points = self.on.crs.transform_points(projection.PLATE, *place)
        self._scattered.data = {"x": points[:, 0], "y": points[:, 1], "value": self._places.data["value"]}

    def hatch(self, visible: bool) -> None:
        """Show or hide what is hatched."""
        if self.hatching is not None:
            self.hatching.visible = visible

    def fade(self, faded: npt.NDArray[np.uint8] | None) -> None:
        """Let values fade (cell,) [%], or show them all as they are."""
        if faded is not None:
            self._fading.data_source.data.update(marked=[np.append(faded, np.uint8(0))])
        self._fading.visible = faded is not None

    def point(self, label: str, worn: Dress, relative: FloatArray) -> None:
        """What the pointer reads.

        Args:
            label: what the map is called.
            worn: its unit and kind.
            relative: standard deviation in per cent of the baseline (cell,), or nothing (0,).
        """
        if len(relative) or len(self.pointed.data["relative"][0]):
            self.pointed.data.update(relative=[relative.astype(np.float32)])
        self._tell(unit="" if worn.unit == "1" else worn.unit, kind=worn.kind)
        self._hover.tooltips = TOOLTIP.format(ink=theme.INK, font=theme.FONT, label=legend.lowered(escape(label)))

    def say(self, what: str) -> None:
        """In what form the pointer reads a value, a key of :data:`FORMS`."""
        self._tell(form=tr(FORMS[what]), plain=tr(FORMS["spread only" if what == "spread" else "plain"]))

    def _tell(self, **known: str) -> None:
        said = {**self._said.data, **{name: [text] for name, text in known.items()}}
        if said != self._said.data:
            self._said.data = said


def _range(whole: float) -> Range1d:
    return Range1d(-whole, whole, bounds=(-whole, whole))
