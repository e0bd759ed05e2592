"""Something that is told only to those who open it."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param

from dashboard import theme

LOOK = """
summary { cursor: pointer; font-size: 14px; padding: 4px 0; } .frame { overflow-x: auto; }
.what { font-weight: 700; margin-top: 8px; }
summary:focus-visible, .frame:focus-visible { outline: 2px solid #c2571a; outline-offset: 1px; }
"""


class Details(pn.custom.JSComponent):
    """A line that opens; what it holds need not be made before."""

    label = param.String(doc="The line.")
    held = param.String(doc="What it holds, as HTML.")
    opened = param.Parameter(default=False, doc="Whether it is open, as the browser says.")

    _esm = """
    export function render({model}) {
      const details = document.createElement("details"), summary = document.createElement("summary")
      const held = document.createElement("div")
      summary.textContent = model.label
      details.append(summary, held)
      const show = () => { held.innerHTML = model.held }
      details.addEventListener("toggle", () => { model.opened = details.open })
      model.on("held", show)
      show()
      return details
    }
    """
    _stylesheets: ClassVar[list[Any]] = [theme.TEXT + LOOK]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["opened", "data.opened"]
