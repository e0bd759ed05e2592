"""What a visitor brought on the map, as points or as cells: its colours, and the scale of these."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import panel as pn
from bokeh.models import ColumnDataSource

from dashboard import legend, plots, theme
from dashboard.language import tr

FloatArray = npt.NDArray[np.float64]

DRAWN = 4000
"""Most points in a diagram and on the map; of more a part is drawn, chosen at random."""


class _Coloured:
    """Values of a column on the map in colours of their own, and what both mean."""

    def __init__(self, nothing: dict[str, list[float]]) -> None:
        self._nothing = nothing
        self.source = ColumnDataSource(dict(nothing))
        self.mapper = plots.mapper()
        self.bar = pn.pane.HTML("", stylesheets=[theme.TEXT, legend.BAR], sizing_mode="stretch_width", margin=(6, 0, 0, 0))

    def _colour(
        self, title: str, name: str, limits: tuple[float, float], logarithmic: bool, change: bool, said: str = ""
    ) -> None:
        self.mapper.update(palette=plots.palette(name, limits, logarithmic), low=limits[0], high=limits[1])
        bar = legend.colour_bar(name, limits, "kg C m⁻²", logarithmic, change)
        self.bar.object = f"<p>{escape(title)} [kg C m⁻²]</p>{bar.split('<p class=')[0]}{said}"

    def hide(self) -> None:
        """Show none."""
        self.source.data = dict(self._nothing)
        self.bar.object = ""


class Points(_Coloured):
    """Points, wherever they are."""

    def __init__(self) -> None:
        super().__init__({"longitude": [], "latitude": [], "value": []})

    def draw(
        self, place: tuple[FloatArray, FloatArray], value: FloatArray, title: str,
        name: str, limits: tuple[float, float], logarithmic: bool = False, change: bool = False,
    ) -> None:  # fmt: skip
        """Show values at places, or as many of them as are drawn.

        Args:
            place: longitude and latitude [degrees] (point,).
            value: [kg C m-2] (point,).
            title: what they are.
            name: of the colour map.
            limits: ends of its scale.
            logarithmic: whether the scale is.
            change: whether values are differences.
        """
        some = sample(len(value))
        self._colour(title, name, limits, logarithmic, change, part(len(value)))
        self.source.data = {"longitude": place[0][some], "latitude": place[1][some], "value": value[some]}


class Cells(_Coloured):
    """Differences in some cells of the map."""

    def __init__(self) -> None:
        super().__init__({"value": []})

    def draw(self, value: FloatArray, title: str, limits: tuple[float, float]) -> None:
        """Show differences.

        Args:
            value: [kg C m-2] (cell,), NaN where the map is to be seen.
            title: what they are.
            limits: ends of the scale.
        """
        self._colour(title, "vik", limits, False, True)
        self.source.data = {"value": value}


def steady(value: FloatArray) -> tuple[float, float]:
    """Ends of a scale for differences, by those at the baseline, so that it stands still while sliders move.

    >>> steady(np.array([0.0, -3.9, 4.1]))
    (-4.0, 4.0)
    """
    most = max(float(f"{np.percentile(np.abs(value), 95):.1g}"), 0.1)
    return -most, most


def sample(count: int) -> np.ndarray[Any, Any]:
    """Positions of what is drawn of so many, the same each time."""
    if count <= DRAWN:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, DRAWN, replace=False))


def part(count: int) -> str:
    """That only a part is drawn, where that is so, as HTML."""
    if count <= DRAWN:
        return ""
    text = tr("{drawn} of {count} are drawn, chosen at random.", drawn=f"{DRAWN:,}", count=f"{count:,}")
    return f"<p class=quiet>{text}</p>"
