"""A diagram for print: title, axes, legend, scale of colours, caption and source, always in light colours."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullLocator

from dashboard import ink, theme, words
from dashboard.drawn import Sign, Sketch
from dashboard.paper import LINE, MARGIN, WIDTH, Kind, letters, lines, sheet, wrapped
from dashboard.traced import Axis, Scale, Traced

LEAST, MOST = 3.0, 5.4
"""Height between the axes' ends [inches]."""

PIXELS = 92.0
"""Pixels of a figure's height on the page that make an inch of print."""

TITLE, TITLE_ROW, TITLE_LETTERS = 11, 0.2, 74
"""Size of a title [points], height of its lines [inches], and letters in each."""

LEGEND, LEGEND_ROW, LETTER = 8, 0.19, 0.068
"""Size of the legend [points], height of its rows and width of a letter [inches]."""

BELOW, BAR = 0.5, 0.52
"""Room for what stands at the horizontal axis, and for a scale of colours [inches]."""


class Plate(NamedTuple):
    """What is printed; plain data, which belong to no page.

    Attributes:
        picture: the figure.
        title: above it.
        signs: the legend.
        scale: what colours stand for, where there is a scale of them.
        caption: below it.
    """

    picture: Traced | Sketch
    title: str
    signs: tuple[Sign, ...]
    scale: str
    caption: str


def printed(plate: Plate, kind: Kind) -> bytes:
    """The file of a plate.

    Args:
        plate: what to print.
        kind: of file.

    Returns:
        its bytes.

    Raises:
        ink.UnknownGlyphError: the figure holds a glyph that is not known.
    """
    said, title = lines(plate.caption), wrapped(plate.title, TITLE_LETTERS)
    rows = _rows(plate.signs)
    foot = MARGIN + LINE * len(said)
    legend = foot + (LEGEND_ROW * len(rows) + 0.08 if rows else 0.0)
    bottom = legend + _below(plate.picture) + (BAR if plate.scale else 0.0)
    head = MARGIN + TITLE_ROW * (title.count("\n") + 1) + 0.1
    height = bottom + _tall(plate.picture) + head

    def compose(made: Figure) -> None:
        tall, left = 1 - (bottom + head) / height, MARGIN / WIDTH
        if isinstance(plate.picture, Sketch):
            plate.picture.draw(made, (left, bottom / height, 1 - 2 * left, tall))
        else:
            axes = made.add_axes((0.1, bottom / height, 0.87, tall))
            _draw(axes, plate.picture)
            _fit(made, axes)
        made.text(0.5, 1 - MARGIN / height, title, ha="center", va="top", fontsize=TITLE, fontweight="bold")
        made.text(MARGIN / WIDTH, foot / height, "\n".join(said), ha="left", va="top", fontsize=6)
        for row, signs in enumerate(rows):
            _legend(made, signs, (legend - LEGEND_ROW * (row + 0.5) - 0.04) / height)
        scale = _scale(plate.picture)
        if plate.scale and scale is not None:
            _bar(made, scale, plate.scale, (legend + 0.4) / height, 0.1 / height)

    return sheet(kind, height, compose)


def _below(picture: Traced | Sketch) -> float:
    """Room below the horizontal axis [inches]."""
    return BELOW if isinstance(picture, Traced) and picture.across.visible else 0.1


def _tall(picture: Traced | Sketch) -> float:
    """Height between the axes' ends [inches]."""
    if isinstance(picture, Sketch):
        return picture.height
    if picture.ratio is not None:
        return (WIDTH - 2 * MARGIN) / picture.ratio
    return float(np.clip((picture.height or 0) / PIXELS, LEAST, MOST))


def _scale(picture: Traced | Sketch) -> Scale | None:
    """The scale of the uppermost layer that has one."""
    if isinstance(picture, Sketch):
        return None
    return next((layer.scale for layer in reversed(picture.layers) if layer.scale is not None), None)


def _draw(axes: Axes, traced: Traced) -> None:
    """Axes, and what lies between them."""
    across, up = traced.across, traced.up
    axes.set(xscale=_kind(across), yscale=_kind(up), xlim=across.limits, ylim=up.limits)
    axes.autoscale(enable=False)
    axes.set_axisbelow(True)
    for order, layer in enumerate(traced.layers):
        ink.draw(axes, layer, order)
    if not across.visible:
        axes.set_axis_off()
        return
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set(color=theme.GRID, lw=0.6)
    axes.grid(color=theme.GRID, alpha=0.35, lw=0.5)
    for side, line in (("x", across), ("y", up)):
        drawn = getattr(axes, f"{side}axis")
        drawn.set_major_locator(FixedLocator([place for place, _ in line.ticks]))
        drawn.set_minor_locator(NullLocator())
        drawn.set_ticklabels([label for _, label in line.ticks])
        drawn.set_label_text(line.label, fontsize=9.5, color=theme.INK)
        drawn.set_tick_params(labelsize=9, length=3, width=0.6, color=theme.GRID, labelcolor=theme.INK)
    axes.xaxis.labelpad = axes.yaxis.labelpad = 5


def _kind(axis: Axis) -> str:
    return "log" if axis.logarithmic else "linear"


def _fit(made: Figure, axes: Axes) -> None:
    """Leave as much room at the left as the labels need, and as little."""
    place, left, right = axes.get_position(), MARGIN / WIDTH, 1 - MARGIN / WIDTH
    needed = axes.get_tightbbox(FigureCanvasAgg(made).get_renderer()) if axes.axison else None  # type: ignore[no-untyped-call]
    if needed is not None:
        left, right = left + place.x0 - needed.x0 / made.bbox.width, right - 0.1 / WIDTH
    axes.set_position((left, place.y0, right - left, place.height))


def _rows(signs: tuple[Sign, ...]) -> list[list[Sign]]:
    """The legend in rows of about the same length, none wider than the paper."""
    count = ceil(sum(map(_wide, signs)) / (WIDTH - 2 * MARGIN))
    long = ceil(len(signs) / max(count, 1))
    return [list(signs[i : i + long]) for i in range(0, len(signs), max(long, 1))]


def _wide(sign: Sign) -> float:
    """Width of an entry of the legend [inches]."""
    return 0.55 + LETTER * letters(sign.label)


def _legend(made: Figure, signs: list[Sign], middle: float) -> None:
    made.legend(
        handles=[_handle(sign) for sign in signs], ncols=len(signs), loc="center", bbox_to_anchor=(0.5, middle), frameon=False,
        fontsize=LEGEND, handlelength=2.0, handletextpad=0.6, columnspacing=1.6, borderpad=0, borderaxespad=0,
    )  # fmt: skip


def _handle(sign: Sign) -> Any:
    if sign.shape == "band":
        return Patch(facecolor=(sign.colour, sign.alpha), lw=0, label=sign.label)
    if sign.shape in ink.MARKERS:
        return Line2D(
            [], [], ls="none", marker=ink.turned(sign.shape, 0.0), ms=7 * ink.SMALLER.get(sign.shape, 1.0), mfc=sign.colour,
            mec=sign.edge or "white", mew=1.2 if sign.edge else 0.6, label=sign.label,
        )  # fmt: skip
    pattern = ink.dashes("solid" if sign.shape == "line" else sign.shape, 2.0)
    return Line2D([], [], color=sign.colour, lw=2, ls=pattern, label=sign.label)


def _bar(made: Figure, scale: Scale, label: str, bottom: float, height: float) -> None:
    """The scale of the colours, and what they stand for."""
    colours, norm = ink.norm(scale)
    axes = made.add_axes((0.25, bottom, 0.5, height))
    bar = made.colorbar(ScalarMappable(norm, colours), cax=axes, orientation="horizontal")
    marks = words.ticks(*scale.limits, scale.logarithmic)
    bar.set_ticks(marks, labels=[words.plain(mark) for mark in marks])
    bar.ax.minorticks_off()
    bar.ax.tick_params(labelsize=8, length=2, width=0.5, color=theme.INK, labelcolor=theme.INK, pad=2)
    bar.set_label(label, fontsize=8, color=theme.INK, labelpad=1)
    bar.outline.set_visible(False)
