"""Whether a part of the page is in sight."""

from __future__ import annotations

from typing import ClassVar

import panel as pn
import param


class Sight(pn.custom.JSComponent):
    """Lies behind all of what holds it, and tells whether any of that is in sight."""

    near = param.Parameter(default=False, doc="Whether it is in sight, as the browser says.")

    _esm = """
    export function render({model, view}) {
      const mark = document.createElement("div")
      const watch = new IntersectionObserver((seen) => {
        model.near = seen.at(-1).isIntersecting
      }, {rootMargin: "0px 0px -100px 0px"})  // its upper edge alone is not a look
      watch.observe(view.el)
      return mark
    }
    """
    _stylesheets: ClassVar[list[str]] = [
        ":host { position: absolute !important; inset: 0; width: 100% !important; height: 100% !important; "
        "pointer-events: none; }"
    ]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["near", "data.near"]
