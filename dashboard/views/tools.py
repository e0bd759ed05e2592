"""Back, forth and replay, and what a visitor takes away: a link, its QR code, lines of Python, a citation."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import panel as pn
import param
import segno

from dashboard import link, takeaway
from dashboard.engine import Answer, Engine
from dashboard.language import LANGUAGES, TAGS, spoken, tr
from dashboard.press import NoFontError, Order, Press, Print
from dashboard.state import State

HERE = Path(__file__).parent
LONGEST = 1000
"""Characters of an address that is made into a QR code."""


def texts() -> dict[str, str]:
    """What stands on the bar and in its dialog, by the names that its script has for it."""
    return {
        "undo": tr("Undo"),
        "redo": tr("Redo"),
        "replay": tr("Replay the last change"),
        "share": tr("Share"),
        "shareView": tr("Share this view"),
        "sharing": tr("The link opens the same map, sliders and place, and names the version of the model."),
        "link": tr("Link to this view"),
        "copy": tr("Copy"),
        "copied": tr("Copied"),
        "copyLink": tr("Copy the link"),
        "copiedLink": tr("Copied the link"),
        "copyPython": tr("Copy the Python lines"),
        "copiedPython": tr("Copied the Python lines"),
        "copyCitation": tr("Copy the citation"),
        "copiedCitation": tr("Copied the citation"),
        "code": tr("QR code of the link"),
        "lines": tr("Python lines"),
        "files": tr("Files of this view"),
        "map": tr("Map, {kind}"),
        "stocks": tr("Stocks at every depth, {kind}"),
        "profile": tr("Soil profile, {kind}"),
        "flows": tr("Pools and flows, CSV"),
        "figures": tr("Figures for print"),
        "figure": tr("Figure"),
        "listed": tr("Listed are the diagrams that the page has drawn; those further down are drawn once they are in sight."),
        "printing": tr("Being drawn …"),
        "printed": tr("Done"),
        "python": tr("The same in Python"),
        "cite": tr("Cite this view"),
        "close": tr("Close"),
        "language": tr("Language"),
        "tools": tr("Steps and sharing"),
    }


class Bar(pn.custom.JSComponent):
    """The buttons, the keys and the dialog; what they do is asked of the server."""

    ready = param.Boolean(default=False, doc="Whether the page hears what the browser says.")
    narrow = param.Boolean(default=False, doc="Whether the window is that of a tablet, as the browser says.")
    texts = param.Dict(default={}, doc="What stands on it.")
    languages = param.List(default=[], doc="Triples of a language's code, its tag for browsers and what it calls itself.")
    language = param.String(doc="Code of the language that is spoken.")

    can_undo = param.Boolean(default=False)
    can_redo = param.Boolean(default=False)
    can_replay = param.Boolean(default=False)
    has_place = param.Boolean(default=False, doc="Whether a place was chosen, whose profile can be taken away.")
    query = param.String(doc="The part of the address behind the question mark.")
    asked = param.Parameter(default=None, doc="What the browser asks for, and a number that makes each wish another.")
    address = param.Parameter(default="", doc="Address of the page, as the browser says when the dialog opens.")
    figures = param.List(default=[], doc="Titles of the diagrams that can be taken away now.")
    code = param.String(doc="QR code of that address, an SVG document.")
    python = param.String(doc="Lines that compute what the page shows.")
    citation = param.String(doc="How to cite what the page shows.")

    _esm = HERE / "tools.js"
    _stylesheets: ClassVar[list[Any]] = [(HERE / "tools.css").read_text()]
    _debounce = 0
    _priority_changes: ClassVar[list[str]] = ["asked", "data.asked"]


class Tools:
    """The tools of one visitor, in the bar at the top.

    Args:
        state: what the visitor chose.
        engine: the model, for its version.
        replay: shows the last change once more.
        press: prints diagrams of the page.
        ask: asks for a diagram as a file, which :meth:`hand` gets, or :meth:`fail` the error.
        language: what the visitor's link asked for, and links from here go on asking for; empty where it did not ask.
    """

    def __init__(
        self, state: State, engine: Engine, replay: Any, press: Press, ask: Callable[[Order], None], language: str = ""
    ) -> None:
        self._state, self._engine, self._language = state, engine, language
        self._press, self._ask = press, ask
        self._calls = {"undo": state.undo, "redo": state.redo, "replay": replay}
        known = [[code, TAGS[code], name] for code, name in LANGUAGES.items()]
        self.bar = Bar(query=self._query(), texts=texts(), languages=known, language=spoken())
        self.panel = self.bar
        self.bar.param.watch(lambda event: self._do(event.new), "asked")
        self.bar.param.watch(lambda event: self._give(event.new), "address")
        state.param.watch(lambda _: self._follow(), "choice")
        state.param.watch(lambda _: self.settle(), "framing")
        self._follow()

    def _do(self, asked: Any) -> None:
        """Do what a browser asked for, if it is something that can be done."""
        name = asked.get("what") if isinstance(asked, dict) else None
        call = self._calls.get(name) if isinstance(name, str) else None
        if call is not None:
            call()
        elif name == "print":
            self._print(asked)

    def _print(self, asked: dict[str, Any]) -> None:
        """Have a diagram printed, if there is one of the title; what it shows now is what is printed."""
        title, kind = asked.get("title"), asked.get("kind")
        if not (isinstance(title, str) and isinstance(kind, str)):
            return
        try:
            order = self._press.order(title, kind, _known(self.bar.address))
        except NoFontError as why:
            self._say(f"{why}{tr('.')}")
            return
        if order is None:
            self._say(tr("This figure is no longer on the page; open the dialog again to see which there are."))
        else:
            self._ask(order)

    def hand(self, made: Print) -> None:
        """Give a file to the browser, which saves it."""
        self.bar._send_msg({"name": made.name, "content": b64encode(made.content).decode()})

    def fail(self, _: Exception) -> None:
        """Say that there is no file."""
        self._say(tr("The figure could not be drawn; the other files are still to be had."))

    def _say(self, trouble: str) -> None:
        self.bar._send_msg({"trouble": trouble})

    def _follow(self) -> None:
        history = self._state.history
        self.bar.param.update(
            can_undo=history.can_undo,
            can_redo=history.can_redo,
            can_replay=history.before is not None,
            has_place=history.present.place is not None,
        )

    def settle(self) -> None:
        """Write what stands into the address: with its answer, because a message of its own would hold the answer up."""
        self.bar.query = self._query()

    def _query(self) -> str:
        return link.query(self._state.history.present, self._engine.version, self._language, self._state.framing)

    def _give(self, address: Any) -> None:
        """Fill the dialog for the address at which a browser says that the page is."""
        known = _known(address)
        choice = self._state.history.present
        self.bar.param.update(
            code=segno.make(known, micro=False).svg_inline(scale=4, border=2, light="#fff") if known else "",
            python=takeaway.python(choice),
            citation=takeaway.citation(choice, self._engine, known),
            figures=list(self._press.drawn()),
        )

    def show(self, _: Answer) -> None:
        """Nothing to show: the tools follow what is chosen."""


def _known(address: Any) -> str:
    """What a browser says its address is, if it may be one."""
    return address if isinstance(address, str) and is_address(address) else ""


def is_address(text: str) -> bool:
    """Whether a text is an address of a page, short enough for a QR code.

    >>> is_address("http://localhost:5006/?v=1"), is_address("javascript:alert(1)"), is_address("https://[")
    (True, False, False)
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return len(text) <= LONGEST and text.isascii() and parts.scheme in ("http", "https") and bool(parts.netloc)
