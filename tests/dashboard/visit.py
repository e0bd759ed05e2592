"""What a visitor does and sees on a page without a browser."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard import plots
from dashboard.app import Page


def after(page: Page, *moves: Callable[[], Any]) -> None:
    """Make moves on a page, each answered before the next."""

    async def live() -> None:
        for move in moves:
            move()
            for wishes in (page.answers, page.curves):
                await wishes.settled()
                # what went wrong while an answer was put on the page is an error here
                if wishes._task is not None:
                    wishes._task.result()
            if page._completion is not None:
                await page._completion

    asyncio.run(live())


def waited(page: Page, *moves: Callable[[], Any]) -> None:
    """Make moves on a page whose last card is in sight, and wait for the way to the new balance after the last."""

    async def live() -> None:
        page.pace.sight.near = True
        for move in moves:
            move()
        await page.answers.settled()
        await page.ways.settled()

    asyncio.run(live())


def slide(page: Page, name: str, value: Any) -> Callable[[], None]:
    return lambda: page.sliders.sliders[name].param.update(value=value)


def picture(page: Page) -> np.ndarray:
    """What the browser makes of the map's values."""
    return np.asarray(page.map.first.globe.source.data["cells"][0])[page.engine.pixels.index]


def colours(page: Page) -> tuple[Any, ...]:
    mapper = plots.renderers(page.map.first.globe.figure, "Image")[0].glyph.color_mapper
    return mapper.low, mapper.high, tuple(mapper.palette)


def heading(page: Page) -> str:
    """The map's title as it is read, an index behind an underscore."""
    title = page.map.first.title.object.split("</h2>")[0].replace("<sub>", "_")
    return html.unescape(re.sub("<.*?>", "", title))
