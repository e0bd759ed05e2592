"""A place is found by typing, shows its pools and flows, and is compared with another."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visitor import Visitor


def test_a_place_is_typed_shown_and_compared_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    field = page.get_by_role("combobox", name="Place, country or coordinates")
    field.press_sequentially("manau")
    expect(page.get_by_role("option", name=re.compile("^Manaus"))).to_be_visible()
    field.press("ArrowDown")
    expect(page.get_by_role("option", name=re.compile("^Manaus"))).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^This place: .* near Manaus, Brazil"))).to_be_visible()
    expect(field).to_have_value("Manaus, Brazil")
    page.wait_for_function("location.search.includes('at=-3.1,-60.02')")

    diagram = page.get_by_role("img", name=re.compile("^Flow diagram. Plants give [\\d,.]+ g C"))
    expect(diagram).to_be_visible()
    expect(diagram.locator(".changed", has_text="→")).to_have_count(0)
    visitor.press("ArrowRight")
    expect(diagram.locator(".changed", has_text="(+")).to_have_count(3)  # the three soil pools
    page.get_by_text("Pools and flows as a table").click()
    row = page.get_by_role("row", name=re.compile("^Stock: Passive soil C"))
    expect(row.get_by_role("cell").nth(2)).to_have_text(re.compile(r"^\+[\d.]+ %$"))
    visitor.press("ArrowRight")
    expect(row).to_be_visible()  # a move leaves the table open

    other = page.get_by_role("combobox", name="Compare with another place")
    other.fill("91, 0")
    other.press("Enter")
    expect(page.get_by_text("Latitude runs from −90 to 90")).to_be_visible()
    other.fill("47°22′N 8°33′E")
    other.press("Enter")
    expect(page.get_by_role("columnheader", name="B: 47.25° N, 8.75° E")).to_be_visible()
    page.get_by_role("button", name="Swap A and B").click()
    expect(page.get_by_role("heading", name=re.compile("^This place: .* near Zürich, Switzerland"))).to_be_visible()
    page.wait_for_function("location.search.includes('beside=-3.1,-60.02')")
