"""A presentation fills the screen, is led by keys, and gives the page back."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

Arrive = Callable[..., Visitor]
STAGE = "Presentation"
BOX = "(part) => part.getBoundingClientRect().toJSON()"

INERT = "(part) => { for (let up = part; up; up = up.parentElement ?? up.getRootNode().host) { if (up.inert) { return true } } }"


def test_keys_lead_through_the_views_and_out(arrive: Arrive) -> None:
    visitor = arrive(1920, 1080)
    visitor.press("ArrowRight")
    own, page = visitor.sentence, visitor.page
    before = page.evaluate(f"({BOX})(proda.canvas())")
    page.get_by_role("button", name="Present", exact=True).click()
    stage = page.get_by_role("region", name=STAGE)
    expect(stage.get_by_role("heading", level=1)).to_have_text("Soils hold more carbon than anything else on land")
    expect(stage).to_be_focused()
    for key, progress in (("ArrowRight", "2 of"), ("PageDown", "3 of"), ("PageUp", "2 of"), ("End", "9 of 9"), ("Home", "1 of")):
        page.keyboard.press(key)
        expect(stage.get_by_text(re.compile(f"^View {progress}"))).to_be_visible()
    page.wait_for_function("location.search.includes('present=story.1')")
    notes = page.get_by_role("complementary", name="Notes")
    expect(notes).to_be_hidden()
    page.keyboard.press("n")
    expect(notes).to_be_visible()
    page.keyboard.press("Escape")
    expect(stage).to_be_hidden()
    expect(visitor.status).to_have_text(own)
    page.wait_for_function(
        "(before) => { const now = proda.canvas().getBoundingClientRect(); return Math.abs(now.width - before.width) < 2 "
        "&& Math.abs(now.top - before.top) < 2 }", arg=before,
    )  # fmt: skip
    visitor.press("ArrowLeft")


def test_a_view_fills_the_screen_without_overlap(arrive: Arrive) -> None:
    page = arrive(1920, 1080).page
    page.get_by_role("button", name="Present", exact=True).click()
    stage = page.get_by_role("region", name=STAGE)
    title = stage.get_by_role("heading", level=1)
    expect(title).to_be_visible()
    for width, height in ((1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("(least) => proda.canvas().getBoundingClientRect().height > least", arg=0.5 * height)
        head, figure, foot = (
            part if isinstance(part, dict) else part.evaluate(BOX)
            for part in (title, page.evaluate(f"({BOX})(proda.canvas())"), stage.get_by_role("button", name="Leave"))
        )
        assert float(title.evaluate("(part) => parseFloat(getComputedStyle(part).fontSize)")) > height / 22
        assert head["bottom"] < figure["top"]
        assert figure["bottom"] < foot["top"]
        assert figure["width"] > 0.5 * width
    assert page.get_by_role("button", name="Reset all").evaluate(INERT)  # what lies below is out of reach
