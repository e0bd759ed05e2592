"""How a map is dressed: its title, unit, colours and the ends of their scale; the same on the page and in print."""

from __future__ import annotations

from typing import NamedTuple

from dashboard import words
from dashboard.catalogue import DEPTHS, EVIDENCE, MAPS, PARAMETERS, SENSITIVITY, SPREAD_COLOURS, MapVariable
from dashboard.choice import Choice
from dashboard.engine import Answer, Engine

KINDS = {"uncertainty": "spread", "change": "change", "percent": "change"}
"""Views whose values carry a sign."""


class Dress(NamedTuple):
    """What stands around the values of a map.

    Attributes:
        title: what is shown, with its unit in brackets.
        unit: of the values.
        colours: name of the colour map.
        logarithmic: whether colours follow the logarithm.
        limits: ends of the colour scale [unit].
        kind: ``spread``, ``change`` or nothing.
    """

    title: str
    unit: str
    colours: str
    logarithmic: bool
    limits: tuple[float, float]
    kind: str


def dress(engine: Engine, answer: Answer, fitted: bool = False) -> Dress:
    """The dress of what an answer puts on the map.

    Args:
        engine: the model.
        answer: what is shown.
        fitted: whether the scale of a change is to fit this very answer.
    """
    choice = answer.choice
    view, variable = engine.view(choice), MAPS[choice.variable]
    kind = KINDS.get(view, "")
    limits = engine.fitted_limits(answer) if fitted and kind == "change" else engine.colour_limits(choice)
    name, logarithmic = variable.colours, variable.logarithmic
    if kind:
        name, logarithmic = "vik" if kind == "change" else SPREAD_COLOURS, False
    depth = DEPTHS[choice.depth] if variable.has_depth else None
    title = words.map_title(variable.label, variable.unit, _said(engine, variable, view), depth)
    return Dress(title, "%" if view == "percent" else variable.unit, name, logarithmic, limits, kind)


def fades(engine: Engine, choice: Choice) -> bool:
    """Whether a map fades where it is uncertain: that is wished for, and known."""
    return choice.fade and not engine.fields.unfaded(choice.variable, engine.view(choice))


def _said(engine: Engine, variable: MapVariable, view: str) -> str:
    """A view in the title of a map."""
    if variable.group in (EVIDENCE, SENSITIVITY):
        return ""
    if variable.group == PARAMETERS and view == "baseline":
        return "the same everywhere, not retrieved" if engine.ensemble is None else "best estimate"
    return view
