"""Which language each visitor reads: it is kept with the document of the page, and asked for wherever its code runs."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import panel as pn
from bokeh.document import Document

from dashboard import language

_LANGUAGES: WeakKeyDictionary[Document, str] = WeakKeyDictionary()


def speak(document: Document, code: str) -> None:
    """Speak a language, a key of ``language.LANGUAGES``, to the visitor of a page for as long as it lives."""
    _LANGUAGES[document] = code


def of_visitor() -> str:
    """The language of the visitor for whom the code runs; English where it runs for all of them."""
    document = pn.state.curdoc
    return language.ENGLISH if document is None else _LANGUAGES.get(document, language.ENGLISH)


language.ask(of_visitor)
for _code in set(language.LANGUAGES) - {language.ENGLISH}:
    language.catalogue(_code)  # a tenth of a second, spent here rather than while visitors wait
