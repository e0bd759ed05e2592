"""The page is for everyone: no serious or critical finding of axe-core, light and dark, in any of its states.

Axe follows open shadow roots, so Bokeh's and Panel's parts are looked at as well.  What is painted on a canvas it cannot see:
beside each figure stands a sentence or a table that says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server
from tests.browser.visitor import Visitor

Arrive = Callable[..., Visitor]

GRAVE = {"serious", "critical"}
EXCEPTIONS: dict[str, str] = {}
"""Rules of axe that the page does not keep, each with the reason; none at present."""


def findings(page: Page) -> list[str]:
    """What axe finds that would keep somebody out, once nothing fades in or out any more."""
    page.mouse.move(0, 0)
    expect(page.locator(".MuiTooltip-tooltip")).to_have_count(0)
    found: list[dict[str, Any]] = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [rule for rule in found if rule["impact"] in GRAVE and rule["id"] not in EXCEPTIONS]
    return [f"{rule['id']}: {node['html'][:200]}: {node['failureSummary']}" for rule in grave for node in rule["nodes"]]


def unfold(page: Page) -> None:
    """Scroll through the page, so that every card is made."""
    main = page.locator("main")
    for _ in range(12):
        main.evaluate("(part) => part.scrollBy(0, 700)")
        page.wait_for_timeout(250)
    main.evaluate("(part) => part.scrollTo(0, 0)")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_grave_on_the_whole_page(arrive: Arrive, dark: bool) -> None:
    visitor = arrive(1920, 1080, "v=1&cue=1&at=47.25,8.75&mode=expert&a.warming=2", re.compile("^A 1 % rise"))
    page = visitor.page
    if dark:
        page.get_by_role("button", name="Toggle theme").click()
    unfold(page)
    page.get_by_role("button", name="About CUE", exact=True).click()
    assert findings(page) == []


def test_axe_finds_nothing_grave_on_a_tablet_with_a_lesson_and_in_the_share_dialog(arrive: Arrive) -> None:
    page = arrive(768, 1024, "lesson=predict.2", re.compile(".")).page
    expect(page.get_by_role("region", name=re.compile("^Lesson: "))).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Share this view").click()
    expect(page.get_by_role("dialog", name="Share this view")).to_be_visible()
    assert findings(page) == []


def test_axe_finds_nothing_grave_in_a_presentation_and_on_the_teachers_page(
    arrive: Arrive, server: Server, browser: Browser
) -> None:
    visitor = arrive(1920, 1080)
    visitor.page.get_by_role("button", name="Present").click()
    visitor.page.keyboard.press("n")
    visitor.page.wait_for_timeout(1500)
    assert findings(visitor.page) == []
    page = browser.new_page()
    page.goto(f"{server.address}/teacher")
    assert findings(page) == []
    page.close()
