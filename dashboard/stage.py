"""Where maps lie: one alone, two beside one another, or one over the other with a divider between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param

from dashboard.language import tr
from dashboard.sheet import Sheet

HERE = Path(__file__).parent
LAYOUT = (HERE / "stage.css").read_text()


class Divider(pn.custom.JSComponent):
    """Lies over the maps of a stage: the divider of two, and the wheel of the mouse, which scrolls the page as elsewhere.

    What it does needs no server: the maps share their ranges, and the upper one is cut off where the divider stands.
    """

    swipes = param.Boolean(default=False, doc="Whether there is a divider.")
    label = param.String(doc="What the divider is called.")
    hint = param.String(doc="How to zoom, shown to those who turn the wheel over a map.")
    share = param.Parameter(default=50, doc="Where the divider stands, from the left [%], as the browser says.")

    _esm = HERE / "stage.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "divider.css").read_text()]


class Stage:
    """The place of the maps.

    Args:
        first: the chosen map.
        divider: where the divider stands at first, from the left [%].
    """

    def __init__(self, first: Sheet, divider: int = 50) -> None:
        self._first, self._how = first, ""
        self.divider = Divider(
            label=tr("Divider between the two maps"),
            hint=tr("To zoom the map, hold Ctrl (⌘ on a Mac) while you turn the wheel, or click the map first"),
            share=divider, css_classes=["divider"], margin=0,
        )  # fmt: skip
        self.panel = pn.Column(
            *first.parts, self.divider, stylesheets=[LAYOUT], css_classes=["one"], sizing_mode="stretch_width", margin=0
        )

    def lay(self, how: str, second: Sheet | None) -> None:
        """Lay out the maps in one of the ways of ``catalogue.COMPARISONS``; a way with two needs a second."""
        if how == self._how:
            return
        others = second.parts if how and second is not None else []
        if bool(how) != bool(self._how):
            self.panel.objects = [*self._first.parts, *others, self.divider]
        self.panel.css_classes = [how or "one"]
        self.divider.swipes = how == "swipe"
        self._how = how
