"""A visitor chooses a language: what was chosen before stays, and the page goes on in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

Arrive = Callable[..., Visitor]


def test_another_language_shows_the_same_view(visitor: Visitor) -> None:
    page = visitor.page
    visitor.press("ArrowRight")
    page.get_by_role("combobox", name="Language").select_option("zh")
    expect(visitor.status).to_have_text(re.compile("^若全球各处微生物 CUE 提高 1 %，待土壤达到新平衡后，"))
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == "PRODA 土壤碳探索器"
    undo = page.get_by_role("button", name="撤销", exact=True)
    expect(undo).to_have_attribute("aria-disabled", "true")
    page.get_by_role("combobox", name="储量范围").click()
    page.get_by_role("option", name="法国", exact=True).click()
    expect(visitor.status).to_have_text(re.compile("，在法国，"))
    page.wait_for_function("location.search.includes('country=France') && location.search.includes('lang=zh')")
    undo.click()
    expect(visitor.status).not_to_have_text(re.compile("，在法国，"))
    page.get_by_role("combobox", name="语言").select_option("en")
    page.wait_for_url(re.compile("cue=1&view=change&.*lang=en$"))
    expect(visitor.status).to_have_text(re.compile("^A 1 % rise in microbial CUE everywhere"), timeout=40_000)


def test_a_link_with_an_unknown_language_says_so(arrive: Arrive) -> None:
    visitor = arrive(1400, 900, "lang=tlh")
    expect(visitor.page.get_by_text(re.compile("The page does not speak “tlh”"))).to_be_visible()
