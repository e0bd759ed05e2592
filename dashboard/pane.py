"""What the parts of a card are made of: words, room for a diagram, and the diagram in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from dashboard import theme

HEIGHT = 300
"""Of a diagram [px]."""

LOOK = """
h3 { font-size: 15px; margin: 0 0 4px; } p + p, p + div { margin-top: 6px; } table { font-size: 14px; margin-top: 8px; }
caption { font-size: 14px; font-weight: 400; } thead th { white-space: normal; vertical-align: bottom; }
th:first-child { white-space: normal; } td small, th small { opacity: .72; display: block; font-size: 12px; }
.scroll { overflow-x: auto; } .mark { font-size: 16px; line-height: 1; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin: 0 4px 0 10px; }
summary { cursor: pointer; font-size: 14px; margin-top: 8px; }
.long { min-height: 14em; } @media (max-width: 899px) { .long { min-height: 20em; } }
"""
"""Room for the longest words, so that what lies below stands still."""


def soon(call: Callable[[], None]) -> None:
    """Make a change of the page in a turn of its own; at once where nobody looks."""
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        call()
    else:
        document.add_next_tick_callback(call)


def html(text: str) -> pn.pane.HTML:
    """Words."""
    return pn.pane.HTML(text, stylesheets=[theme.TEXT, LOOK], sizing_mode="stretch_width", margin=0)


def room(height: int = HEIGHT) -> pn.Column:
    """Room for a diagram, so that nothing moves when it comes."""
    return pn.Column(height=height, sizing_mode="stretch_width", margin=(0, 0, 8, 0))


def drawn_in(place: pn.Column) -> list[Any]:
    """The figure that stands in a room for a diagram, if one was drawn and is seen."""
    return [pane.object for pane in place.objects] if place.visible else []


def framed(shown: Any, height: int = HEIGHT) -> pn.pane.Bokeh:
    """A figure as wide as there is room."""
    shown.update(height=height, width=None, sizing_mode="stretch_width")
    return pn.pane.Bokeh(shown, sizing_mode="stretch_width", margin=0)
