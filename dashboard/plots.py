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
from bokeh.models import ColumnDataSource, CustomJSExpr, GlyphRenderer, LinearColorMapper
from bokeh.plotting import figure

from dashboard.theme import ACCENT, FONT, GREY, GRID, INK, NO_DATA, OCEAN, STEEL

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


def joined(lines: Sequence[FloatArray]) -> FloatArray:
    """Several lines as one with gaps: one array is drawn and sent a hundred times faster than hundreds of them.

    >>> joined([np.zeros((2, 2)), np.ones((1, 2))]).tolist()
    [[0.0, 0.0], [0.0, 0.0], [nan, nan], [1.0, 1.0]]
    """
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for line in lines for part in (line, gap)])[:-1]


def curve(values: FloatArray, totals: FloatArray, xlabel: str, ylabel: str) -> hv.Overlay:
    """Global stock against one change, with marks for the baseline and for where the sliders stand."""
    line = hv.Curve((values, totals), "change", "stock").opts(color=STEEL, line_width=2.5)
    start = hv.Points([(0.0, float("nan"))], ["change", "stock"]).opts(color="white", line_color=STEEL, line_width=2, size=10)
    now = hv.Points([(0.0, float("nan"))], ["change", "stock"]).opts(color=ACCENT, line_color="white", line_width=1.5, size=14)
    return (line * start * now).opts(xlabel=xlabel, ylabel=ylabel, toolbar=None, default_tools=[], show_legend=False)


def profile(depth: FloatArray, baseline: FloatArray, scenario: FloatArray, deepest: float) -> hv.Overlay:
    """Soil organic carbon with depth, baseline and scenario."""
    kind = ["carbon", "depth"]
    before = hv.Path([np.column_stack([baseline, depth])], kind).opts(color=GREY, line_width=2.5, line_dash="dashed")
    after = hv.Path([np.column_stack([scenario, depth])], kind).opts(color=ACCENT, line_width=3)
    return (before * after).opts(
        xlabel="Soil organic carbon [kg C m⁻³]", ylabel="Depth [m]", ylim=(0, deepest), invert_yaxis=True, toolbar=None,
        default_tools=[], show_legend=False,
    )  # fmt: skip


def rendered(element: hv.Overlay) -> figure:
    """The Bokeh figure of an element, composed once."""
    shown: figure = hv.render(element, backend="bokeh")
    # nothing is selected or muted here: looks of their own for that would be drawn beside the first, image and all, in vain
    for renderer in shown.renderers:
        renderer.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None)
    # images gain nothing from WebGL, and copying its picture back costs a third of a second a move without a graphics card
    shown.output_backend = "canvas"
    return shown


GATHER = """
const [cells] = this.data.cells, [cell] = pixels.data.cell
const frame = new cells.constructor(cell.length, cell.shape)
for (let i = 0; i < cell.length; i++) { frame[i] = cells[cell[i]] }
this.data.image = [frame]  // where a hover tool looks
return [frame]
"""


def gather(shown: figure, pixels: npt.NDArray[np.integer], cells: npt.NDArray[np.float32]) -> ColumnDataSource:
    """Let the browser make the figure's image: ``cells[pixels]``, whenever it gets other cells.

    A browser that knows which cell lies under each pixel needs the values of the cells only, an eighth of an image.

    Args:
        shown: a figure with an image.
        pixels: position in ``cells`` (row, column); the smaller its type, the less is sent.
        cells: values to begin with (cell,).

    Returns:
        the source whose column "cells" holds the values, as its only row.
    """
    (renderer,) = renderers(shown, "Image")
    source = renderer.data_source
    source.data = {**{name: source.data[name] for name in ("x", "y", "dw", "dh")}, "cells": [cells]}
    renderer.glyph.image = Expr(CustomJSExpr(args={"pixels": ColumnDataSource({"cell": [pixels]})}, code=GATHER))
    return source


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
