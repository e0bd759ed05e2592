"""Diagrams of the mechanisms: arrays in, HoloViews elements out; no state.  See ``plots`` for how they are rendered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import holoviews as hv
import numpy as np
import numpy.typing as npt

from dashboard.language import tr
from dashboard.theme import ACCENT, GREY, STEEL

FloatArray = npt.NDArray[np.float64]


class Mark(NamedTuple):
    """How a mechanism is drawn: a colour, and for those who do not tell colours apart a shape.

    Attributes:
        colour: seen on light and on dark ground.
        shape: name of the marker in Bokeh.
        sign: the same shape in text.
    """

    colour: str
    shape: str
    sign: str


MARKS: dict[str, Mark] = {
    "cue": Mark("#0072b2", "circle", "●"),
    "carbon_input": Mark("#009e73", "square", "■"),
    "input_allocation": Mark("#b0639b", "triangle", "▲"),
    "baseline_decomposition": Mark("#8c6d31", "diamond", "◆"),
    "environmental_modifier": Mark("#3fa7dc", "inverted_triangle", "▼"),
    "vertical_transport": Mark("#7d8990", "hex", "⬢"),
}
"""By mechanism; blue, green, purple, brown, light blue and grey stay apart for nearly all eyes (after Okabe & Ito)."""

ZONE_COLOURS = ("#009e73", "#c9a227", "#b0639b", "#0072b2", "#56b4e9")
"""Of the main climate zones, in the order of ``efficiency.ZONES``."""

PLAIN: dict[str, Any] = {"toolbar": None, "default_tools": [], "show_legend": False}


def _axes() -> hv.Path:
    """Two lines through zero."""
    far = 1e4
    lines = [np.array([[-far, 0.0], [far, 0.0]]), np.array([[0.0, -far], [0.0, far]])]
    return hv.Path(lines).opts(color=GREY, line_width=1, line_dash="dotted", apply_ranges=False)


def _points(mechanisms: Sequence[str], kind: list[str], size: float) -> hv.Points:
    """A point for each mechanism, in its colour and shape."""
    marks = [MARKS[name] for name in mechanisms]
    nothing = np.zeros(len(marks))
    table = (nothing, nothing, [mark.colour for mark in marks], [mark.shape for mark in marks])
    return hv.Points(table, kind, ["colour", "shape"]).opts(
        color="colour", marker=hv.dim("shape"), size=size, line_color="white", line_width=1
    )


def responses(mechanisms: Sequence[str]) -> hv.Overlay:
    """Change of the stock against change of each mechanism: axes, bands, lines, the ends of the lines, and the sliders' marks.

    Few elements, as each takes long to compose; drawn empty, the data of the sources are set by who knows them.
    """
    kind, ends = ["change", "stock"], np.array([[0.0, 0.0], [1.0, 0.0]])
    held = [{"change": ends[:, 0], "stock": ends[:, 1], "colour": MARKS[name].colour} for name in mechanisms]
    bands = hv.Polygons(held, kind, "colour").opts(color="colour", fill_alpha=0.2, line_alpha=0)
    lines = hv.Contours(held, kind, "colour").opts(color="colour", line_width=2.2)
    here = hv.Points(ends, kind).opts(color=ACCENT, line_color="white", line_width=1.5, size=14)
    tips = _points([*mechanisms, *mechanisms], kind, 9)
    return (_axes() * bands * lines * tips * here).opts(
        xlabel=tr("Change that the mechanism made [%]"), ylabel=tr("Change of the world's stock [%]"), **PLAIN
    )


def importance(mechanisms: Sequence[str]) -> hv.Overlay:
    """What is lost when a mechanism is the same everywhere: of the stock across, of the explained variation up.

    Drawn empty: axes, intervals (first all across, then all up), and a point for each mechanism.
    """
    kind = ["stock", "explained"]
    bars = hv.Segments(([0.0], [0.0], [0.0], [0.0]), [*kind, "stock2", "explained2"]).opts(color=GREY, line_width=1.5)
    return (_axes() * bars * _points(mechanisms, kind, 14)).opts(
        xlabel=tr("Stock, mechanism uniform: change [%]"), ylabel=tr("Explained variation lost [points]"), **PLAIN
    )


def shares(names: Sequence[str], first: FloatArray, total: FloatArray, first_ci: FloatArray, total_ci: FloatArray) -> hv.Overlay:
    """Sobol indices as bars from zero: total and, within it, what an input makes alone; lines are 95 % intervals.

    Args:
        names: of the inputs, top to bottom.
        first: share that each makes alone [1] (input,).
        total: share with all interactions [1] (input,).
        first_ci: half the interval of ``first`` [1] (input,).
        total_ci: half the interval of ``total`` [1] (input,).
    """
    row = len(names) - 1.0 - np.arange(len(names))
    nothing, both = np.zeros(2 * len(names)), np.concatenate([total, first])
    bottom, middle = np.concatenate([row + 0.02, row - 0.38]), np.concatenate([row + 0.2, row - 0.2])
    light = np.repeat([0.4, 1.0], len(names))
    half = np.concatenate([total_ci, first_ci])
    bars = hv.Rectangles((nothing, bottom, both, bottom + 0.36, light), vdims="light").opts(
        color=STEEL, fill_alpha=hv.dim("light"), line_alpha=0
    )
    layers = [bars, hv.Segments((both - half, middle, both + half, middle)).opts(color=GREY, line_width=1.5)]
    most = float(np.nanmax(np.append(total + total_ci, first + first_ci), initial=0.1))
    return hv.Overlay(layers).opts(
        xlabel=tr("Share of the variance"), ylabel="", xlim=(min(0.0, float(np.nanmin(first - first_ci))), 1.05 * most),
        ylim=(-0.6, len(names) - 0.4), yticks=[(float(y), name) for y, name in zip(row, names, strict=True)], **PLAIN,
    )  # fmt: skip


class Line(NamedTuple):
    """A published relation.

    Attributes:
        x: where it is drawn (point,).
        y: its values (point,).
        name: what stands beside it.
        at: where its name begins.
    """

    x: FloatArray
    y: FloatArray
    name: str
    at: tuple[float, float]


def efficiency(
    x: FloatArray,
    cue: FloatArray,
    zone: npt.NDArray[np.int64],
    course: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    label: str,
    published: Sequence[Line] = (),
    limits: tuple[float, float] = (0.3, 0.44),
    logarithmic: bool = False,
) -> hv.Overlay:
    """Carbon use efficiency of land cells against another quantity, in the colours of their climate zones.

    Args:
        x: the quantity (dot,).
        cue: [1] (dot,).
        zone: position in :data:`ZONE_COLOURS` (dot,).
        course: middles of bins, and CUE that 16, 50 and 84 % of the land lie below (bin,).
        label: of the axis of the quantity.
        published: lines for comparison.
        limits: of the axis of CUE.
        logarithmic: whether the axis of the quantity is.
    """
    kind = ["x", "cue"]
    middle, low, median, high = course
    dots = hv.Points((x, cue, [ZONE_COLOURS[i] for i in zone]), kind, "colour").opts(
        color="colour", size=4, alpha=0.45, line_alpha=0
    )
    layers: list[hv.Element] = [dots]
    if published:
        layers.append(
            hv.Path([np.column_stack([line.x, line.y]) for line in published], kind).opts(
                color=GREY, line_width=2, line_dash="dashed"
            )
        )
    edges = [np.column_stack([middle, edge]) for edge in (low, high)]
    layers.append(hv.Path(edges, kind).opts(color=ACCENT, line_width=1.2, line_dash="dotted"))
    layers.append(hv.Curve((middle, median), *kind).opts(color=ACCENT, line_width=3))
    if published:
        names = [(*line.at, line.name) for line in published]
        layers.append(
            hv.Labels(names, kind, "text").opts(
                text_color=STEEL, text_font_size="12px", text_align="left", text_baseline="bottom"
            )
        )
    ticks = {"xticks": [(10.0**power, f"{10.0**power:g}") for power in range(-2, 4)]} if logarithmic else {}
    return hv.Overlay(layers).opts(xlabel=label, ylabel="CUE", ylim=limits, logx=logarithmic, **ticks, **PLAIN)
