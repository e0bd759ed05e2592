"""What a visitor does and sees, in the words of a visitor."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from dashboard import projection

CUE = "Microbial CUE"
BASELINE = re.compile("^The soils of the model hold ")

# The map's figure is the one with an image; its canvas is the largest on the page, under all shadow roots.  The first of the
# figure's canvases is the one with the data.
TOOLS = """
window.proda = {
  models: () => [...Bokeh.documents[0]._all_models.values()],
  figure: () => proda.models().find((m) => m.type === "Figure" && m.renderers.some((r) => r.glyph && r.glyph.type === "Image")),
  canvas: () => {
    const found = []
    const walk = (root) => {
      for (const part of root.querySelectorAll("*")) {
        if (part.tagName === "CANVAS") { found.push(part) }
        if (part.shadowRoot) { walk(part.shadowRoot) }
      }
    }
    walk(document)
    return found.sort((a, b) => b.width * b.height - a.width * a.height)[0]
  },
  picture: () => {
    const canvas = proda.canvas()
    if (!canvas || !canvas.width) { return null }
    const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)
    const colours = new Set()
    let hash = 0
    for (const pixel of pixels) { hash = (Math.imul(hash, 31) + pixel) | 0; colours.add(pixel) }
    return {hash, colours: colours.size}
  },
  // counts how often a sentence changes from now on
  count: (sentence) => {
    proda.changes = 0
    proda.observer?.disconnect()
    proda.observer = new MutationObserver(() => { proda.changes += 1 })
    proda.observer.observe(sentence, {childList: true, characterData: true, subtree: true})
  },
  slider: (label) => proda.models().find((m) => m.label === label && "start" in m && "fine" in m),
}
"""


@dataclass
class Visitor:
    """Somebody in front of a page."""

    page: Page
    received: int = 0
    """What came over the websocket so far [bytes]."""

    def __post_init__(self) -> None:
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._receive))

    def _receive(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def wait_until_drawn(self, sentence: re.Pattern[str] = BASELINE) -> None:
        """Wait for the first sentence, a map with colours, and an end of the veil that lies over a page that is being drawn."""
        expect(self.status).to_have_text(sentence)
        self.page.evaluate(TOOLS)
        self.page.wait_for_function("() => { const now = proda.picture(); return now && now.colours > 50 }", polling=100)
        expect(self.page.locator("#loader")).to_be_hidden()

    def wait_until_complete(self) -> None:
        """Wait for the cards below the map, which come after it."""
        self.page.wait_for_function("() => proda.models().some((m) => m.css_classes?.includes('card-own'))", polling=100)

    @property
    def status(self) -> Locator:
        """The sentence."""
        return self.page.get_by_role("status")

    @property
    def sentence(self) -> str:
        """Its text."""
        return self.status.text_content() or ""

    def slider(self, name: str = CUE) -> Locator:
        """A slider by its exact name."""
        return self.page.get_by_role("slider", name=name, exact=True)

    def picture(self) -> int:
        """A hash of the map's pixels."""
        found: int = self.page.evaluate("proda.picture().hash")
        return found

    def expect_other_picture(self, than: int) -> None:
        """Wait for the map to change."""
        self.page.wait_for_function("(before) => proda.picture().hash !== before", arg=than, polling=50)

    def expect_picture(self, this: int) -> None:
        """Wait for the map to become what it was."""
        self.page.wait_for_function("(wanted) => proda.picture().hash === wanted", arg=this, polling=50)

    def press(self, key: str, name: str = CUE) -> None:
        """Press a key on a slider and wait until sentence and map have changed."""
        sentence, picture = self.sentence, self.picture()
        self.slider(name).press(key)
        expect(self.status).not_to_have_text(sentence)
        self.expect_other_picture(picture)

    def walk(self, keys: list[str], name: str = CUE, pause: int = 15) -> None:
        """Press keys on a slider, each ``pause`` [ms] after the other, whatever the page is busy with."""
        self.slider(name).evaluate(
            """(slider, [keys, pause]) => new Promise((done) => keys.forEach((key, i) => setTimeout(() => {
                 slider.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}))
                 if (i === keys.length - 1) { done() }
               }, i * pause)))""",
            [keys, pause],
        )

    def count_sentences(self) -> Callable[[], int]:
        """How often the sentence changes from now on."""
        self.status.evaluate("(sentence) => proda.count(sentence)")
        return lambda: int(self.page.evaluate("proda.changes"))

    def reset(self) -> None:
        """Take everything back."""
        self.page.get_by_role("button", name="Reset all").click()
        expect(self.status).to_have_text(BASELINE)

    def extent(self) -> list[float]:
        """What the map shows: west, east, south, north [m]."""
        found: list[float] = self.page.evaluate(
            "() => { const f = proda.figure(); return [f.x_range.start, f.x_range.end, f.y_range.start, f.y_range.end] }"
        )
        return found

    def spot(self, latitude: float, longitude: float, on: projection.Projection = projection.EQUAL_EARTH) -> tuple[float, float]:
        """Where a place lies in the window [px], scrolled into view."""
        box: dict[str, Any] = self.page.evaluate(
            """() => {
              const c = proda.canvas(), f = proda.figure()
              c.scrollIntoView({block: 'center'})
              const all = c.getBoundingClientRect()
              return {left: all.left + (all.width - f.inner_width) / 2, top: all.top + (all.height - f.inner_height) / 2,
                      width: f.inner_width, height: f.inner_height}
            }"""
        )
        west, east, south, north = self.extent()
        x, y = projection.to_point(longitude, latitude, on)
        return box["left"] + box["width"] * (x - west) / (east - west), box["top"] + box["height"] * (north - y) / (north - south)

    def click(self, latitude: float, longitude: float) -> None:
        """Click a place on the map."""
        self.page.mouse.click(*self.spot(latitude, longitude))

    def send(self, label: str, value: str) -> None:
        """Send a value [JavaScript] for a slider over the websocket, past all that the page checks."""
        self.page.evaluate(f"(label) => {{ proda.slider(label).value = {value} }}", label)
