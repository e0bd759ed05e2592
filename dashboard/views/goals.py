"""What would it take?  A goal for the world's stock, and the change of each mechanism alone that reaches it, or why none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import theme, words
from dashboard.catalogue import CONTROLS, DEPTH_WORDS
from dashboard.engine import Answer
from dashboard.goals import WHEN, YEARS, Findings, Goal
from dashboard.language import later, mark, tr
from dashboard.sight import Sight
from dashboard.state import State
from proda_core.scenario import finite
from proda_core.simulation.targets import IN_THE_END, PER_MILLE, Need

HERE = Path(__file__).parent
PETAGRAMS = mark("A number of Pg C")
SHARES: dict[str, float] = {mark("10 % more carbon"): 0.1, mark("4 per 1000, for 30 years"): PER_MILLE * YEARS}
"""Goals that are a share of today's stock [1]."""

MOST = 1000.0
"""Largest amount that can be asked for [Pg]."""

COLUMNS = {
    IN_THE_END: mark("There in the end with"),
    YEARS: later("There after {years} years with", years=f"{YEARS:g}"),
}
MEANING = {
    "10 % more carbon": mark("A tenth more than today."),
    "4 per 1000, for 30 years": mark(
        "The initiative asks soils to gain 0.4 % of their carbon every year (Minasny et al. 2017, "
        "doi:10.1016/j.geoderma.2017.01.002): 12 % in thirty years, to be there by then and not only in the end. It speaks of "
        "the top 30 to 40 cm; here the depth is that of the map."
    ),
    PETAGRAMS: mark(
        "Less than zero for a loss. The world emits some 11 Pg C a year by burning fossil fuels and clearing land "
        "(Friedlingstein et al. 2023, doi:10.5194/essd-15-5301-2023)."
    ),
}
SCOPE = mark(
    "One mechanism at a time, everywhere on land, within the range of its slider, by the best estimate of the parameters."
)
TROUBLE = mark("What this takes could not be computed. Choose another goal to go on.")
GRID = """
:host { grid-column: 1 / -1; display: grid !important; gap: 8px 28px; align-items: start; position: relative;
  grid-template-columns: minmax(0, 1fr); }
@media (min-width: 1500px) { :host { grid-template-columns: 330px minmax(0, 1fr); } }
"""


class Table(pn.custom.JSComponent):
    """The table, with a button in each row that has something to set."""

    caption = param.String(doc="What is asked for.")
    head = param.List(doc="Names of the columns.")
    rows = param.List(doc="Dictionaries of label, cells (text, far, waits) and sets (name, text, said).")
    pressed = param.Parameter(default=None, doc="Which button was pressed, and a number that makes each press another.")

    _esm = HERE / "goals.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "goals.css").read_text()]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["pressed", "data.pressed"]


class Goals(param.Parameterized):
    """The card; ``goal`` is what to find."""

    goal = param.ClassSelector(class_=Goal, default=None, allow_None=True)

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._depth = state.choice.depth
        self._findings: Findings | None = None
        self._failed = False
        self._kinds = {tr(name): name for name in (*SHARES, PETAGRAMS)}
        names = list(self._kinds)
        self.kind = pmui.Select(label=tr("Goal"), options=names, value=names[0], size="small", width=250, margin=(8, 0, 4, 0))
        self.amount = pmui.TextInput(label="Pg C", value="100", size="small", width=120, margin=(8, 0, 4, 0), visible=False)
        self.text = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=0, sizing_mode="stretch_width")
        self.table = Table(sizing_mode="stretch_width", margin=0)
        self.sight = Sight(margin=0)
        title = pn.pane.HTML(f"<h2>{tr('What would it take?')}</h2>", stylesheets=[theme.TEXT], margin=0)
        left = pn.Column(title, self.kind, self.amount, self.text, sizing_mode="stretch_width", margin=0)
        self.panel = pn.Column(left, self.table, self.sight, stylesheets=[theme.CARD, GRID])
        for widget in (self.kind, self.amount):
            widget.param.watch(lambda _: self._choose(), "value")
        self.table.param.watch(lambda event: self._set(event.new), "pressed")
        self._choose()

    def show(self, answer: Answer) -> None:
        """The depth may have changed."""
        if answer.choice.depth != self._depth:
            self._depth = answer.choice.depth
            self._choose()

    def draw(self, findings: Findings) -> None:
        """Show what is known so far."""
        if findings.goal == self.goal:
            self._findings, self._failed = findings, False
            self._update()

    def fail(self, _: Exception) -> None:
        """Say that it could not be found."""
        self._failed = True
        self._update()

    @property
    def _kind(self) -> str:
        return self._kinds.get(self.kind.value, PETAGRAMS)

    def _choose(self) -> None:
        kind = self._kind
        self.amount.visible = kind == PETAGRAMS
        self._findings, self._failed = None, False
        share = SHARES.get(kind)
        amount = None if share is not None else parsed(self.amount.value)
        self.goal = None if share is None and amount is None else Goal(share, amount, self._depth)
        self._update()

    def _update(self) -> None:
        said = f"<p class=quiet>{tr(MEANING[self._kind])}</p>"
        if self.goal is None:
            said += f"<p>{tr('Expected a number of Pg C other than zero, at most {most}.', most=f'{MOST:,.0f}')}</p>"
        if self._failed:
            said += f"<p>{tr(TROUBLE)}</p>"
        self.text.object = f"{said}<p class=quiet>{tr(SCOPE)}</p>"
        found = self._findings
        where = tr(DEPTH_WORDS[self._depth])
        asked = "…" if found is None else f"{words.signed(found.gain)} Pg C"
        needs = {} if found is None else found.needs
        self.table.param.update(
            caption=tr("{asked} {where}, by one mechanism alone:", asked=asked, where=where),
            head=[tr("Mechanism"), *map(tr, COLUMNS.values()), ""],
            rows=[row(name, needs) for name in CONTROLS] if self.goal is not None else [],
        )

    def _set(self, pressed: Any) -> None:
        """Put the slider where the goal is reached, the others to the baseline."""
        name = pressed.get("name") if isinstance(pressed, dict) else None
        if self._findings is None or not isinstance(name, str):
            return
        need = self._findings.needs.get((IN_THE_END, name))
        if need is not None and need.change is not None:
            self._state.only(name, round(need.change * CONTROLS[name].scale, 2))


def row(name: str, needs: dict[tuple[float, str], Need]) -> dict[str, Any]:
    """One mechanism as a row of the table."""
    control = CONTROLS[name]
    cells = []
    for years in WHEN:
        need = needs.get((years, name))
        if need is None:
            cells.append({"text": "…", "waits": True, "far": False})
        elif need.change is None:
            cells.append({"text": out_of_range(need), "far": True, "waits": False})
        else:
            cells.append({"text": changed(name, need.change), "far": False, "waits": False})
    end = needs.get((IN_THE_END, name))
    sets = []
    if end is not None and end.change is not None:
        said = tr("Set {what} to {change}", what=tr(control.noun), change=changed(name, end.change))
        sets = [{"name": name, "text": tr("Show"), "said": said}]
    return {"label": tr(control.label), "cells": cells, "sets": sets}


def changed(name: str, change: float) -> str:
    """A change in the unit of its slider.

    >>> changed("cue", 0.0456), changed("warming", -1.47)
    ('+4.6 %', '−1.5 °C')
    """
    return f"{words.signed(change * CONTROLS[name].scale, 2)} {CONTROLS[name].unit}"


def out_of_range(need: Need) -> str:
    """What a mechanism can do that does not reach the goal."""
    if need.at == 0:
        return tr("never: every change goes the other way")
    most = {"gain": words.signed(need.gain, 2), "change": changed(need.mechanism, need.at)}
    return tr("never: at most {gain} Pg C, at {change}", **most)


def parsed(text: Any) -> float | None:
    """A typed amount [Pg], if it is one that can be asked for.

    >>> parsed("100"), parsed("−5,5"), parsed("0"), parsed("x"), parsed("1e9")
    (100.0, -5.5, None, None, None)
    """
    if not isinstance(text, str) or len(text) > 20:
        return None
    try:
        value = finite(float(text.replace(words.MINUS, "-").replace(",", ".")))
    except ValueError:
        return None
    return value if value and abs(value) <= MOST else None
