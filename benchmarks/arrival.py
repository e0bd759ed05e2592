"""From asking for the address to the first answer, as a visitor sees it, and what the page sends.

    python -m benchmarks.arrival

starts a server of its own, and visits it several times with an empty cache, one visitor after the other.  All times are taken in
the page, from the start of the navigation:

- document: the first byte of the page;
- sight: the first sentence and a picture of the first map are painted (``dashboard.frame``), the first useful paint, as the
  browser reports it for the picture (``largest-contentful-paint``);
- sentence: the sentence stands in the page itself, in the region that is read aloud;
- map: the map has its colours;
- slider: the first slider exists, and a key is pressed on it, once;
- answered: the sentence that answers that key, the page is interactive;
- the page's scripts alone: when the slider's library is loaded, as a baseline that no page with these libraries comes under.

Bytes are what crosses the network, scripts and websocket together, before the key and for one move of a slider.

On two cores without a graphics card:

    from the address to    p50     max   [s]
    document              1.28    1.62
    sight                 1.41    1.84
    scripts               1.76    2.19
    sentence, map, slider 3.44    4.05
    answered              4.77    5.33
    bytes: 4.57 MB until then, 0.26 MB a move
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from playwright.sync_api import Browser
from rich.console import Console
from rich.table import Table

from benchmarks._visits import chromium, server

VISITS = 7
PAUSE = 2.0
"""Between two visitors [s]: the page of the last one is put away meanwhile."""

MEGA = 1e6

WATCH = """
(() => {
  const all = (root, test) => {
    for (const part of root.querySelectorAll("*")) {
      if (test(part)) { return part }
      const found = part.shadowRoot && all(part.shadowRoot, test)
      if (found) { return found }
    }
    return null
  }
  const seen = window.seen = {sight: null, scripts: null, sentence: null, map: null, slider: null, answered: null}
  const mark = (name) => { if (seen[name] === null) { seen[name] = performance.now() / 1000 } }
  new PerformanceObserver((paints) => {
    const picture = paints.getEntries().find((paint) => paint.element?.closest("#loader figure"))
    if (picture) { seen.sight ??= picture.startTime / 1000 }
  }).observe({type: "largest-contentful-paint", buffered: true})
  const coloured = () => {
    const canvas = all(document, (part) => part.tagName === "CANVAS" && part.width * part.height > 3e5)
    if (!canvas) { return false }
    const row = new Uint32Array(canvas.getContext("2d").getImageData(0, canvas.height >> 1, canvas.width, 1).data.buffer)
    return new Set(row).size > 20
  }
  const look = () => {
    if (window.Bokeh?.Models) { mark("scripts") }
    const status = document.body && all(document, (part) => part.getAttribute("role") === "status")
    if (status?.textContent.startsWith("The soils")) { mark("sentence") }
    if (seen.sentence && !seen.map && coloured()) { mark("map") }
    const slider = status && all(document, (part) => part.getAttribute("role") === "slider" || part.type === "range")
    if (slider && !seen.slider) {
      mark("slider")
      slider.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true, cancelable: true}))
    }
    if (status && /rise in/.test(status.textContent)) { mark("answered") }
    if (!seen.answered || !seen.map) { setTimeout(look, 20) }
  }
  look()
})()
"""


def _visit(browser: Browser, address: str) -> dict[str, float]:
    """Seconds and bytes of one visit."""
    time.sleep(PAUSE)
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    received = [0.0]

    def frame(event: dict[str, Any]) -> None:
        data = event["response"]
        received[0] += len(data["payloadData"]) * (1.0 if data["opcode"] == 1 else 0.75)  # binary comes as base64

    network.on("Network.webSocketFrameReceived", frame)
    network.on("Network.loadingFinished", lambda event: received.__setitem__(0, received[0] + event["encodedDataLength"]))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.seen?.answered && window.seen.map && window.seen.sight", timeout=60_000)
    found: dict[str, float] = page.evaluate("seen")
    found["document"] = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart / 1000")
    page.wait_for_timeout(3000)
    found["arrival"], before = received[0] / MEGA, received[0]
    page.get_by_role("slider").first.press("ArrowLeft")
    page.wait_for_timeout(2500)
    found["move"] = (received[0] - before) / MEGA
    context.close()
    return found


def main() -> None:
    """Measure and print."""
    with server() as address, chromium() as browser:
        _visit(browser, address)
        visits = [_visit(browser, address) for _ in range(VISITS)]
    table = Table(title=f"{VISITS} arrivals with an empty cache, one after the other")
    for name in ("from the address to", "p50", "max", "p50 over the scripts alone"):
        table.add_column(name, justify="right")
    base = float(np.median([visit["scripts"] for visit in visits]))
    for name in ("document", "sight", "scripts", "sentence", "map", "slider", "answered"):
        values = [visit[name] for visit in visits]
        middle = float(np.median(values))
        table.add_row(f"{name} [s]", f"{middle:.2f}", f"{max(values):.2f}", f"{middle / base:.1f} x")
    for name in ("arrival", "move"):
        values = [visit[name] for visit in visits]
        table.add_row(f"bytes of the {name} [MB]", f"{np.median(values):.2f}", f"{max(values):.2f}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
