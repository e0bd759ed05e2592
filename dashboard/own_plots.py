"""Figures of a visitor's own profiles, made once; what changes are the data of their sources."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, Range1d
from bokeh.plotting import figure

from dashboard import plots
from dashboard.drawn import Sign
from dashboard.language import tr
from dashboard.own import NODES, FloatArray
from dashboard.theme import ACCENT, GREY, STEEL
from proda_core import climate
from proda_core.learning.skill import DEPTHS

CLASS_COLOURS = plots.colours("batlow", 6)[:4]
"""Of the depth classes, from the surface downwards."""

LEARNT = 0.1
"""A parameter is marked whose standard deviation shrank by so much of the prior's."""

QUIET: dict[str, Any] = {"toolbar_location": None, "tools": "", "output_backend": "canvas"}


def pairs() -> tuple[figure, ColumnDataSource]:
    """Observed against modelled carbon of each layer; source with modelled, observed, colour, name, depth."""
    shown = figure(x_axis_type="log", y_axis_type="log", x_range=Range1d(0.1, 300), y_range=Range1d(0.1, 300), **QUIET)
    shown.line([1e-4, 1e4], [1e-4, 1e4], color=ACCENT, line_width=1.5)
    source = ColumnDataSource({name: [] for name in ("modelled", "observed", "colour", "name", "depth")})
    dots = shown.scatter(
        "modelled", "observed", source=source, size=7, fill_color="colour", line_color="white", line_width=0.5, fill_alpha=0.8
    )
    tips = [("", "@name"), (tr("Depth"), "@depth"), (tr("Observed"), "@observed{0.00}"), (tr("Modelled"), "@modelled{0.00}")]
    shown.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    shown.xaxis.axis_label, shown.yaxis.axis_label = tr("Modelled carbon [kg C m⁻³]"), tr("Observed [kg C m⁻³]")
    for axis in shown.axis:
        axis.ticker = FixedTicker(ticks=[0.01, 0.1, 1, 10, 100])
        axis.major_label_overrides = {0.01: "0.01", 0.1: "0.1", 1: "1", 10: "10", 100: "100"}
    return plots.style(shown), source


def class_dots() -> str:
    """What the colours of the depth classes mean, as HTML."""
    dots = (
        f"<span class=dot style='background:{colour}'></span>{name.replace('-', '–').replace('>', '&gt;')}"
        for colour, name in zip(CLASS_COLOURS, DEPTHS, strict=True)
    )
    return f"<p class=quiet>{''.join(dots)}</p>"


def class_signs() -> tuple[Sign, ...]:
    """How the depth classes are drawn, for the legend of a diagram."""
    pairs = zip(CLASS_COLOURS, DEPTHS, strict=True)
    return tuple(Sign(name.replace("-", "–"), colour, "circle") for colour, name in pairs)


class Fitted:
    """The fitted profile with its bands, the observed layers, and what the map says."""

    def __init__(self) -> None:
        shown = figure(y_range=Range1d(climate.SOIL_DEPTH, 0), x_range=Range1d(0, 1), **QUIET)
        self.figure = plots.style(shown)
        self._bands = [ColumnDataSource({"x": [], "y": []}) for _ in range(2)]
        for band, alpha in zip(self._bands, (0.28, 0.5), strict=True):
            shown.patch("x", "y", source=band, color=STEEL, fill_alpha=alpha, line_alpha=0)
        self._middle, self._map = (ColumnDataSource({"x": [], "y": []}) for _ in range(2))
        shown.line("x", "y", source=self._middle, color=STEEL, line_width=3)
        shown.line("x", "y", source=self._map, color=GREY, line_width=2.5, line_dash="dashed")
        self._layers = ColumnDataSource({name: [] for name in ("observed", "top", "bottom", "middle")})
        shown.segment("observed", "top", "observed", "bottom", source=self._layers, color=ACCENT, line_width=4)
        shown.scatter("observed", "middle", source=self._layers, color=ACCENT, size=7)
        shown.xaxis.axis_label, shown.yaxis.axis_label = tr("Soil organic carbon [kg C m⁻³]"), tr("Depth [m]")

    def begin(self, observed: FloatArray, top: FloatArray, bottom: FloatArray) -> None:
        """Show the observed layers, no model yet [kg m-3], [m]."""
        self._layers.data = {"observed": observed, "top": top, "bottom": bottom, "middle": (top + bottom) / 2}
        for source in (*self._bands, self._middle, self._map):
            source.data = {"x": [], "y": []}
        self.figure.x_range.update(start=0, end=1.6 * float(observed.max()))
        self.figure.y_range.update(start=min(climate.SOIL_DEPTH, max(1.0, 1.3 * float(bottom.max()))), end=0)

    def predicted(self, column: FloatArray) -> None:
        """Show what the map says [kg m-3] (20,)."""
        self._map.data = {"x": column, "y": NODES}
        deepest, end = self.figure.y_range.start, self.figure.x_range.end
        # a thin surface layer may hold many times as much as any observed layer: it is not given the whole width
        self.figure.x_range.end = min(max(end, 1.1 * float(column[deepest > NODES].max())), 2.0 * end)

    def draw(self, quantiles: FloatArray) -> None:
        """Show the posterior: the 5, 25, 50, 75 and 95 % quantiles [kg m-3] (20, 5)."""
        around = np.append(NODES, NODES[::-1])
        for band, (low, high) in zip(self._bands, ((0, 4), (1, 3)), strict=True):
            band.data = {"x": np.append(quantiles[:, low], quantiles[::-1, high]), "y": around}
        self._middle.data = {"x": quantiles[:, 2], "y": NODES}


class Bars:
    """Where each parameter lies within its prior: 50 and 90 % of the posterior, marked where the profile told something."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        shown = figure(x_range=Range1d(0, 1), y_range=labels[::-1], **QUIET)
        self.figure = plots.style(shown)
        shown.hbar(labels, height=0.72, left=0.05, right=0.95, color=GREY, fill_alpha=0.16, line_alpha=0)
        names = ("label", "low", "lower", "middle", "upper", "high", "colour")
        self._source = ColumnDataSource({name: [] for name in names})
        shown.hbar("label", height=0.22, left="low", right="high", source=self._source, color="colour")
        shown.hbar("label", height=0.52, left="lower", right="upper", source=self._source, color="colour")
        shown.scatter("middle", "label", source=self._source, color="white", line_color="colour", size=6)
        shown.xaxis.axis_label = tr("Place within the prior range")
        shown.xaxis.ticker = FixedTicker(ticks=[0, 0.25, 0.5, 0.75, 1])

    def clear(self) -> None:
        """Show the prior alone."""
        self._source.data = {name: [] for name in self._source.data}

    def draw(self, quantiles: FloatArray, shrinkage: FloatArray) -> None:
        """Show the posterior: quantiles within the prior [1] (21, 5) and shrinkage [1] (21,)."""
        names = ("low", "lower", "middle", "upper", "high")
        held: dict[str, Any] = {name: quantiles[:, i] for i, name in enumerate(names)}
        held["label"] = self.labels
        held["colour"] = [ACCENT if value >= LEARNT else GREY for value in shrinkage]
        self._source.data = held
