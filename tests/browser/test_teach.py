"""A lesson from the list to its end, by mouse and by keys, beside a map that stays in sight."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import BASELINE, Visitor

Arrive = Callable[..., Visitor]
CLOSE = "End the lesson"


def middle(part: Locator) -> dict[str, float]:
    """The box of a part of the page [px]."""
    box = part.bounding_box()
    assert box is not None
    return dict(box)


def test_a_prediction_is_made_before_the_answer_is_shown(arrive: Arrive) -> None:
    visitor = arrive(1920, 1080)
    visitor.press("ArrowRight", "Warming")
    own = visitor.sentence
    page = visitor.page
    page.get_by_role("button", name="Lessons").click()
    listed = page.get_by_role("region", name="Guided lessons")
    expect(listed.get_by_role("button")).to_have_count(7)  # six lessons and a way out
    listed.get_by_role("button", name=re.compile("^Predict, then reveal")).click()
    panel = page.get_by_role("region", name=re.compile("^Lesson: Predict"))
    expect(panel.get_by_role("heading", name="One per cent")).to_be_focused()
    expect(visitor.status).to_have_text(BASELINE)
    expect(panel).to_contain_text(re.compile(r"hold [\d,]+\sPg C"))
    expect(panel.get_by_text("This model, computed now")).to_have_count(0)
    expect(panel.get_by_role("button", name="Reveal")).to_have_attribute("aria-disabled", "true")
    panel.get_by_role("spinbutton", name="Your prediction [Pg C]").fill("120")
    panel.get_by_role("button", name="Reveal").click()
    expect(panel.get_by_role("row", name=re.compile(r"^Your prediction \+120"))).to_be_visible()
    expect(panel.get_by_role("row", name=re.compile(r"^This model, computed now \+\d"))).to_be_visible()
    expect(panel.get_by_role("row", name=re.compile(r"76 ± 3"))).to_be_visible()
    expect(visitor.status).to_have_text(re.compile("^A 1 % rise in microbial CUE everywhere"))
    panel.get_by_role("button", name="Next").click()
    expect(panel.get_by_role("heading", name="How deep?")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("heading", name="Where?")).to_be_visible()
    page.wait_for_function("location.search.includes('lesson=predict.3')")
    page.keyboard.press("ArrowLeft")
    expect(panel.get_by_role("heading", name="How deep?")).to_be_visible()
    expect(page.get_by_role("log").filter(has_text="Step 2 of 5: How deep?")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(visitor.status).to_have_text(own)
    expect(visitor.slider("Warming")).not_to_have_value("0")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(visitor.status).to_have_text(BASELINE)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (768, 1024)])
def test_a_link_opens_a_step_whose_panel_leaves_the_map_in_sight(arrive: Arrive, width: int, height: int) -> None:
    visitor = arrive(width, height, "lesson=soc.1")
    page = visitor.page
    panel = page.get_by_role("region", name=re.compile("^Lesson: What is soil organic carbon"))
    expect(panel.get_by_role("heading", name="Carbon under your feet")).to_be_visible()
    page.wait_for_timeout(1500)  # until the map has come into sight
    beside = middle(panel)
    canvas: dict[str, float] = page.evaluate("(() => { const b = proda.canvas().getBoundingClientRect(); return b.toJSON() })()")
    assert canvas["right"] <= beside["x"] + 1 or canvas["bottom"] <= beside["y"] + 1
    assert canvas["top"] >= 50
    assert canvas["width"] > 300
    assert panel.evaluate("(panel) => panel.scrollWidth <= panel.clientWidth + 1")
    panel.get_by_role("radio", name="Hot desert").check()
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_text("Not quite.")).to_be_visible()
    expect(panel.get_by_text("✓ right")).to_be_visible()
    panel.get_by_role("button", name=CLOSE).click()
    expect(panel).to_be_hidden()
