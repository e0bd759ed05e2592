"""One visitor's screen: each change of the page is one message, and the next waits until the browser has drawn it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import panel as pn
from bokeh.document import Document
from panel.io.document import hold
from panel.io.state import set_curdoc

from dashboard.views.headline import LiveText

PATIENCE = 1.0
"""What a browser is given to draw a change [s]; one that is hidden draws nothing and is not waited for any longer."""


class Screen:
    """Changes a page no faster than its browser draws.

    Args:
        document: of the page; without one nobody looks, changes are made at once.
        echo: a part of the page whose ``seen`` follows its ``turn`` when the browser has drawn.
    """

    def __init__(self, document: Document | None, echo: LiveText) -> None:
        self._document, self._echo = document, echo
        self._drawn: set[asyncio.Future[None]] = set()
        self._closed = False
        echo.param.watch(lambda _: self._release(), "seen")

    async def change(self, call: Callable[[], None]) -> None:
        """Make a change where the page may be changed, send it as one message, and wait until it was drawn.

        Raises:
            Exception: whatever ``call`` raises.
        """
        document = self._document
        if document is None:
            call()
        if document is None or self._closed:
            return
        drawn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def held() -> None:
            try:
                with set_curdoc(document), hold(document):
                    call()
                    self._echo.turn += 1
            except Exception as error:  # noqa: BLE001 whoever waits raises it
                if not drawn.done():
                    drawn.set_exception(error)

        self._drawn.add(drawn)
        try:
            with set_curdoc(document):
                pn.state.execute(held, schedule=True)
            await asyncio.wait_for(drawn, PATIENCE)
        except TimeoutError:
            pass
        finally:
            self._drawn.discard(drawn)

    def close(self) -> None:
        """The visitor has gone; nobody waits for what will not be drawn."""
        self._closed = True
        self._release()

    def _release(self) -> None:
        for drawn in self._drawn:
            if not drawn.done():
                drawn.set_result(None)
