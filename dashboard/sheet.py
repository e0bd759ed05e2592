"""A map with what stands around it: its title, its colour scale and what it is."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import panel as pn

from dashboard import legend, theme, words
from dashboard.catalogue import GAINS, MAPS, SCENARIO_VIEWS, VIEWS
from dashboard.choice import Choice
from dashboard.dress import dress, fades
from dashboard.engine import Answer, Engine
from dashboard.globe import Globe
from dashboard.language import tr
from dashboard.projection import BY_NAME


class Sheet:
    """One map of the page.

    Args:
        engine: the model.
        place: name of its place on the stage.
        globe: what it shows values on.
    """

    def __init__(self, engine: Engine, place: str, globe: Globe) -> None:
        self._engine, self.globe = engine, globe
        self._drawn: tuple[Any, ...] = ()
        self.fitted, self.fits = False, False
        self._said = ""
        self._faded: tuple[str, str] | None = None
        text: dict[str, Any] = {"sizing_mode": "stretch_width"}
        self.title = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=(6, 0, 0, 0), css_classes=[f"title-{place}"], **text)
        globe.figure.css_classes = [f"globe-{place}"]  # its pane has no element of its own
        pane = pn.pane.Bokeh(globe.figure, margin=0, css_classes=[f"globe-{place}"], **text)
        self.bar = pn.pane.HTML("", stylesheets=[theme.TEXT, legend.BAR], margin=0, **text)
        self.about = pn.pane.HTML("", stylesheets=[theme.TEXT], margin=(6, 0, 0, 0), **text)
        foot = pn.Column(self.bar, self.about, margin=0, css_classes=[f"foot-{place}"], **text)
        self.parts = [self.title, pane, foot]

    def fit(self, fitted: bool) -> None:
        """Let the colours of a change fit the very values that are shown next, or not."""
        self.fitted, self._drawn = fitted, ()

    def show(self, answer: Answer) -> None:
        """Put an answer on the map; what did not change is not sent again."""
        choice = answer.choice
        self.globe.lay(BY_NAME[choice.projection])
        self.globe.mark(choice.place, choice.second_place)
        self.globe.cover(choice.region, answer.part)
        view = self._engine.view(choice)
        what = (choice.variable, choice.depth, view)
        self._say(choice, view)
        drawn = (*what, self._fade(choice), choice.change if view in SCENARIO_VIEWS else None)
        if drawn == self._drawn:
            return
        if drawn[:4] != self._drawn[:4]:
            self.fitted = self.fitted and (not self._drawn or what == self._drawn[:3])
            self._dress(answer, view)
        self.globe.put(self._engine.map_values(answer))
        self._drawn = drawn

    def _say(self, choice: Choice, view: str) -> None:
        """Let the pointer read what is known of a value."""
        still = view == "baseline" or (view == "scenario" and choice.scenario.is_baseline)
        said = "baseline" if still else "scenario" if view == "scenario" else "spread" if view == "uncertainty" else "plain"
        if said != self._said:
            self.globe.say(said)
            self._said = said

    def _fade(self, choice: Choice) -> tuple[str, str] | None:
        """Fade what is uncertain, where that is wished for and known.

        Returns:
            what is faded, if anything is.
        """
        faded = (choice.variable, choice.depth) if fades(self._engine, choice) else None
        if faded != self._faded:
            self.globe.fade(None if faded is None else self._engine.fields.fading(*faded))
            self._faded = faded
        return faded

    def _dress(self, answer: Answer, view: str) -> None:
        """Title, colours and colour bar for what the map shows."""
        choice, fields = answer.choice, self._engine.fields
        variable, worn = MAPS[choice.variable], dress(self._engine, answer, self.fitted)
        self.fits = worn.kind == "change"
        relative = np.zeros(0)
        if worn.kind != "change" and not fields.refusal(variable.name, "uncertainty"):
            relative = fields.coefficient_of_variation(variable.name, choice.depth)
        self.globe.colour(worn)
        self.globe.point(variable.label, worn, relative)
        self.title.object = legend.heading(worn.title, (fields.refusal(variable.name, key) for key in VIEWS))
        bar = legend.colour_bar(worn.colours, worn.limits, worn.unit, worn.logarithmic, self.fits, variable.name)
        self.bar.object = bar + (legend.fading(worn.colours) if self._faded else "")
        about = f"{self._summed(choice)}{variable.about}"
        self.about.object = f"<p class='quiet keys'>{escape(about)}</p>" if about else ""

    def _summed(self, choice: Choice) -> str:
        """What a map of sensitivity adds up to."""
        if choice.variable not in GAINS:
            return ""
        total = self._engine.model.global_stock(self._engine.fields.gains(choice.depth)[GAINS[choice.variable]])
        return tr("Over all land: {total} Pg C. ", total=words.signed(float(total)))
