"""What a visitor does and sees, in the words of a visitor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PageTimeout

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
  slider: (label) => proda.models().find((m) => m.label === label && "start" in m && "fine" in m),
}
"""


@dataclass
class Visitor:
    """Somebody in front of a page."""

    page: Page

    def wait_until_drawn(self) -> None:
        """Wait for the first sentence and a map with colours."""
        expect(self.status).to_have_text(BASELINE)
        self.page.evaluate(TOOLS)
        self.page.wait_for_function("() => { const now = proda.picture(); return now && now.colours > 50 }", polling=100)
        # the page lays itself out once more after it was first drawn; what is clicked before that goes nowhere
        self.page.wait_for_timeout(2000)

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

    def extent(self) -> list[float]:
        """What the map shows: west, east, south, north [m]."""
        found: list[float] = self.page.evaluate(
            "() => { const f = proda.figure(); return [f.x_range.start, f.x_range.end, f.y_range.start, f.y_range.end] }"
        )
        return found

    def spot(self, latitude: float, longitude: float) -> tuple[float, float]:
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
        x, y = projection.to_point(longitude, latitude)
        return box["left"] + box["width"] * (x - west) / (east - west), box["top"] + box["height"] * (north - y) / (north - south)

    def click(self, latitude: float, longitude: float) -> None:
        """Click a place on the map; once more where a page that was only just drawn did not take it."""
        heading = self.page.get_by_role("heading", name=re.compile("^Soil profile at "))
        for _ in range(3):
            spot = self.spot(latitude, longitude)
            self.page.mouse.move(*spot)
            self.page.wait_for_timeout(300)
            self.page.mouse.click(*spot)
            try:
                heading.wait_for(timeout=4000)
            except PageTimeout:
                continue
            return

    def send(self, label: str, value: str) -> None:
        """Send a value [JavaScript] for a slider over the websocket, past all that the page checks."""
        self.page.evaluate(f"(label) => {{ proda.slider(label).value = {value} }}", label)
