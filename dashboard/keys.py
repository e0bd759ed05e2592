"""Keys that open a menu and move in it."""

from __future__ import annotations

from typing import ClassVar

import panel as pn


class Keys(pn.custom.JSComponent):
    """Lets keys open every menu of the page, and leave the field in which one searches it.

    The menus of panel-material-ui 0.16 open by a click only, and their fields keep the arrow keys and Escape to themselves.
    """

    _esm = """
    const KEYS = ["Enter", " ", "ArrowDown", "ArrowUp"]
    const open = (event) => {
      const [at] = event.composedPath()
      if (KEYS.includes(event.key) && at.getAttribute?.("aria-haspopup") === "listbox" && at.tagName !== "INPUT"
          && at.getAttribute("aria-expanded") !== "true") {
        event.preventDefault()
        at.click()
        setTimeout(search, 100)
      }
    }
    const search = () => {
      let here = document.activeElement
      while (here?.shadowRoot?.activeElement) { here = here.shadowRoot.activeElement }
      here?.querySelector?.("input")?.focus()
    }
    const leave = (event) => {
      const [at] = event.composedPath()
      const entry = at.tagName === "INPUT" && at.closest("[role=listbox] [role=option]")
      if (entry && ["Escape", "ArrowDown"].includes(event.key)) {
        event.preventDefault()
        event.stopPropagation()
        entry.focus()
        entry.dispatchEvent(new KeyboardEvent("keydown", {key: event.key, bubbles: true, composed: true, cancelable: true}))
      }
    }
    export function render({model}) {
      document.addEventListener("keydown", open)
      document.addEventListener("keydown", leave, true)
      model.on("remove", () => {
        document.removeEventListener("keydown", open)
        document.removeEventListener("keydown", leave, true)
      })
      return document.createElement("span")
    }
    """
    _stylesheets: ClassVar[list[str]] = [":host { position: absolute; }"]
