"""The soil at one place: carbon with depth, and its stocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard import plots, theme, words
from dashboard.catalogue import DEPTHS
from dashboard.engine import Answer, Support
from dashboard.engine import Profile as Soil
from dashboard.ensemble import EDGE
from dashboard.fields import BLOCK
from dashboard.state import State
from proda_core.grid import LAYERS, LAYERS_CLM5

DEEPEST = 3.0
"""Depth down to which the profile is drawn [m]."""

NODES = LAYERS_CLM5.node[:LAYERS]
HINT = "<h2>Soil profile</h2><p class=quiet>Click the map, or type a latitude and a longitude, to see the soil at a place.</p>"


class Profile:
    """The profile and the fields to choose its place."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._place: tuple[float, float] | None = None
        nothing = np.zeros(LAYERS)
        self.figure = plots.style(plots.rendered(plots.profile(NODES, nothing, nothing, DEEPEST)))
        self.figure.update(height=170, width=None, sizing_mode="stretch_width")
        self.before, self.after = plots.sources(self.figure, "MultiLine")
        self.text = pn.pane.HTML(HINT, stylesheets=[theme.TEXT], margin=0, sizing_mode="stretch_width")
        self.plot = pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0)
        self.latitude = pmui.TextInput(label="Latitude [°N]", size="small", width=128, margin=(8, 8, 4, 0))
        self.longitude = pmui.TextInput(label="Longitude [°E]", size="small", width=128, margin=(8, 8, 4, 0))
        self.go = pmui.Button(label="Show", variant="outlined", size="small", margin=(12, 0, 4, 0))
        self.go.on_click(self._visit)
        self.message = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=0)
        self.panel = pn.Column(self.text, pn.Row(self.latitude, self.longitude, self.go), self.message, stylesheets=[theme.CARD])

    def _visit(self, _: Any) -> None:
        try:
            place = tuple(float(str(field.value).replace(words.MINUS, "-")) for field in (self.latitude, self.longitude))
        except ValueError:
            place = (float("nan"), float("nan"))
        known = self._state.visit(*place)
        self.message.object = "" if known else "<p>Latitude runs from −90 to 90, longitude from −180 to 180.</p>"

    def show(self, answer: Answer) -> None:
        """Show the soil at the place of an answer."""
        soil = answer.profile
        if soil is None:
            self._leave()
            return
        if self._place != answer.choice.place:
            self._arrive(answer, soil)
        self.before.data = _line(soil.baseline)
        self.after.data = _line(soil.scenario)
        self.text.object = describe(soil, answer.choice.depth)

    def _leave(self) -> None:
        """No place any more: its choice was taken back."""
        if self._place is not None:
            self._place = None
            self.panel.remove(self.plot)
            self.text.object = HINT
            self.latitude.value = self.longitude.value = ""

    def _arrive(self, answer: Answer, soil: Soil) -> None:
        """A new place: its axis stands still while sliders move."""
        self._place = answer.choice.place
        if self.plot not in self.panel.objects:
            self.panel.insert(1, self.plot)
        self.figure.x_range.update(start=0, end=1.4 * float(soil.baseline[NODES <= DEEPEST].max()))
        self.latitude.value, self.longitude.value = f"{soil.latitude:g}", f"{soil.longitude:g}"
        self.message.object = ""


def _line(carbon: Any) -> dict[str, list[Any]]:
    return {"xs": [carbon], "ys": [NODES]}


def describe(soil: Soil, depth: str) -> str:
    """The place and its stocks as HTML; numbers only, nothing that a visitor typed."""
    place = words.place(soil.latitude, soil.longitude)
    note = "" if soil.on_land else " <span class=quiet>(nearest land of the model)</span>"
    i = list(DEPTHS).index(depth)
    before, after = (float(stock[i]) for stock in soil.stock)
    known = words.number(before) if soil.support is None else words.with_spread(before, float(soil.support.spread[i]))
    moved = (
        f" → <b class=more>{words.number(after)}</b> ({words.signed(words.percent(after, before))} %)" if after != before else ""
    )
    rests = "" if soil.support is None else f"<p class=quiet>{rests_on(soil.support)}</p>"
    return (
        f"<h2>Soil profile at {place}</h2>{note}<p>{DEPTHS[depth]}: {known}{moved} kg C m⁻²"
        f"<span class=quiet> · dashed: baseline, <span class=more>solid: scenario</span></span></p>{rests}"
    )


def rests_on(support: Support) -> str:
    """What the baseline of a place rests on, in words."""
    here = _profiles(support.profiles)
    around = f"{here} in this cell, {_profiles(support.around)} within its block of {BLOCK:g}°"
    far = words.number(support.dissimilarity, 2)
    if support.dissimilarity > EDGE:
        return f"Trained on {around}. Unlike any training site (dissimilarity {far}; 1 is the edge): take the numbers as a guess."
    return f"Trained on {around}. Like training sites elsewhere (dissimilarity {far}; 1 is the edge)."


def _profiles(count: int) -> str:
    return "no profile" if count == 0 else f"{count:,} profile{'' if count == 1 else 's'}"
