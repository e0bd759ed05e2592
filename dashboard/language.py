"""The language that a visitor reads: every text of the page passes through :func:`tr`, and one catalogue a language answers.

English stands in the code.  A catalogue is a file ``languages/xx.po`` in the format of gettext, whose entries are found by their
English text; ``tests/dashboard/test_language.py`` reads the texts out of the code and fails where a catalogue lacks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "中文"}
"""The languages of the page, by their code, as each calls itself."""

CATALOGUES = Path(__file__).parent / "languages"

_SPOKEN: ContextVar[str | None] = ContextVar("spoken", default=None)
_of_visitor: Callable[[], str] = lambda: ENGLISH  # noqa: E731


def ask(of_visitor: Callable[[], str]) -> None:
    """Name the function that tells the language of the visitor for whom the code runs; the page does so once."""
    global _of_visitor
    _of_visitor = of_visitor


def spoken() -> str:
    """The language that is spoken here, a key of :data:`LANGUAGES`."""
    return _SPOKEN.get() or _of_visitor()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language within a block, whoever the visitor is."""
    before = _SPOKEN.set(language if language in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def tr(text: str, /, **values: Any) -> str:
    """A text in the language that is spoken, ``{name}`` replaced by the value of that name.

    A text that the catalogue lacks stays English; the tests see to it that none is lacking.

    >>> with speaking("en"):
    ...     tr("{count} profiles", count=3)
    '3 profiles'
    """
    language = spoken()
    known = text if language == ENGLISH else _catalogue(language).get(text, text)
    return known.format(**values) if values else known


def mark(text: str) -> str:
    """The same text, marked for the catalogues: for tables made at import, whose texts meet :func:`tr` when they are shown."""
    return text


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}
