"""Arrays in, HoloViews elements out; no state.

A figure is composed here once and rendered to Bokeh; afterwards only the data of its sources are replaced (``sources``), which
is what makes a slider move cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cmcrameri.cm
import holoviews as hv
import numpy as np
import numpy.typing as npt
from bokeh.core.property.vectorization import Expr
from bokeh.models import ColumnDataSource, CustomJSExpr, GlyphRenderer, LinearColorMapper, Patch
from bokeh.plotting import figure

from dashboard.language import tr
from dashboard.theme import ACCENT, FONT, GREY, GRID, INK, NO_DATA, OCEAN, RIVAL, STEEL

FloatArray = npt.NDArray[np.float64]

hv.extension("bokeh", logo=False)


def colours(name: str, steps: int = 256) -> list[str]:
    """A colour map of ``cmcrameri`` as hexadecimal colours.

    >>> colours("vik", 3)
    ['#001261', '#ece5e0', '#590008']
    """
    table = getattr(cmcrameri.cm, name)(np.linspace(0, 1, steps))
    return ["#{:02x}{:02x}{:02x}".format(*(round(255 * part) for part in row[:3])) for row in table]


LOGARITHMIC_STEPS = 1024
"""Colours of a logarithmic scale: on a linear mapper, enough that the low end is still smooth."""


def palette(name: str, limits: tuple[float, float], logarithmic: bool = False) -> list[str]:
    """Colours from the lower to the upper limit in equal steps of the value.

    A logarithmic scale is a palette, not another kind of mapper: the browser takes new colours for a mapper that it has, but
    not a new mapper.
    """
    if not logarithmic:
        return colours(name)
    table = colours(name, LOGARITHMIC_STEPS)
    low, high = limits
    value = low + (high - low) * (np.arange(LOGARITHMIC_STEPS) + 0.5) / LOGARITHMIC_STEPS
    share = np.log(value / low) / np.log(high / low)
    return [table[int(step)] for step in np.clip(share * LOGARITHMIC_STEPS, 0, LOGARITHMIC_STEPS - 1)]


def mapper() -> LinearColorMapper:
    """A colour scale whose ends are open: values beyond them take the end's colour; no data is transparent."""
    return LinearColorMapper(palette=colours("batlow"), low=0.0, high=1.0, nan_color="rgba(0,0,0,0)")


def world(
    x: FloatArray,
    y: FloatArray,
    frame: npt.NDArray[np.float32],
    land: Sequence[FloatArray],
    edge: FloatArray,
    graticule: Sequence[FloatArray],
) -> hv.Overlay:
    """The map: ocean, land without data, the frame, graticule, coastlines, the globe's edge, and a mark for the chosen place."""
    plain: dict[str, Any] = {"tools": [], "default_tools": [], "toolbar": None}
    ocean = hv.Polygons([edge]).opts(color=OCEAN, line_alpha=0)
    lines = hv.Curve(joined(graticule), "x", "y").opts(color=GRID, line_width=0.5, alpha=0.35)
    missing = hv.Polygons([joined(land)]).opts(color=NO_DATA, line_alpha=0)
    image = hv.Image((x, y, frame), ["x", "y"], "value").opts(colorbar=False, clipping_colors={"NaN": "transparent"})
    coast = hv.Curve(joined(land), "x", "y").opts(color=INK, line_width=0.6, alpha=0.75)
    rim = hv.Curve(edge, "x", "y").opts(color=GREY, line_width=1)
    chosen = hv.Points([], ["x", "y"]).opts(marker="circle", size=13, color=ACCENT, fill_alpha=0.25, line_color=INK, line_width=2)
    overlay = ocean * lines * missing * image * coast * rim * chosen
    return overlay.opts(
        hv.opts.Overlay(xaxis=None, yaxis=None, show_frame=False, show_legend=False, **plain),
    )


def relay(shown: figure, land: Sequence[FloatArray], edge: FloatArray, graticule: Sequence[FloatArray]) -> None:
    """Give the figure of a :func:`world` that is :func:`filled` the lines of another projection."""
    for renderer, line in zip(renderers(shown, "Line"), (joined(graticule), joined(land), edge), strict=True):
        renderer.data_source.data = _columns(line)


def _columns(line: FloatArray) -> dict[str, npt.NDArray[np.float32]]:
    """A line as it is sent: to the metre."""
    return dict(zip("xy", line.T.astype(np.float32), strict=True))


def extent(x: FloatArray, y: FloatArray) -> dict[str, list[float]]:
    """Where an image lies, as Bokeh has it: its lower left corner and its size, of its pixels' centres (column,) and (row,)."""
    width, height = (float((axis[-1] - axis[0]) * len(axis) / (len(axis) - 1)) for axis in (x, y))
    return {"x": [float(x[0] + x[-1] - width) / 2], "y": [float(y[0] + y[-1] - height) / 2], "dw": [width], "dh": [height]}


def joined(lines: Sequence[FloatArray]) -> FloatArray:
    """Several lines as one with gaps: one array is drawn and sent a hundred times faster than hundreds of them.

    >>> joined([np.zeros((2, 2)), np.ones((1, 2))]).tolist()
    [[0.0, 0.0], [0.0, 0.0], [nan, nan], [1.0, 1.0]]
    """
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for line in lines for part in (line, gap)])[:-1]


def curve(values: FloatArray, totals: FloatArray, xlabel: str, ylabel: str) -> hv.Overlay:
    """Global stock against one change, with marks for the baseline, for scenario A and for where the sliders stand."""
    line = hv.Curve((values, totals), "change", "stock").opts(color=STEEL, line_width=2.5)
    start = hv.Points([(0.0, float("nan"))], ["change", "stock"]).opts(color="white", line_color=STEEL, line_width=2, size=10)
    rival = hv.Points([(0.0, float("nan"))], ["change", "stock"]).opts(
        color=RIVAL, line_color="white", line_width=1.5, size=15, marker="diamond"
    )
    now = hv.Points([(0.0, float("nan"))], ["change", "stock"]).opts(color=ACCENT, line_color="white", line_width=1.5, size=14)
    return (line * start * rival * now).opts(xlabel=xlabel, ylabel=ylabel, toolbar=None, default_tools=[], show_legend=False)


def way(ylabel: str) -> hv.Overlay:
    """Change against time on a logarithmic axis: the baseline, the new balance and its name, the course, and marks on it."""
    kind, ends = ["years", "change"], ([1.0, 1e4], [0.0, 1.0])
    before = hv.Curve(ends, *kind).opts(color=GREY, line_width=1)
    balance = hv.Curve(ends, *kind).opts(color=ACCENT, line_width=1.5, line_dash="dashed")
    course = hv.Curve(ends, *kind).opts(color=ACCENT, line_width=3)
    marks = hv.Points(ends, kind).opts(color=ACCENT, line_color="white", line_width=1.5, size=11)
    name = hv.Labels(([1.0], [0.0], [""]), kind, "text").opts(
        text_color=ACCENT, text_font_size="13px", text_font_style="bold", text_align="left"
    )
    ticks = [(10.0**power, f"{10**power:,}") for power in range(5)]
    return (before * balance * course * marks * name).opts(
        xlabel=tr("Years after the change"), ylabel=ylabel, logx=True, xlim=(0.95, 1.1e4), xticks=ticks, toolbar=None,
        default_tools=[], show_legend=False,
    )  # fmt: skip


def profile(depth: FloatArray, baseline: FloatArray, scenario: FloatArray, deepest: float) -> hv.Overlay:
    """Soil organic carbon with depth, baseline and scenario; and lines for those of a second place."""
    kind = ["carbon", "depth"]
    looks = [(STEEL, 2.0, "dashed"), (STEEL, 2.5, "solid"), (GREY, 2.5, "dashed"), (ACCENT, 3.0, "solid")]
    lines = [
        hv.Path([np.column_stack([carbon, depth])], kind).opts(color=colour, line_width=width, line_dash=dash)
        for carbon, (colour, width, dash) in zip((baseline, scenario, baseline, scenario), looks, strict=True)
    ]
    return hv.Overlay(lines).opts(
        xlabel=tr("Soil organic carbon [kg C m⁻³]"), ylabel=tr("Depth [m]"), ylim=(0, deepest), invert_yaxis=True, toolbar=None,
        default_tools=[], show_legend=False,
    )  # fmt: skip


WORST = -0.5
"""Efficiency below which a method is drawn at the edge of the diagram."""


def skill(names: Sequence[str], series: Sequence[tuple[str, FloatArray, FloatArray, FloatArray]]) -> hv.Overlay:
    """Efficiency of methods, each judged in several ways; what lies below the edge is a triangle at the edge.

    Args:
        names: the methods, top to bottom.
        series: for each way of judging a colour, efficiencies, and the ends of their intervals (method,); NaN where unknown.
    """
    offset = np.linspace(0.22, -0.22, len(series)) if len(series) > 1 else [0.0]
    rows = len(names) - 1 - np.arange(len(names))
    layers: list[hv.Element] = [
        hv.Curve(([0.0, 0.0], [-0.5, len(names) - 0.5])).opts(color=GREY, line_width=1, line_dash="dotted")
    ]
    for (colour, value, low, high), shift in zip(series, offset, strict=True):
        y, inside = rows + shift, value >= WORST
        known = inside & np.isfinite(low) & np.isfinite(high)
        ends = (np.maximum(low[known], WORST), y[known], high[known], y[known])
        layers += [
            hv.Segments(ends).opts(color=colour, line_width=2.5),
            hv.Points((value[inside], y[inside])).opts(color=colour, size=10, line_color="white"),
            hv.Points((np.full((value < WORST).sum(), WORST + 0.03), y[value < WORST])).opts(
                color=colour, size=10, marker="triangle", angle=90
            ),
        ]
    best = max([0.3, *(float(np.nanmax(high, initial=0.0)) for _, _, _, high in series)])
    worst = min([0.0, *(float(np.nanmin(np.append(value, low), initial=0.0)) for _, value, low, _ in series)])
    return hv.Overlay(layers).opts(
        xlabel=tr("Efficiency (NSE)"), ylabel="", toolbar=None, default_tools=[],
        xlim=(max(WORST, worst - 0.05), min(1.0, best + 0.1)), ylim=(-0.5, len(names) - 0.5), show_legend=False,
        yticks=[(float(row), name) for row, name in zip(rows, names, strict=True)],
    )  # fmt: skip


def density(edges: FloatArray, counts: npt.NDArray[np.integer]) -> hv.Overlay:
    """Observed against modelled, counted in bins of their logarithm; on the line both are equal.

    Args:
        edges: of the bins, log10 (bin + 1,).
        counts: (observed bin, modelled bin).
    """
    observed, modelled = np.nonzero(counts)
    number = counts[observed, modelled].astype(float)
    over = 0.15 * float(np.diff(edges).mean())  # neighbours overlap a little, else the ground shows between them
    boxes = (edges[modelled], edges[observed], edges[modelled + 1] + over, edges[observed + 1] + over, np.log10(number))
    cells = hv.Rectangles(boxes, vdims="count").opts(
        color="count", cmap=colours("devon_r")[40:], line_alpha=0, clim=(0.0, max(float(np.log10(number.max(initial=1))), 1.0))
    )
    ends = [edges[0], edges[-1]]
    same = hv.Curve((ends, ends)).opts(color=ACCENT, line_width=1.5)
    ticks = [(float(power), f"{10.0**power:g}") for power in range(int(np.ceil(ends[0])), int(np.floor(ends[1])) + 1)]
    return (cells * same).opts(
        xlabel=tr("Modelled carbon [kg C m⁻³]"), ylabel=tr("Observed [kg C m⁻³]"), xticks=ticks, yticks=ticks, toolbar=None,
        default_tools=[], xlim=tuple(ends), ylim=tuple(ends), show_legend=False,
    )  # fmt: skip


def where(
    x: FloatArray, y: FloatArray, frame: npt.NDArray[np.float32], edge: FloatArray, limits: tuple[float, float], name: str
) -> hv.Overlay:
    """A small world: ocean, land without profiles, and the number of profiles, whose colours follow the logarithm.

    Args:
        x: pixel centres [m] (column,).
        y: pixel centres [m] (row,).
        frame: number of profiles, 0 on land without any, NaN off land (row south to north, column).
        edge: of the globe [m] (point, 2).
        limits: ends of the colour scale.
        name: of the colour map in ``cmcrameri``.
    """
    ocean = hv.Polygons([edge]).opts(color=OCEAN, line_alpha=0)
    land = hv.Image((x, y, np.where(frame == 0, np.float32(1), np.float32(np.nan))), ["x", "y"], "land")
    number = hv.Image((x, y, np.where(frame > 0, frame, np.float32(np.nan))), ["x", "y"], "number")
    clear = {"NaN": "transparent"}
    return (
        ocean
        * land.opts(cmap=[NO_DATA], clipping_colors=clear, colorbar=False)
        * number.opts(cmap=colours(name), cnorm="log", clim=limits, clipping_colors=clear, colorbar=False)
        * hv.Curve(edge, "x", "y").opts(color=GREY, line_width=1)
    ).opts(hv.opts.Overlay(xaxis=None, yaxis=None, show_frame=False, show_legend=False, toolbar=None))


def rendered(element: hv.Overlay) -> figure:
    """The Bokeh figure of an element, composed once."""
    shown: figure = hv.render(element, backend="bokeh")
    # nothing is selected or muted here: looks of their own for that would be drawn beside the first, image and all, in vain
    for renderer in shown.renderers:
        renderer.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None)
    # images gain nothing from WebGL, and copying its picture back costs a third of a second a move without a graphics card
    shown.output_backend = "canvas"
    return shown


def filled(shown: figure) -> figure:
    """The figure of a :func:`world`, its ocean and its land each filled as one shape, of the line that is drawn around it.

    Sent are four short arrays, not two an island.
    """
    *_, coast, rim = lines = renderers(shown, "Line")
    for renderer in lines:
        held = renderer.data_source.data
        renderer.data_source.data = _columns(np.column_stack([held["x"], held["y"]]))
    for shape, line in zip(renderers(shown, "MultiPolygons"), (rim, coast), strict=True):
        colour = shape.glyph.fill_color
        shape.data_source = line.data_source
        shape.glyph = Patch(x="x", y="y", fill_color=colour, line_alpha=0)
    return shown


GATHER = """
const [cells] = this.data.cells, [cell] = pixels.data.cell
const frame = new cells.constructor(cell.length, cell.shape)
for (let i = 0; i < cell.length; i++) { frame[i] = cells[cell[i]] }
this.data.image = [frame]  // where a hover tool looks
return [frame]
"""


def gather(shown: figure, pixels: ColumnDataSource, cells: npt.NDArray[np.float32]) -> ColumnDataSource:
    """Let the browser make the figure's image: ``cells[pixels]``, whenever it gets other cells.

    A browser that knows which cell lies under each pixel needs the values of the cells only, an eighth of an image.

    Args:
        shown: a figure with an image.
        pixels: position in ``cells`` of each pixel, as :func:`pixel_source` makes it.
        cells: values to begin with (cell,).

    Returns:
        the source whose column "cells" holds the values, as its only row.
    """
    (renderer,) = renderers(shown, "Image")
    source = renderer.data_source
    source.data = {**{name: source.data[name] for name in ("x", "y", "dw", "dh")}, "cells": [cells]}
    renderer.glyph.image = Expr(CustomJSExpr(args={"pixels": pixels}, code=GATHER))
    return source


def pixel_source(pixels: npt.NDArray[np.integer]) -> ColumnDataSource:
    """Which cell lies under each pixel (row, column), sent once; the smaller its type, the less is sent."""
    return ColumnDataSource({"cell": [pixels]})


HATCH = """
const [marked] = this.data.marked, [cell] = pixels.data.cell
const [rows, columns] = cell.shape
const frame = new cell.constructor(cell.length, cell.shape)
for (let i = 0; i < cell.length; i++) {  // a dark line beside a light one is seen on every colour
  frame[i] = marked[cell[i]] ? [1, 2, 0, 0, 0, 0, 0][(i % columns + Math.floor(i / columns)) % 7] : 0
}
return [frame]
"""


def hatch(shown: figure, pixels: ColumnDataSource, marked: npt.NDArray[np.bool_]) -> GlyphRenderer:
    """Hatch some cells, above the figure's image and below its lines; sent once, whatever the image shows.

    Args:
        shown: a figure that was given to :func:`gather`.
        pixels: the same as there.
        marked: whether a cell is hatched (cell,).

    Returns:
        the renderer, to show and to hide it.
    """
    lines = LinearColorMapper(palette=["#ffffff00", f"{INK}c0", f"{OCEAN}b0"], low=0, high=2)
    return _over(shown, pixels, marked, HATCH, lines)


def _over(
    shown: figure, pixels: ColumnDataSource, marked: npt.NDArray[np.bool_], code: str, mapper: LinearColorMapper
) -> GlyphRenderer:
    """An image of marked cells that the browser makes, above the images that are there."""
    below = renderers(shown, "Image")[0]
    top = renderers(shown, "Image")[-1]
    place = {name: below.data_source.data[name] for name in ("x", "y", "dw", "dh")}
    source = ColumnDataSource({**place, "marked": [np.append(marked, False).astype(np.uint8)]})
    image = Expr(CustomJSExpr(args={"pixels": pixels}, code=code))
    made: GlyphRenderer = shown.image(image="x", source=source, color_mapper=mapper, level=below.level)
    made.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None)
    made.glyph.update(image=image, **{name: below.glyph.properties_with_values()[name] for name in ("x", "y", "dw", "dh")})
    order = [renderer for renderer in shown.renderers if renderer is not made]
    order.insert(order.index(top) + 1, made)
    shown.renderers = order
    return made


VEIL = """
const [marked] = this.data.marked, [cell] = pixels.data.cell
const frame = new cell.constructor(cell.length, cell.shape)
for (let i = 0; i < cell.length; i++) { frame[i] = marked[cell[i]] }
return [frame]
"""


def veil(shown: figure, pixels: ColumnDataSource, cells: int) -> ColumnDataSource:
    """A veil over some cells, above the image and its hatching and below the lines; over none to begin with.

    Args:
        shown: a figure that was given to :func:`gather`.
        pixels: the same as there.
        cells: number of cells.

    Returns:
        the source whose column "marked" says which cells are veiled, as its only row (cell + 1,), 0 or 1.
    """
    colours_ = LinearColorMapper(palette=[f"{OCEAN}00", f"{OCEAN}c8"], low=0, high=1)
    return _over(shown, pixels, np.zeros(cells, dtype=np.bool_), VEIL, colours_).data_source


PALEST = 0.88
"""Opacity of the veil over a value that is all but faded away: its colour can still be told."""


def fade(shown: figure, pixels: ColumnDataSource, cells: int) -> GlyphRenderer:
    """A veil that is the thicker the less is known, above the image and below what is added later; hidden to begin with.

    Args:
        shown: a figure that was given to :func:`gather`.
        pixels: the same as there.
        cells: number of cells.

    Returns:
        the renderer; the column "marked" of its source says how far each cell is faded, as its only row (cell + 1,) [%].
    """
    steps = [f"{OCEAN}{round(255 * PALEST * step / 100):02x}" for step in range(101)]
    made = _over(shown, pixels, np.zeros(cells, dtype=np.bool_), VEIL, LinearColorMapper(palette=steps, low=0, high=100))
    made.visible = False
    return made


OVER = VEIL.replace("new cell.constructor", "new marked.constructor")


def lay_over(shown: figure, pixels: ColumnDataSource, mapper: LinearColorMapper) -> GlyphRenderer:
    """Other values over some cells, above all that is filled and below the lines; hidden to begin with.

    Args:
        shown: a figure that was given to :func:`gather`.
        pixels: the same as there.
        mapper: colours of the values; what is no number stays as it is below.

    Returns:
        the renderer; the column "marked" of its source holds the values, as its only row (cell + 1,).
    """
    made = _over(shown, pixels, np.zeros(0, dtype=np.bool_), OVER, mapper)
    made.visible = False
    return made


def renderers(shown: figure, glyph: str) -> list[GlyphRenderer]:
    """The renderers of a figure whose glyph is of a kind, in drawing order."""
    return [r for r in shown.renderers if isinstance(r, GlyphRenderer) and type(r.glyph).__name__ == glyph]


def sources(shown: figure, glyph: str) -> list[ColumnDataSource]:
    """Their data."""
    return [r.data_source for r in renderers(shown, glyph)]


def style(shown: figure, **axis: Any) -> figure:
    """The look of a small diagram: quiet grid, no box, legible letters."""
    shown.update(background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None, min_border=8)
    for grid in shown.grid:
        grid.update(grid_line_color=GRID, grid_line_alpha=0.35)
    look = dict(
        axis_line_color=GRID, major_tick_line_color=GRID, minor_tick_line_color=None, axis_label_text_font_style="normal",
        axis_label_text_font=FONT, major_label_text_font=FONT,
        axis_label_text_font_size="13px", major_label_text_font_size="12px",
        axis_label_standoff=6, **axis,
    )  # fmt: skip
    for line in shown.axis:
        line.update(**look)
    return shown
