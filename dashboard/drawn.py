"""A diagram that can be taken away: the figure of the page, its heading, and in words and signs what stands around it there.

Whatever part of the page draws diagrams is a :class:`Home` and hands out those that are drawn now; no list of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any, NamedTuple, Protocol

from matplotlib.figure import Figure


class Sign(NamedTuple):
    """How something is drawn, for the legend; on the page words beside the figure say it.

    Attributes:
        label: what it is.
        colour: of it.
        shape: name of a marker in Bokeh, or ``line``, ``dashed``, ``dotted``, ``band``.
        edge: colour of a marker's edge, or none for that of white ground.
        alpha: opacity of a band.
    """

    label: str
    colour: str
    shape: str = "line"
    edge: str | None = None
    alpha: float = 1.0


class Sketch(NamedTuple):
    """A drawing for paper of what the page draws otherwise than with Bokeh.

    Attributes:
        height: of it [inches].
        draw: draws it into a rectangle of a figure, given as left, bottom, width and height [fraction of the figure]; it holds
            its data, which do not change, and may be called in any thread.
    """

    height: float
    draw: Callable[[Figure, tuple[float, float, float, float]], None]


class Drawn(NamedTuple):
    """A diagram of the page.

    Attributes:
        title: its heading, one of its own.
        figure: of Bokeh, with the data that it shows now, or a :class:`Sketch`.
        signs: its legend.
        said: what it shows, in plain sentences.
        scale: what its scale of colours stands for; there is none where this is empty.
        follows: whether it shows the scenario, so that the sentence of the page belongs below it.
    """

    title: str
    figure: Any
    signs: tuple[Sign, ...] = ()
    said: str = ""
    scale: str = ""
    follows: bool = False


class Home(Protocol):
    """A part of the page with diagrams."""

    def drawn(self) -> list[Drawn]:
        """Those that are drawn now."""


def words_of(html: str) -> str:
    """HTML as plain text: what its tags say is lost, paragraphs are sentences one after the other.

    >>> words_of("<p>A <b>bold</b> word.</p><p class=quiet>CO&#8322;</p>")
    'A bold word. CO₂'
    """
    return " ".join(unescape(re.sub("<[^>]*>", "", re.sub(r"</p>|<br>|</h\d>", " ", html))).split())
