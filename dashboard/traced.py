"""A Bokeh figure as plain data: what each glyph draws, and the axes, as they stand when it is asked.

Whatever is read here belongs to one visitor's page and must be read where that may change; what comes out may go to any thread.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from bokeh.core.property.vectorization import Field, Value
from bokeh.models import FactorRange, FixedTicker, LogColorMapper, LogScale
from bokeh.plotting import figure

from dashboard import words

LEVELS = ("image", "underlay", "glyph", "guide", "annotation", "overlay")
"""In which order Bokeh draws."""

ACROSS, UP = ("x", "x0", "x1", "left", "right"), ("y", "y0", "y1", "top", "bottom")
"""Properties of a glyph that lie on either axis."""


class Scale(NamedTuple):
    """A scale of colours.

    Attributes:
        colours: from low to high.
        limits: its ends.
        logarithmic: whether colours follow the logarithm.
    """

    colours: tuple[str, ...]
    limits: tuple[float, float]
    logarithmic: bool


class Layer(NamedTuple):
    """What one glyph draws.

    Attributes:
        glyph: its name in Bokeh.
        look: its properties, each a value for all or, from a column of the data, a list.
        scale: of its colours, where they stand for a quantity.
    """

    glyph: str
    look: dict[str, Any]
    scale: Scale | None


class Axis(NamedTuple):
    """An axis.

    Attributes:
        label: its name and unit.
        limits: what it shows, in the direction of reading.
        logarithmic: whether it is.
        ticks: its marks, and what stands there.
        visible: whether it is drawn.
    """

    label: str
    limits: tuple[float, float]
    logarithmic: bool
    ticks: tuple[tuple[float, str], ...]
    visible: bool


class Traced(NamedTuple):
    """A figure.

    Attributes:
        layers: from the lowest to the highest.
        across: the horizontal axis.
        up: the vertical axis.
        height: of the figure on the page [px], where it has one.
        ratio: width over height, where that is fixed.
    """

    layers: tuple[Layer, ...]
    across: Axis
    up: Axis
    height: int | None
    ratio: float | None


def trace(shown: figure) -> Traced:
    """What a figure of the page draws now."""
    across, up = shown.x_range, shown.y_range
    order = sorted((each for each in shown.renderers if each.visible), key=lambda each: LEVELS.index(each.level))
    return Traced(
        tuple(_layer(renderer, across, up) for renderer in order),
        _axis(shown.xaxis[0], across, shown.x_scale),
        _axis(shown.yaxis[0], up, shown.y_scale),
        shown.height,
        shown.aspect_ratio,
    )


def _layer(renderer: Any, across: Any, up: Any) -> Layer:
    glyph, columns = renderer.glyph, renderer.data_source.data
    look, scale = {}, None
    for name in glyph.properties():
        held = glyph.lookup(name).get_value(glyph)
        if isinstance(held, Value):
            held = held.value
        elif isinstance(held, Field):
            mapper, held = held.transform, list(columns[held.field])
            if hasattr(mapper, "palette"):
                scale = _scale(mapper)
                held = coloured(np.asarray(held, dtype=float), scale)
        if name in ACROSS or name in UP:
            held = _placed(held, across if name in ACROSS else up)
        look[name] = held
    if "color_mapper" in look:
        scale = _scale(look.pop("color_mapper"))
    return Layer(type(glyph).__name__, look, scale)


def _placed(held: Any, on: Any) -> Any:
    """Positions as numbers; a category lies in the middle of its room."""
    if not isinstance(on, FactorRange):
        return held
    place = {factor: i + 0.5 for i, factor in enumerate(on.factors)}
    return [place[each] for each in held]


def _scale(mapper: Any) -> Scale:
    low, high = (0.0 if end is None else float(end) for end in (mapper.low, mapper.high))
    return Scale(tuple(mapper.palette), (low, high), isinstance(mapper, LogColorMapper))


def coloured(values: np.ndarray[Any, Any], scale: Scale) -> list[str]:
    """The colour of each value; beyond the ends it is that of the end.

    >>> coloured(np.array([0.0, 1.0, 5.0]), Scale(("#000000", "#ffffff"), (0.0, 2.0), False))
    ['#000000', '#ffffff', '#ffffff']
    """
    low, high = scale.limits
    step = np.floor((values - low) / (high - low) * len(scale.colours))
    return [scale.colours[int(i)] for i in np.clip(step, 0, len(scale.colours) - 1)]


def _axis(axis: Any, on: Any, scale: Any) -> Axis:
    if isinstance(on, FactorRange):
        ticks = tuple((i + 0.5, str(factor)) for i, factor in enumerate(on.factors))
        return Axis(axis.axis_label or "", (0.0, float(len(on.factors))), False, ticks, axis.visible)
    logarithmic, limits = isinstance(scale, LogScale), (float(on.start), float(on.end))
    fixed = isinstance(axis.ticker, FixedTicker)
    marks = axis.ticker.ticks if fixed else words.ticks(min(limits), max(limits), logarithmic)
    labels = axis.major_label_overrides
    ticks = tuple((float(mark), str(labels.get(mark, words.plain(mark)))) for mark in marks if _within(mark, limits))
    return Axis(axis.axis_label or "", limits, logarithmic, ticks, axis.visible)


def _within(mark: float, limits: tuple[float, float]) -> bool:
    return min(limits) <= mark <= max(limits)
