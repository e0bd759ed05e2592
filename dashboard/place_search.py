"""A field that takes a place as coordinates, as a country or as a town, and suggests names while one types."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from dashboard import words
from dashboard.language import tr
from dashboard.places import Gazetteer, Place, UnknownPlaceError

HERE = Path(__file__).parent
LONGEST = 80
"""Characters that are read of what was typed."""


class Field(pn.custom.JSComponent):
    """The field, its button and the list below it; what is found is asked of the server."""

    label = param.String(doc="What is to be typed.")
    hint = param.String(doc="An example, in the empty field.")
    go = param.String(doc="What stands on the button.")
    asked = param.Parameter(default=None, doc="What is typed so far (text), and a number that makes each wish another.")
    chosen = param.Parameter(default=None, doc="What was chosen: text, pick (position in the list or -1), number.")
    acted = param.Parameter(default=None, doc="Which of the further buttons was pressed (name), and a number.")
    actions = param.List(default=[], doc="Further buttons: name and what stands on it.")
    found = param.Dict(default={"text": "", "places": []}, doc="Names and whereabouts that begin with a text.")
    text = param.Dict(default={"text": "", "number": 0}, doc="What to write in the field.")
    message = param.Dict(default={"text": "", "number": 0}, doc="What to say below it.")

    _esm = HERE / "place_search.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "place_search.css").read_text()]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["asked", "chosen", "acted", "data.asked", "data.chosen", "data.acted"]


class PlaceSearch:
    """The search of one field.

    Args:
        known: what places are called.
        visit: called with latitude and longitude [degrees] of what was found.
        label: what is to be typed.
        go: what stands on the button.
    """

    def __init__(self, known: Gazetteer, visit: Callable[[float, float], Any], label: str, go: str) -> None:
        self._known, self._visit = known, visit
        self._suggested: tuple[str, list[Place]] = ("", [])
        self._last: tuple[tuple[float, float] | None, str] = (None, "")
        self._numbers = count(1)
        self.field = Field(label=label, go=go, hint=tr("Zürich, Brazil, or 47.4, 8.5"), sizing_mode="stretch_width", margin=0)
        self.panel = self.field
        self.field.param.watch(lambda event: self._suggest(event.new), "asked")
        self.field.param.watch(lambda event: self._choose(event.new), "chosen")

    def follow(self, place: tuple[float, float] | None) -> None:
        """Write what is shown in the field, by the name it was found by, and take back what was said below it."""
        named, title = self._last
        text = "" if place is None else title if place == named else words.place(*place)
        self.field.param.update(text=self._another(text), message=self._another(""))

    def _another(self, text: str) -> dict[str, Any]:
        # the browser may have changed what it shows since: the same text is to be written again
        return {"text": text, "number": next(self._numbers)}

    def _suggest(self, asked: Any) -> None:
        text = _text(asked)
        self._suggested = (text, self._known.suggest(text))
        self.field.found = {"text": text, "places": [[place.name, _whereabouts(place)] for place in self._suggested[1]]}

    def _choose(self, chosen: Any) -> None:
        text, pick = _text(chosen), chosen.get("pick") if isinstance(chosen, dict) else None
        _, listed = self._suggested
        try:
            place = listed[pick] if isinstance(pick, int) and 0 <= pick < len(listed) else self._known.find(text)
        except UnknownPlaceError as refusal:
            self.field.message = self._another(str(refusal))
            return
        found = (place.latitude, place.longitude)
        self._last = (found, place.title or words.place(*found))
        self.follow(found)
        self._visit(*found)


def _text(sent: Any) -> str:
    """What a browser sent as text."""
    text = sent.get("text") if isinstance(sent, dict) else ""
    return text[:LONGEST] if isinstance(text, str) else ""


def _whereabouts(place: Place) -> str:
    """Country and coordinates, which tell places of one name apart."""
    where = words.place(place.latitude, place.longitude)
    return f"{place.country} · {where}" if place.country else tr("country, a place inside it at {where}", where=where)
