"""This place: its pools and flows, parameters, climate and mechanisms, and a second place to compare it with."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn

from dashboard import place_climate, place_flows, place_parameters, place_plates, place_tables, theme, words
from dashboard.choice import Choice
from dashboard.drawn import Drawn
from dashboard.engine import Answer, Engine, Profile
from dashboard.language import tr
from dashboard.pane import LOOK, html
from dashboard.place_search import PlaceSearch
from dashboard.place_words import rests_on, whereabouts
from dashboard.places import CREDIT
from dashboard.state import State

GRID = """
:host { grid-column: 1 / -1; }
"""
TWO = """
:host { display: grid !important; gap: 14px 34px; align-items: start; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 1700px) { :host { grid-template-columns: minmax(0, 1.65fr) minmax(0, 1fr); } }
"""
TABLES = """
h3 { margin-top: 12px !important; } .two th:first-child { min-width: 200px; } .two .words { white-space: normal; }
.two .group th { font-weight: 700; padding-top: 10px; border-top: 0; }
table small { display: inline; }
"""


class Place:
    """The card of the chosen place."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._shown: Any = None
        self._soil: Profile | None = None
        self.head = html("")
        self.diagram = place_flows.diagram()
        self.mechanisms, self.climate, self.parameters, self.table = (_text(look) for look in _LOOKS)
        self.other = PlaceSearch(engine.places, state.visit_beside, tr("Compare with another place"), tr("Compare"))
        self._calls = {"swap": state.swap_places, "stop": state.stop_comparing}
        self.other.field.param.watch(lambda event: self._do(event.new), "acted")
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
        left, right = pn.Column(self.diagram, self.other.panel, **wide), pn.Column(self.climate, self.mechanisms, **wide)
        sides = pn.Column(left, right, stylesheets=[TWO], **wide)
        self.body = pn.Column(sides, self.table, self.parameters, visible=False, **wide)
        self.panel = pn.Column(self.head, self.body, stylesheets=[theme.CARD, GRID])
        self.head.object = _hint()

    def _do(self, acted: Any) -> None:
        """Do what a browser asked for, if it is something that can be done."""
        name = acted.get("name") if isinstance(acted, dict) else None
        call = self._calls.get(name) if isinstance(name, str) else None
        if call is not None:
            call()

    def show(self, answer: Answer) -> None:
        """Show the place of an answer; what stays the same there while sliders move is not sent again."""
        self._soil = soil = answer.profile
        second = answer.beside
        if soil is None:
            self._leave()
            return
        if self._shown != _places(answer.choice):
            self._arrive(answer.choice, soil, second)
        place_flows.fill(self.diagram, *soil.budgets)
        self.mechanisms.object = place_tables.mechanisms_of(soil)
        self.table.object = "" if second is None else place_tables.compared(soil, second)

    def drawn(self) -> list[Drawn]:
        """The diagrams of the place, where one was chosen."""
        return [] if self._soil is None else place_plates.drawn(self._soil)

    def _leave(self) -> None:
        if self._shown is not None:
            self._shown, self.body.visible = None, False
            self.head.object = _hint()

    def _arrive(self, choice: Choice, soil: Profile, second: Profile | None) -> None:
        self._shown = _places(choice)
        self.head.object = describe(soil)
        self.climate.object = place_climate.card(soil)
        self.parameters.object = place_parameters.table(soil)
        self.other.follow(choice.second_place)
        self.other.field.actions = [] if second is None else [["swap", tr("Swap A and B")], ["stop", tr("Stop comparing")]]
        self.body.visible = True


_LOOKS = (TABLES, place_climate.LOOK, place_parameters.LOOK, TABLES)


def _text(look: str) -> pn.pane.HTML:
    return pn.pane.HTML("", stylesheets=[theme.TEXT, LOOK, look], sizing_mode="stretch_width", margin=0)


def _places(choice: Choice) -> Any:
    return choice.place, choice.second_place


def _hint() -> str:
    said = tr("Click the map, or type a place under “Soil profile”: its pools and flows, parameters and climate appear here.")
    return f"<h2>{tr('This place')}</h2><p class=quiet>{said}</p>"


def describe(soil: Profile) -> str:
    """What a place is called, as HTML."""
    place, near = words.place(soil.latitude, soil.longitude), escape(whereabouts(soil))
    title = tr("This place: {place}", place=place) if not near else tr("This place: {place}, {near}", place=place, near=near)
    cell = tr("A cell of half a degree, {kind}.", kind=tr("on land") if soil.on_land else tr("the nearest land of the model"))
    rests = "" if soil.support is None else f" {rests_on(soil.support)}"
    credit = f" {tr('Towns: {source}.', source=CREDIT)}" if soil.setting.town else ""
    return f"<h2>{title}</h2><p class=quiet>{cell}{rests}{credit}</p>"
