"""Presentations: files that name views of the page in the order in which somebody shows them.

A presentation is a file ``presentations/name.yaml``::

    title: {en: ..., zh: ...}
    views:
      - title: {en: ..., zh: ...}      # what is read from the last row
        page: cue=1&view=change        # as in a link, without version
        card: map                      # what fills the screen, one of PARTS
        notes: {en: ..., zh: ...}      # for the speaker
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboard.choice import Choice, Guide
from dashboard.lessons import CARDS, page_of
from dashboard.reading import Entry, Text, load

FOLDER = Path(__file__).parent / "presentations"
PARTS = (*CARDS, "shares")
"""Parts of the page that may fill the screen: the cards, and parts of the larger ones."""


@dataclass(frozen=True)
class View:
    """A view of a presentation.

    Attributes:
        title: what it says.
        page: what the page shows.
        card: the part of it that fills the screen.
        notes: for the speaker.
    """

    title: Text
    page: Choice
    card: str
    notes: Text


@dataclass(frozen=True)
class Presentation:
    """A presentation.

    Attributes:
        name: short name, that of the file.
        title: in a few words.
        views: in order.
    """

    name: str
    title: Text
    views: tuple[View, ...]


@cache
def presentations() -> dict[str, Presentation]:
    """The presentations by name.

    Raises:
        GuideFileError: a file is unsound.
    """
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def view_of(guide: Guide | None) -> View | None:
    """The view that a guide names, if it is one of a presentation."""
    if guide is None or guide.kind != "present":
        return None
    found = presentations().get(guide.name)
    return found.views[guide.step - 1] if found is not None and guide.step <= len(found.views) else None


def read(path: Path) -> Presentation:
    """The presentation of a file.

    Raises:
        GuideFileError: it is unsound.
    """
    parts = load(path).table(("title", "views"))
    return Presentation(path.stem, parts["title"].text(), tuple(map(_view, parts["views"].items(1, 40))))


def _view(entry: Entry) -> View:
    parts = entry.table(("title", "page", "card", "notes"))
    return View(parts["title"].text(), page_of(parts["page"]), parts["card"].one_of(PARTS), parts["notes"].text())
