"""An expert moves a parameter by keys, pins a scenario, and takes the link along; whoever types too much is told why."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

Arrive = Callable[..., Visitor]
Q10 = "Temperature sensitivity of decomposition Q₁₀"


def test_an_expert_moves_a_parameter_pins_it_and_takes_the_link_along(visitor: Visitor, arrive: Arrive) -> None:
    page = visitor.page
    expect(page.get_by_text("How much microbes keep of what they eat")).to_be_visible()
    page.get_by_role("button", name="Expert", exact=True).click()
    expect(page.get_by_text("A: every transfer fraction f → (1 + x) f", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Environmental modifiers (3)").click()
    slider = visitor.slider(Q10)
    for key, value in (("Shift+ArrowRight", "5"), ("Alt+ArrowRight", "5.1"), ("ArrowLeft", "4.1"), ("PageUp", "9.1")):
        slider.press(key)
        expect(slider).to_have_value(value)
    expect(visitor.status).to_have_text(re.compile("^A 9.1 % rise in the temperature sensitivity of decomposition everywhere"))
    page.get_by_role("button", name="Pin as A").click()
    visitor.press("ArrowRight")
    table = page.get_by_role("table", name="A and B: world soil carbon [Pg C]")
    expect(table.get_by_role("row", name=re.compile("^0–1 m "))).to_be_visible()
    page.wait_for_function("/^.v=1&cue=1&p.q10=9.1&.*&a.p.q10=9.1&/.test(location.search)")
    other = arrive(1400, 900, urlsplit(page.url).query, re.compile("^A 1 % rise in microbial CUE and a 9.1 % rise in the temp"))
    expect(other.slider(Q10)).to_have_value("9.1")
    expect(other.page.get_by_role("table", name="A and B: world soil carbon [Pg C]")).to_have_text(table.text_content() or "?")
    slider.press("End")
    expect(slider).to_have_value("50")
    page.get_by_role("button", name="Back to A").click()
    expect(slider).to_have_value("9.1")
    expect(visitor.slider()).to_have_value("0")


def test_a_slider_says_why_it_goes_no_further(visitor: Visitor) -> None:
    page = visitor.page
    field = page.get_by_role("textbox", name="Set CUE in %", exact=True)
    field.fill("999")
    field.press("Enter")
    expect(page.get_by_text(re.compile("^999 is beyond this slider, which goes from −20 to"))).to_be_visible()
    expect(visitor.slider()).to_have_value("20")
    field.fill("much")
    field.press("Enter")
    expect(page.get_by_text(re.compile("^Expected a number such as 2.5, got “much”"))).to_be_visible()
    expect(visitor.slider()).to_have_value("20")
    visitor.slider().press("ArrowLeft")
    expect(page.get_by_text(re.compile("^Expected a number"))).to_be_hidden()
