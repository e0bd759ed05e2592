"""What is missing or unsound, in a calm place."""

from __future__ import annotations

from html import escape

import panel as pn

from dashboard import theme
from dashboard.language import tr

STYLE = """
:host { border-left: 4px solid #c2571a !important; }
ul { margin: 0; padding: 0; list-style: none; }
li { font-size: 14px; line-height: 1.45; overflow-wrap: anywhere; }
"""


class Notices:
    """Sentences that every visitor should read; nothing where there are none."""

    def __init__(self, notices: tuple[str, ...]) -> None:
        items = "".join(f"<li>{escape(tr(notice))}</li>" for notice in notices)
        self.text = pn.pane.HTML(
            f"<ul role=note aria-label='{tr('Notices')}'>{items}</ul>", stylesheets=[theme.TEXT, theme.CARD, STYLE],
            visible=bool(notices),
        )  # fmt: skip
        self.panel = self.text
