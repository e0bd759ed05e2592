"""The soil at one place: carbon with depth, and its stocks."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import panel as pn

from dashboard import plots, theme, words
from dashboard.catalogue import DEPTHS
from dashboard.drawn import Drawn, Sign, words_of
from dashboard.engine import Answer, Engine
from dashboard.engine import Profile as Soil
from dashboard.folded_table import FoldedTable
from dashboard.language import tr
from dashboard.place_search import PlaceSearch
from dashboard.place_words import rests_on
from dashboard.state import State
from proda_core.grid import LAYERS, LAYERS_CLM5

DEEPEST = 3.0
"""Depth down to which the profile is drawn [m]."""

NODES = LAYERS_CLM5.node[:LAYERS]


class Plot:
    """The figure of carbon with depth, the data that it draws, and the pane in which it stands."""

    def __init__(self) -> None:
        nothing = np.zeros(LAYERS)
        self.figure = plots.style(plots.rendered(plots.profile(NODES, nothing, nothing, DEEPEST)))
        self.figure.update(height=170, width=None, sizing_mode="stretch_width")
        *self.beside, self.before, self.after = plots.sources(self.figure, "MultiLine")
        self.pane = pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0)


class Profile:
    """The profile and the fields to choose its place."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._places: tuple[tuple[float, float] | None, ...] = (None, None)
        self._latest: tuple[Soil, Soil | None] | None = None
        self.text = pn.pane.HTML(hint(), stylesheets=[theme.TEXT], margin=0, sizing_mode="stretch_width")
        self.table = FoldedTable(summary=tr("The profile as a table"), visible=False, sizing_mode="stretch_width", margin=0)
        self.search = PlaceSearch(engine.places, state.visit, tr("Place, country or coordinates"), tr("Show"))
        self.panel = pn.Column(self.text, self.table, self.search.panel, stylesheets=[theme.CARD])

    @cached_property
    def plot(self) -> Plot:
        """What is drawn, made for the first place."""
        return Plot()

    def show(self, answer: Answer) -> None:
        """Show the soil at the place of an answer."""
        soil = answer.profile
        self._latest = None if soil is None else (soil, answer.beside)
        if soil is None:
            self._leave()
            return
        if self._places != (answer.choice.place, answer.choice.second_place):
            self._arrive(answer, soil)
        self.plot.before.data = _line(soil.baseline)
        self.plot.after.data = _line(soil.scenario)
        if answer.beside is not None:
            for source, carbon in zip(self.plot.beside, (answer.beside.baseline, answer.beside.scenario), strict=True):
                source.data = _line(carbon)
        self.text.object = describe(soil, answer.choice.depth, answer.beside)
        self._list(soil, answer.beside)

    def drawn(self) -> list[Drawn]:
        """The profile, where a place was chosen."""
        if self._latest is None:
            return []
        soil, second = self._latest
        signs = [Sign(tr("Baseline"), theme.GREY, "dashed"), Sign(tr("Scenario"), theme.ACCENT)]
        if second is not None:
            there = words.place(second.latitude, second.longitude)
            signs += [
                Sign(tr("{label}, {place}", label=tr(label), place=there), theme.STEEL, shape)
                for label, shape in (("Baseline", "dashed"), ("Scenario", "line"))
            ]
        said = "" if soil.support is None else words_of(rests_on(soil.support))
        return [Drawn(titled(soil), self.plot.figure, tuple(signs), said, follows=True)]

    def _list(self, soil: Soil, second: Soil | None) -> None:
        """The figure's numbers as a table."""
        head = [tr("Depth [m]"), tr("Baseline [kg C m⁻³]"), tr("Scenario [kg C m⁻³]")]
        columns = [soil.baseline, soil.scenario]
        if second is not None:
            head += [tr("B: baseline [kg C m⁻³]"), tr("B: scenario [kg C m⁻³]")]
            columns += [second.baseline, second.scenario]
        shown = NODES <= DEEPEST
        rows = [
            [f"{depth:.2f}", *(words.number(float(value)) for value in values)]
            for depth, *values in zip(NODES[shown], *(column[shown] for column in columns), strict=True)
        ]
        self.table.param.update(head=head, rows=rows)

    def _leave(self) -> None:
        """No place any more: its choice was taken back."""
        if self._places[0] is not None:
            self._places = (None, None)
            self.panel.remove(self.plot.pane)
            self.table.visible = False
            self.text.object = hint()
            self.search.follow(None)

    def _arrive(self, answer: Answer, soil: Soil) -> None:
        """Another place: the axis stands still while sliders move."""
        if self._places[0] != answer.choice.place:
            self.search.follow(answer.choice.place)
        self._places = (answer.choice.place, answer.choice.second_place)
        if self.plot.pane not in self.panel.objects:
            self.panel.insert(1, self.plot.pane)
            self.table.visible = True
        shown = [each.baseline[NODES <= DEEPEST].max() for each in (soil, answer.beside) if each is not None]
        self.plot.figure.x_range.update(start=0, end=1.4 * float(max(shown)))
        for source in self.plot.beside:
            source.data = {"xs": [], "ys": []}


def _line(carbon: Any) -> dict[str, list[Any]]:
    return {"xs": [carbon], "ys": [NODES]}


def titled(soil: Soil) -> str:
    """What is shown, and where."""
    return tr("Soil profile at {place}", place=words.place(soil.latitude, soil.longitude))


def describe(soil: Soil, depth: str, second: Soil | None = None) -> str:
    """The place and its stocks as HTML; numbers and names of our own, nothing that a visitor typed."""
    note = "" if soil.on_land else f" <span class=quiet>{tr('(nearest land of the model)')}</span>"
    i = list(DEPTHS).index(depth)
    before, after = (float(stock[i]) for stock in soil.stock)
    known = words.number(before) if soil.support is None else words.with_spread(before, float(soil.support.spread[i]))
    moved = (
        f" → <b class=more>{words.number(after)}</b> ({words.signed(words.percent(after, before))} %)" if after != before else ""
    )
    rests = "" if soil.support is None else f"<p class=quiet>{rests_on(soil.support)}</p>"
    key = tr("dashed: baseline, {begin}solid: scenario{end}", begin="<span class=more>", end="</span>")
    if second is not None:
        key = tr("{key}; blue: {place}", key=key, place=words.place(second.latitude, second.longitude))
    title = titled(soil)
    return f"<h2>{title}</h2>{note}<p>{tr(DEPTHS[depth])}: {known}{moved} kg C m⁻²<span class=quiet> · {key}</span></p>{rests}"


def hint() -> str:
    """What to do where no place is chosen."""
    return (
        f"<h2>{tr('Soil profile')}</h2><p class=quiet>"
        f"{tr('Click the map, or type a place, a country or coordinates, to see the soil there.')}</p>"
    )
