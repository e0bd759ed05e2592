"""Presentation: one view at a time fills the screen, in large type, led by keys or a clicker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from dashboard.choice import Guide
from dashboard.language import tr
from dashboard.link import PRESENTATION
from dashboard.opener import ICONS, Opener
from dashboard.presentations import presentations, view_of
from dashboard.state import State

HERE = Path(__file__).parent
UNSPOKEN = ("headline", "stocks", "shares", "mechanisms", "evidence", "goals")
"""Parts that say themselves what the sentence of the page would say, or are about something else."""


class Stage(pn.custom.JSComponent):
    """Covers the page, but for the part of it that is shown."""

    shown = param.Dict(default={}, doc="What it shows; nothing while nobody presents.")
    said = param.Dict(default={}, doc="Texts of its buttons.")
    sentence = param.String(doc="What the model says about the view, while it says something.")
    asked = param.Parameter(default=None, doc="What the browser asks for, and a number that makes each wish another.")

    _esm = HERE / "present.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "present.css").read_text()]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["asked", "data.asked"]


class Present:
    """The presentation of one visitor.

    Args:
        state: what the visitor chose.
        sentence: the sentence at the head of the page, whose ``text`` is shown with the view.
    """

    def __init__(self, state: State, sentence: param.Parameterized) -> None:
        self._state, self._sentence = state, sentence
        self.opener = Opener(label=tr("Present"), about=tr("Present: one view at a time, large"), path=ICONS["present"])
        self.stage = Stage(said=_said(), margin=0)
        self.panel = self.stage
        self.opener.param.watch(lambda _: self._go(1), "pressed")
        self.stage.param.watch(lambda event: self._do(event.new), "asked")
        sentence.param.watch(lambda _: self._speak(), "text")
        state.param.watch(lambda _: self._show(), "choice")
        self._show()

    @property
    def card(self) -> str:
        """The part of the page that fills the screen; empty while nobody presents."""
        return str(self.stage.shown.get("card", ""))

    def _do(self, asked: Any) -> None:
        """Do what a browser asked for, if it is something that can be done."""
        what, guide = asked.get("what") if isinstance(asked, dict) else None, self._state.choice.guide
        if guide is None or view_of(guide) is None:
            return
        if what == "leave":
            self._state.leave()
        elif isinstance(what, str):
            last = len(presentations()[guide.name].views)
            steps = {"next": guide.step + 1, "back": guide.step - 1, "first": 1, "last": last}
            self._go(steps.get(what, guide.step), guide.name)

    def _go(self, step: int, name: str = PRESENTATION) -> None:
        guide = Guide("present", name, step)
        view = view_of(guide) if step > 0 else None
        if view is not None and guide != self._state.choice.guide:
            self._state.go_to(guide, view.page)

    def _show(self) -> None:
        guide = self._state.choice.guide
        view = view_of(guide)
        if guide is None or view is None:
            self.stage.shown = {}
            return
        presentation = presentations()[guide.name]
        self.stage.shown = {
            "name": str(presentation.title),
            "at": guide.step,
            "of": len(presentation.views),
            "progress": tr("View {view} of {views}", view=guide.step, views=len(presentation.views)),
            "title": str(view.title),
            "card": view.card,
            "notes": str(view.notes).split("\n\n"),
        }
        self._speak()

    def _speak(self) -> None:
        """Say what the head of the page says, where it is about what is shown."""
        choice = self._state.choice
        view = view_of(choice.guide)
        about = view is not None and view.card not in UNSPOKEN and choice.variable == "soc" and choice.view != "uncertainty"
        self.stage.sentence = self._sentence.text if about else ""


def _said() -> dict[str, str]:
    return {
        "stage": tr("Presentation"),
        "next": tr("Next"),
        "back": tr("Back"),
        "notes": tr("Notes"),
        "leave": tr("Leave"),
        "keys": tr("Arrow keys or Page Up and Page Down lead through the views, n shows notes, Escape leaves."),
    }
