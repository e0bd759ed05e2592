"""What is missing or unsound, in a calm place."""

from __future__ import annotations

from html import escape

import panel as pn

from dashboard import theme

STYLE = """
:host { border-left: 4px solid #c2571a !important; }
ul { margin: 0; padding: 0; list-style: none; }
li { font-size: 14px; line-height: 1.45; overflow-wrap: anywhere; }
"""


class Notices:
    """Sentences that every visitor should read; nothing where there are none."""

    def __init__(self, notices: tuple[str, ...]) -> None:
        items = "".join(f"<li>{escape(notice)}</li>" for notice in notices)
        self.text = pn.pane.HTML(
            f"<ul role=note aria-label=Notices>{items}</ul>", stylesheets=[theme.TEXT, theme.CARD, STYLE], visible=bool(notices)
        )
        self.panel = self.text
