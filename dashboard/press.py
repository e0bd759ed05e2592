"""The press: which diagrams of a visitor's page can be taken away, and each of them as a file for print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

from dashboard import plate, words
from dashboard.drawn import Drawn, Home, Sketch
from dashboard.engine import Answer, Engine
from dashboard.language import speaking, spoken, tr
from dashboard.paper import Kind, lettering
from dashboard.plate import Plate
from dashboard.takeaway import citation, sentence
from dashboard.traced import trace


@dataclass(frozen=True, eq=False, repr=False)
class Order:
    """A diagram that somebody wants, as the page showed it when it was asked for.

    Attributes:
        plate: what is printed.
        kind: of file.
        language: of its reader.
    """

    plate: Plate
    kind: Kind
    language: str


class Print(NamedTuple):
    """A file.

    Attributes:
        content: its bytes.
        name: of the file.
    """

    content: bytes
    name: str


class NoFontError(LookupError):
    """The server has no letters for what is to be printed."""


class Press:
    """The press of one visitor's page.

    Args:
        engine: the model, for sentence and source.
        homes: the parts of the page with diagrams.
    """

    def __init__(self, engine: Engine, homes: Sequence[Home]) -> None:
        self._engine, self._homes = engine, homes
        self._answer: Answer | None = None

    def show(self, answer: Answer) -> None:
        """The page shows another answer."""
        self._answer = answer

    def drawn(self) -> dict[str, Drawn]:
        """The diagrams that are drawn now, by their titles, from the top of the page."""
        return {each.title: each for home in self._homes for each in home.drawn()}

    def order(self, title: str, kind: str, address: str) -> Order | None:
        """What a visitor asks for, if there is such a diagram and such a kind of file; to be called where the page may change.

        Args:
            title: of the diagram.
            kind: of file.
            address: of the page, for the caption.

        Raises:
            NoFontError: there are no letters for the language of the page.
        """
        if not lettering(spoken()):
            raise NoFontError(tr("expected a font with Chinese letters on the server, got none; take the figure in English"))
        wanted = self.drawn().get(title)
        known = next((each for each in get_args(Kind) if each == kind), None)
        if wanted is None or known is None or self._answer is None:
            return None
        state = sentence(self._engine, self._answer) if wanted.follows else ""
        source = citation(self._answer.choice, self._engine, address, wanted.title)
        said = words.sentences(wanted.said, state, source)
        picture = wanted.figure if isinstance(wanted.figure, Sketch) else trace(wanted.figure)
        return Order(Plate(picture, wanted.title, wanted.signs, wanted.scale, said), known, spoken())


def run(order: Order) -> Print:
    """The file of an order; in whatever thread.

    Raises:
        ink.UnknownGlyphError: the figure holds a glyph that is not known.
    """
    with speaking(order.language):
        return Print(plate.printed(order.plate, order.kind), f"{named(order.plate.title)}.{order.kind}")


def named(title: str) -> str:
    """A name for the file of a diagram.

    >>> named("Response of the world's stock"), named("CUE: 0–1 m")
    ('proda-response-of-the-world-s-stock', 'proda-cue-0-1-m')
    """
    letters = "".join(letter if letter.isalnum() else " " for letter in title.lower())
    return "-".join(["proda", *letters.split()])[:80]
