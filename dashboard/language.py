"""The language that a visitor reads: every text of the page passes through :func:`tr`, and one catalogue a language answers.

English stands in the code.  A catalogue is a file ``languages/xx.po`` in the format of gettext, whose entries are found by their
English text; ``tests/dashboard/test_language.py`` reads the texts out of the code and fails where a catalogue lacks one.

What is worked out once for all visitors, or in a thread of its own, stays English (:func:`mark`, :func:`later`) and meets
:func:`tr` where it is shown.  Data files and what is cited are English in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "中文"}
"""The languages of the page, by their code, as each calls itself."""

TAGS = {ENGLISH: "en", "zh": "zh-CN"}
"""The same as a browser is told."""

_LONGEST = 500
"""Characters of a browser's wish that are read."""

CATALOGUES = Path(__file__).parent / "languages"

_SPOKEN: ContextVar[str | None] = ContextVar("spoken", default=None)
_of_visitor: Callable[[], str] = lambda: ENGLISH  # noqa: E731


def ask(of_visitor: Callable[[], str]) -> None:
    """Name the function that tells the language of the visitor for whom the code runs; the page does so once."""
    global _of_visitor
    _of_visitor = of_visitor


def preferred(header: str) -> str:
    """The language that a browser asks for most among those of the page, English where it knows none.

    Args:
        header: its ``Accept-Language``.

    >>> preferred("de-CH, zh-CN;q=0.8, en;q=0.5"), preferred("en, zh;q=0.9"), preferred("fr, zh;q=0"), preferred(";q=,")
    ('zh', 'en', 'en', 'en')
    """
    wishes: dict[str, float] = {}
    for part in header[:_LONGEST].split(","):
        tag, _, quality = part.strip().partition(";q=")
        code = tag.split("-")[0].strip().lower()
        if code in LANGUAGES:
            try:
                wishes.setdefault(code, float(quality or 1))
            except ValueError:
                continue
    best = max(wishes, key=lambda code: wishes[code], default=ENGLISH)
    return best if wishes.get(best, 0) > 0 else ENGLISH


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
    if isinstance(text, _Later):
        return tr(text.template, **{name: tr(value) if isinstance(value, str) else value for name, value in text.values.items()})
    language = spoken()
    known = text if language == ENGLISH else catalogue(language).get(text, text)
    return known.format(**values) if values else known


def mark(text: str) -> str:
    """The same text, marked for the catalogues: for tables made at import, whose texts meet :func:`tr` when they are shown."""
    return text


class _Later(str):
    """An English text that still knows what it was made of."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]


def later(text: str, /, **values: Any) -> str:
    """The English text now, which :func:`tr` puts into another language when it is shown: for what all visitors share.

    >>> why = later("about {stock}", stock=3000)
    >>> with speaking("zh"):
    ...     why, tr(why)
    ('about 3000', '约 3000')
    """
    made = _Later(text.format(**values))
    made.template, made.values = text, values
    return made


def as_written(text: str) -> str:
    """A text that is English in every language as HTML, so that a screen reader knows."""
    return escape(text) if spoken() == ENGLISH else f"<span lang=en>{escape(text)}</span>"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Texts of a language by the English ones."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}
