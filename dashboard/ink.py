"""A traced figure drawn again with Matplotlib, mark for mark; lengths are those of the page, a pixel being 1/96 inch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Colormap, ListedColormap, LogNorm, Normalize, to_rgba
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dashboard.traced import Layer, Scale

POINT = 0.75
"""Points of a pixel."""

DASHES: dict[str, list[int]] = {"solid": [], "dashed": [6], "dotted": [2, 4]}
"""Bokeh's names of line patterns [px]."""

MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "inverted_triangle": "v", "hex": "h"}
"""Bokeh's markers by name, and Matplotlib's."""

SMALLER = {"diamond": 0.72, "square": 0.9}
"""How much smaller Matplotlib's are made, which of a size would be larger."""

ALIGNED = {"top": "top", "middle": "center", "bottom": "bottom", "alphabetic": "baseline"}
"""Bokeh's baselines of text, and Matplotlib's."""

LIFT = {"bottom": 2.0, "top": -2.0}
"""How far a text stands off what it stands on or hangs from [points]."""


class UnknownGlyphError(NotImplementedError):
    """A figure holds what cannot be printed yet."""


def draw(axes: Axes, layer: Layer, order: int) -> None:
    """Draw a layer above all that were drawn before it.

    Args:
        axes: whose limits are set.
        layer: what to draw.
        order: of the layer.

    Raises:
        UnknownGlyphError: for a glyph that no figure of the page had so far.
    """
    known = PENS.get(layer.glyph)
    if known is None:
        raise UnknownGlyphError(f"expected one of {', '.join(PENS)}, got {layer.glyph}; add how it is drawn to ink.PENS")
    known(axes, layer, 2 + 0.01 * order)


def dashes(pattern: Any, width: float) -> tuple[int, list[float]] | str:
    """A line pattern of Bokeh, its name or its lengths [px], as Matplotlib has it: in widths of the line [px].

    >>> dashes("dashed", 2.0), dashes([], 2.0), dashes([6, 3], 1.5)
    ((0, [3.0, 3.0]), 'solid', (0, [4.0, 2.0]))
    """
    lengths = DASHES[pattern] if isinstance(pattern, str) else list(pattern)
    if not lengths:
        return "solid"
    whole = lengths if len(lengths) % 2 == 0 else lengths * 2
    return 0, [length / width for length in whole]


def each(value: Any, count: int) -> list[Any]:
    """A property for each of so many things: a list has one for each, anything else is the same for all."""
    return list(value) if isinstance(value, list) and len(value) == count else [value] * count


def norm(scale: Scale) -> tuple[Colormap, Normalize]:
    """A scale of colours as Matplotlib has it; what has no value has no colour."""
    colours = ListedColormap(list(scale.colours)).with_extremes(bad=(0, 0, 0, 0))
    return colours, (LogNorm if scale.logarithmic else Normalize)(*scale.limits)


def _stroke(look: dict[str, Any]) -> dict[str, Any]:
    width = look["line_width"]
    return {"lw": POINT * width, "ls": dashes(look["line_dash"], width), "alpha": look["line_alpha"]}


def _line(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    axes.plot(
        look["x"], look["y"], color=look["line_color"], zorder=order, dash_capstyle="butt", solid_joinstyle="round",
        **_stroke(look),
    )  # fmt: skip


def _lines(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    colours = each(look["line_color"], len(look["xs"]))
    for x, y, colour in zip(look["xs"], look["ys"], colours, strict=True):
        axes.plot(x, y, color=colour, zorder=order, dash_capstyle="butt", solid_joinstyle="round", **_stroke(look))


def _segments(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    ends = np.column_stack([look[name] for name in ("x0", "y0", "x1", "y1")]).astype(float).reshape(-1, 2, 2)
    axes.add_collection(LineCollection(list(ends), colors=look["line_color"], zorder=order, **_stroke(look)), autolim=False)


def _patch(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    if len(look["x"]):
        axes.fill(look["x"], look["y"], fc=look["fill_color"], alpha=look["fill_alpha"], lw=0, zorder=order)


def _polygons(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    colours = each(look["fill_color"], len(look["xs"]))
    for xs, ys, colour in zip(look["xs"], look["ys"], colours, strict=True):
        rings = [
            Path(np.column_stack([x, y]), closed=False)
            for across, up in zip(xs, ys, strict=True)
            for x, y in zip(across, up, strict=True)
        ]
        outline = Path.make_compound_path(*rings)
        axes.add_patch(PathPatch(outline, fc=colour, alpha=look["fill_alpha"], lw=0, zorder=order))


def _boxes(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    count = max(len(value) for value in look.values() if isinstance(value, list))
    corners = [
        [(left, bottom), (right, bottom), (right, top), (left, top)]
        for left, right, bottom, top in zip(*(each(side, count) for side in _sides(look, count)), strict=True)
    ]
    colours, alpha = each(look["fill_color"], count), each(look["fill_alpha"], count)
    shapes = PolyCollection(corners, zorder=order, lw=0)
    shapes.set_facecolor([to_rgba(*one) for one in zip(colours, alpha, strict=True)])
    axes.add_collection(shapes, autolim=False)


def _sides(look: dict[str, Any], count: int) -> tuple[Any, Any, Any, Any]:
    """Left, right, bottom and top of boxes, or of bars that lie around their middle."""
    if "height" not in look:
        return look["left"], look["right"], look["bottom"], look["top"]
    y, half = np.array(each(look["y"], count), dtype=float), look["height"] / 2
    return look["left"], look["right"], list(y - half), list(y + half)


def _scatter(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    count = len(look["x"])
    markers, fills, edges = (each(look[name], count) for name in ("marker", "fill_color", "line_color"))
    x, y = (np.array(look[name], dtype=float) for name in ("x", "y"))
    for marker in dict.fromkeys(markers):
        some = [i for i, one in enumerate(markers) if one == marker]
        axes.scatter(
            x[some], y[some], s=(POINT * look["size"] * SMALLER.get(marker, 1.0)) ** 2, marker=turned(marker, look["angle"]),
            facecolors=[to_rgba(fills[i], look["fill_alpha"]) for i in some],
            edgecolors=[to_rgba(edges[i], look["line_alpha"]) for i in some],
            lw=POINT * look["line_width"] if look["line_alpha"] else 0, zorder=order,
        )  # fmt: skip


def turned(marker: str, angle: float) -> MarkerStyle:
    """A marker of Bokeh, turned [rad]."""
    return MarkerStyle(MARKERS[marker]).rotated(rad=angle)


def _texts(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    for x, y, text in zip(look["x"], look["y"], look["text"], strict=True):
        axes.annotate(
            text, (x, y), (0, LIFT.get(look["text_baseline"], 0)), textcoords="offset points", color=look["text_color"],
            fontsize=POINT * float(look["text_font_size"].removesuffix("px")), ha=look["text_align"],
            fontweight="bold" if "bold" in look["text_font_style"] else "normal", va=ALIGNED[look["text_baseline"]],
            zorder=order, annotation_clip=True,
        )  # fmt: skip


def _image(axes: Axes, layer: Layer, order: float) -> None:
    look = layer.look
    assert layer.scale is not None  # noqa: S101 an image has one
    colours, scale = norm(layer.scale)
    for frame, x, y, width, height in zip(*(look[name] for name in ("image", "x", "y", "dw", "dh")), strict=True):
        axes.imshow(
            frame, cmap=colours, norm=scale, extent=(x, x + width, y, y + height), origin="lower", interpolation="nearest",
            zorder=order, aspect="auto",
        )  # fmt: skip


PENS: dict[str, Callable[[Axes, Layer, float], None]] = {
    "Line": _line,
    "MultiLine": _lines,
    "Segment": _segments,
    "Patch": _patch,
    "MultiPolygons": _polygons,
    "Quad": _boxes,
    "HBar": _boxes,
    "Scatter": _scatter,
    "Text": _texts,
    "Image": _image,
}
"""How each glyph is drawn."""
