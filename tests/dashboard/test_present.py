"""A presentation goes from view to view, is in the link, and leaves what was there as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard import guides, link, presentations
from dashboard.app import Page
from dashboard.choice import Choice, Guide
from dashboard.engine import Engine
from dashboard.language import speaking
from dashboard.reading import GuideFileError
from dashboard.views.present import Present
from tests.dashboard.visit import after, slide

STORY = presentations.presentations()["story"]
LAST = len(STORY.views)


def ask(page: Page, *names: object) -> None:
    """Ask for something as a browser does."""
    after(page, *(lambda name=name: page.present._do({"what": name}) for name in names))  # type: ignore[misc]


def at(page: Page) -> int | None:
    """The view that is shown."""
    guide = page.state.choice.guide
    return None if guide is None else guide.step


def test_views_follow_one_another_and_end_at_their_ends(engine: Engine) -> None:
    page = Page(engine)
    assert page.present.stage.shown == {}
    after(page, lambda: page.present.opener.param.update(pressed=1))
    assert at(page) == 1
    found = []
    for name in ("next", "next", "back", "last", "next", "first", "back"):
        ask(page, name)
        found.append(at(page))
    assert found == [2, 3, 2, LAST, LAST, 1, 1]


def test_each_view_sets_the_page_and_says_what_the_model_says(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.present._go(1))
    for i, view in enumerate(STORY.views, start=1):
        assert page.state.choice == view.page.but(guide=Guide("present", "story", i))
        shown = page.present.stage.shown
        assert (shown["title"], shown["card"], shown["at"], shown["of"]) == (str(view.title), view.card, i, LAST)
        if view.page.variable == "soc" and view.card == "map" and view.page.view != "uncertainty":
            assert page.present.stage.sentence == page.headline.sentence.text
        ask(page, "next")
    assert page.present.stage.sentence == ""


def test_what_was_there_comes_back_with_its_steps(engine: Engine) -> None:
    page = Page(engine)
    after(page, slide(page, "cue", 4.0))
    mine = page.state.choice
    after(page, lambda: page.present.opener.param.update(pressed=1))
    ask(page, "next", "next", "leave")
    assert page.state.choice == mine
    assert page.present.stage.shown == {}
    after(page, page.state.undo)
    assert page.state.choice == Choice()


def test_a_presentation_may_follow_a_lesson(engine: Engine) -> None:
    page = Page(engine)
    after(page, slide(page, "cue", 4.0))
    mine = page.state.choice
    after(page, lambda: page.lessons._do({"what": "start", "name": "soc"}), lambda: page.present._go(2))
    assert not page.lessons.is_open
    assert page.present.card == "map"
    ask(page, "leave")
    assert page.state.choice == mine


def test_the_link_opens_the_view(engine: Engine) -> None:
    page = Page(engine)
    after(page, lambda: page.present._go(4))
    assert "present=story.4" in link.query(page.state.choice, engine.version)
    for query in (b"4", b"story.4"):
        assert guides.resolved(link.open_link({"present": [query]}, engine.version)).choice == page.state.choice


@pytest.mark.parametrize("asked", [None, 3, {}, {"what": None}, {"what": "jump"}, {"what": ["next"]}])
def test_what_a_browser_makes_up_does_nothing(engine: Engine, asked: object) -> None:
    page = Page(engine)
    after(page, lambda: page.present._do(asked))
    assert page.state.choice == Choice()
    after(page, lambda: page.present._go(3), lambda: page.present._do(asked))
    assert at(page) == 3


def test_what_is_not_scrolled_to_is_drawn(informed: Engine) -> None:
    page = Page(informed)
    shares = next(i for i, view in enumerate(STORY.views, start=1) if view.card == "shares")
    assert not page.mechanisms.shares.room.objects
    after(page, lambda: page.present._go(shares))
    assert page.mechanisms.shares.room.objects
    page.layout()
    assert "card-shares" in page.mechanisms.shares.panels[0].css_classes


def test_a_presentation_speaks_the_language_that_is_spoken(engine: Engine) -> None:
    with speaking("zh"):
        page = Page(engine)
        present = Present(page.state, page.headline.sentence)
        after(page, lambda: present._go(1))
        assert present.stage.shown["title"] == "土壤是陆地上最大的碳库"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("card: map", "card: wall", "views 1, card: expected one of headline"),
        ("page: view=baseline&depth=1m", "page: view=baseline&depth=9m", "views 1, page: expected depth to be one of"),
        ("    notes:\n", "    note:\n", "views 1: expected notes"),
    ],
)
def test_an_unsound_presentation_is_refused_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    whole = (presentations.FOLDER / "story.yaml").read_text(encoding="utf-8")
    assert old in whole
    path = tmp_path / "broken.yaml"
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(GuideFileError, match=re.escape(told)):
        presentations.read(path)
