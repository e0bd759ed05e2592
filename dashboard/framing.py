"""How maps are looked at: nothing of it needs the model, takes a step or is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.language import tr
from dashboard.link_values import RefusalError, decimal, parsed, quoted

KEYS = ("zoom", "fit", "hatch", "divider")
"""Keys of how maps are looked at."""

DEEPEST = 40.0
"""How deep a map goes."""

MOST = 100.0
"""Zoom that a link can ask for."""


class Window(NamedTuple):
    """The part of the flat globe that is in sight.

    Attributes:
        zoom: how many times wider the whole is; 1 shows all of it.
        across: its middle, from -1 at the left edge of the globe to 1 at the right.
        up: its middle, from -1 at the lower edge to 1 at the upper.
    """

    zoom: float = 1.0
    across: float = 0.0
    up: float = 0.0

    def on(self, across: float, up: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Ends of what is in sight on a globe of half a width and half a height, across and up [their unit]."""
        return self._along(across, self.across), self._along(up, self.up)

    def _along(self, whole: float, middle: float) -> tuple[float, float]:
        half = whole / min(max(self.zoom, 1.0), DEEPEST)
        centre = min(max(middle * whole, half - whole), whole - half)
        return centre - half, centre + half


class Framing(NamedTuple):
    """How the maps of a page are looked at.

    Attributes:
        window: the part in sight.
        fit: whether the colours of a change fit the very values that are shown.
        hatch: whether land unlike any training site is hatched.
        divider: where the divider between two maps stands, from the left [%].
    """

    window: Window = Window()
    fit: bool = False
    hatch: bool = True
    divider: int = 50


def pairs(framing: Framing) -> dict[str, str]:
    """The pairs that stand for how maps are looked at."""
    held = {}
    if framing.window != Window():
        held["zoom"] = ",".join(map(decimal, framing.window))
    if framing.fit:
        held["fit"] = "1"
    if not framing.hatch:
        held["hatch"] = "0"
    if framing.divider != Framing().divider:
        held["divider"] = str(framing.divider)
    return held


def read(given: Mapping[str, str]) -> Framing:
    """How a link looks at maps."""
    divider = parsed(given["divider"]) if "divider" in given else Framing().divider
    if divider is None or not 0 <= divider <= 100:
        raise RefusalError(tr("expected divider between 0 and 100 %, got {got}", got=quoted(given["divider"])))
    window = _window(given["zoom"]) if "zoom" in given else Window()
    return Framing(window, given.get("fit") == "1", given.get("hatch") != "0", round(divider))


def _window(text: str) -> Window:
    """The part of the globe that a link shows."""
    numbers = [number for number in map(parsed, text.split(",")) if number is not None]
    if len(numbers) == len(text.split(",")) == len(Window._fields):
        window = Window(*numbers)
        if 1.0 <= window.zoom <= MOST and max(abs(window.across), abs(window.up)) <= 1.0:
            return window
    raise RefusalError(
        tr("expected zoom to be how deep, how far right and how far up, as in zoom=4,0.1,0.5; got {got}", got=quoted(text))
    )
