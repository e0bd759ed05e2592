"""A button in the bar at the top that opens something; on a narrow screen its name is left to its picture and its tooltip."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param

ICONS = {
    "lessons": "M5 13.18v4L12 21l7-3.82v-4L12 17l-7-3.82zM12 3 1 9l11 6 9-4.91V17h2V9L12 3z",
    "present": "M20 3H4a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h7v2.2L7.6 22h2.9l1.5-1.2 1.5 1.2h2.9L13 19.2V17h7a1 1 0 0 0 1-1V4a1 1 0 0 "
    "0-1-1zm-1 12H5V5h14v10zm-9-8v6l5-3z",
}


class Opener(pn.custom.JSComponent):
    """The button; ``pressed`` counts."""

    label = param.String(doc="Its name.")
    about = param.String(doc="What it opens, as a tooltip.")
    path = param.String(doc="Its picture, as the path of an SVG of 24 by 24.")
    pressed = param.Parameter(default=0, doc="How often it was pressed, as the browser says.")

    _esm = """
    export function render({model, el}) {
      const button = document.createElement("button")
      button.type = "button"
      button.setAttribute("aria-label", model.label)
      button.title = model.about
      button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path></path></svg><span></span>`
      button.querySelector("path").setAttribute("d", model.path)
      button.querySelector("span").textContent = model.label
      button.addEventListener("click", () => { model.pressed = (Number(model.pressed) || 0) + 1 })
      return button
    }
    """
    _stylesheets: ClassVar[list[Any]] = [
        """
        button { display: flex; align-items: center; gap: 7px; font: 500 14px Roboto, Helvetica, Arial, sans-serif; color: #fff;
          background: none; border: 0; border-radius: 6px; padding: 7px 9px; cursor: pointer; min-height: 36px; min-width: 36px; }
        button:hover { background: rgb(255 255 255 / .14); }
        button:focus-visible { outline: 2px solid #fff; outline-offset: -2px; }
        svg { fill: currentColor; width: 21px; height: 21px; }
        @media (max-width: 1100px) { span { display: none; } }
        """
    ]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["pressed", "data.pressed"]
