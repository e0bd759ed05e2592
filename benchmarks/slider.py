"""From a key press on a slider to the changed sentence and the changed map, as a visitor sees them.

    python -m benchmarks.slider

starts a server of its own, opens the page in Chromium, and moves "Microbial CUE" one arrow key at a time, each move after the
one before is on the page.  The slider begins at -14.5 %, so that no move meets an outcome that the server has kept.  All times
are taken in the page, from the ``keydown`` event:

- sentence: until a ``MutationObserver`` on the status region sees the changed sentence;
- map: until the animation frame after the one in which pixels of the figure's own canvas were found changed.  Some of its
  rows are read with ``getImageData`` in every animation frame.  The pixels are asked rather than the figure's data, because
  between new data and new colours lie the colour mapping and the drawing; and the frame after, because the one in which pixels
  change is on the screen only when the next begins.

Beside them stands what the model alone takes for the same moves: ``GlobalModel.respond`` in this process.

On two cores without a graphics card, means of three runs:

    from key press to      p50     p95     max   [s]
    (the model alone)    0.051   0.057   0.060
    changed sentence     0.123   0.157   0.178
    changed map          0.197   0.256   0.263
"""

from __future__ import annotations

import time

import numpy as np
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from benchmarks._visits import chromium, server
from proda_core.process import kernel
from proda_core.scenario import Scenario
from proda_core.simulation import GlobalModel, load_world

SLIDER = "Microbial CUE"
FIELD = "Set CUE in %"
FIRST = -14.5
MOVES = 30
WARM_UP = 2
PAUSE = 400
"""Rest between moves [ms]."""

STOPWATCH = """
() => {
  const all = (root, test) => {
    const found = []
    for (const part of root.querySelectorAll("*")) {
      if (test(part)) { found.push(part) }
      if (part.shadowRoot) { found.push(...all(part.shadowRoot, test)) }
    }
    return found
  }
  const status = all(document, (part) => part.getAttribute("role") === "status")[0]
  // the map is the largest figure; the first of its canvases holds the data
  const canvas = all(document, (part) => part.tagName === "CANVAS").sort((a, b) => b.width * b.height - a.width * a.height)[0]
  const context = canvas.getContext("2d")
  const pixels = () => {
    let hash = 0
    for (let i = 1; i < 8; i++) {
      const row = new Uint32Array(context.getImageData(0, Math.round(canvas.height * i / 8), canvas.width, 1).data.buffer)
      for (const pixel of row) { hash = (Math.imul(hash, 31) + pixel) | 0 }
    }
    return hash
  }
  const watch = {running: false}
  new MutationObserver(() => {
    if (watch.running && watch.sentence === null) { watch.sentence = performance.now() - watch.start }
  }).observe(status, {childList: true, characterData: true, subtree: true})
  window.addEventListener("keydown", () => {
    Object.assign(watch, {running: true, start: performance.now(), sentence: null, map: null})
    const before = pixels()
    const look = () => {
      if (pixels() === before) { requestAnimationFrame(look) }
      else { requestAnimationFrame(() => { watch.map = performance.now() - watch.start }) }
    }
    requestAnimationFrame(look)
  }, {capture: true})
  window.stopwatch = watch
}
"""


def _moves(page: Page) -> list[tuple[float, float]]:
    """Seconds from key to sentence and from key to map, move by move."""
    page.get_by_role("status").filter(has_text="The soils of the model hold").wait_for()
    page.wait_for_timeout(3000)
    field = page.get_by_role("textbox", name=FIELD, exact=True)
    field.fill(str(FIRST - WARM_UP))
    field.press("Enter")
    page.wait_for_timeout(2000)
    page.get_by_role("slider", name=SLIDER, exact=True).focus()
    page.evaluate(STOPWATCH)
    found = []
    for _ in range(WARM_UP + MOVES):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => stopwatch.sentence !== null && stopwatch.map !== null", timeout=20_000, polling=20)
        sentence, shown = page.evaluate("[stopwatch.sentence, stopwatch.map]")
        found.append((sentence / 1000, shown / 1000))
        page.wait_for_timeout(PAUSE)
    return found[WARM_UP:]


def _browser_times() -> list[tuple[float, float]]:
    with server() as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(address)
        return _moves(page)


def _model_times() -> list[float]:
    """Seconds of the same moves in the model alone."""
    kernel.warm_up()
    model = GlobalModel(load_world())
    model.respond(Scenario())
    seconds = []
    for i in range(MOVES):
        start = time.perf_counter()
        model.respond(Scenario(cue=(FIRST + 1 + i) / 100))
        seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Measure and print."""
    model = _model_times()
    sentence, shown = zip(*_browser_times(), strict=True)
    alone = float(np.median(model))
    table = Table(title=f"{MOVES} moves of '{SLIDER}', one at a time")
    table.add_column("from key press to")
    for name in ("p50 [s]", "p95 [s]", "max [s]", "p50 over the model's"):
        table.add_column(name, justify="right")
    for name, values in (("(the model alone)", model), ("changed sentence", sentence), ("changed map", shown)):
        middle, most = np.percentile(values, [50, 95])
        table.add_row(name, *(f"{value:.3f}" for value in (middle, most, max(values))), f"{middle / alone:.1f} x")
    Console().print(table)


if __name__ == "__main__":
    main()
