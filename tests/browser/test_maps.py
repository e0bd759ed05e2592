"""Two maps beside and over one another, the wheel of the mouse, another projection, and the list that can be searched."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from dashboard import projection
from tests.browser.visitor import Visitor

Arrive = Callable[..., Visitor]

GLOBES = """() => proda.models().filter((m) => m.type === "Figure" && m.renderers.some((r) => r.glyph?.type === "Image"
  && "cells" in r.data_source.data) && Bokeh.index.find_one(m)?.el.getBoundingClientRect().width > 0).length"""
TOP = "() => proda.canvas().getBoundingClientRect().top"


def test_two_maps_lie_beside_and_over_one_another(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("group", name="Maps").get_by_role("button", name="Side by side").click()
    heading = page.get_by_role("heading", name=re.compile("^Soil organic carbon, 0–1 m"))
    expect(heading).to_have_count(2)
    page.wait_for_function(f"({GLOBES})() === 2")
    before = visitor.received
    visitor.press("ArrowRight")
    assert visitor.received - before < 2e6
    expect(heading.last).to_be_visible()
    left, right = (heading.nth(i).bounding_box() for i in (0, 1))
    assert left["y"] == pytest.approx(right["y"], abs=1)
    page.set_viewport_size({"width": 768, "height": 1024})
    page.wait_for_timeout(300)
    over, under = (heading.nth(i).bounding_box() for i in (0, 1))
    assert over["x"] == pytest.approx(under["x"], abs=1)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.get_by_role("button", name="Swipe").click()
    divider = page.get_by_role("slider", name="Divider between the two maps")
    divider.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "51")
    divider.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    divider.press("Shift+ArrowRight")
    box = divider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 40, steps=3)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow") or 0) > 15
    page.wait_for_function("location.search.includes('compare=swipe')")
    share = divider.get_attribute("aria-valuenow")
    page.wait_for_function("(share) => location.search.includes(`divider=${share}`)", arg=share)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(divider).to_be_hidden()


def test_the_wheel_scrolls_the_page_and_zooms_where_that_is_wanted(visitor: Visitor, arrive: Arrive) -> None:
    page = visitor.page
    whole = visitor.extent()
    page.get_by_text("hold Ctrl").wait_for(state="attached")
    page.wait_for_timeout(500)
    page.mouse.move(*visitor.spot(50.0, 20.0))
    top = page.evaluate(TOP)
    page.mouse.wheel(0, 60)
    page.wait_for_function(f"(top) => ({TOP})() < top - 20", arg=top)
    assert visitor.extent() == whole
    expect(page.get_by_text("hold Ctrl")).to_have_css("opacity", "1")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function("(east) => proda.figure().x_range.end < east", arg=whole[1])
    page.wait_for_function("location.search.includes('zoom=')")
    seen = visitor.extent()
    other = arrive(1400, 900, urlsplit(page.url).query)
    assert other.extent() == pytest.approx(seen, abs=0.01 * (seen[1] - seen[0]))
    page.get_by_role("button", name="Whole world").click()
    page.wait_for_function("(east) => Math.abs(proda.figure().x_range.end - east) < 1", arg=whole[1])
    visitor.click(-3.0, -62.0)
    page.mouse.wheel(0, -200)
    page.wait_for_function("(east) => proda.figure().x_range.end < east", arg=whole[1])


def test_a_place_is_clicked_on_plain_longitude_and_latitude(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="Longitude, latitude").click()
    page.wait_for_function("() => Math.abs(proda.figure().x_range.end - 181.8) < 0.1")
    page.wait_for_timeout(300)
    page.mouse.click(*visitor.spot(47.25, 8.25, projection.LONLAT))
    heading = page.get_by_role("heading", name=re.compile("^Soil profile at "))
    expect(heading).to_be_visible()
    latitude, longitude = map(float, re.findall(r"([\d.]+)°", heading.text_content() or ""))
    assert latitude == pytest.approx(47.25, abs=0.8)
    assert longitude == pytest.approx(8.25, abs=0.8)


def test_a_layer_is_found_by_typing(informed: Arrive) -> None:
    visitor = informed()
    page = visitor.page
    menu = page.get_by_role("combobox", name="Map", exact=True)
    menu.press("Enter")
    field = page.get_by_placeholder("Search")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    menu.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("sd of temperature")
    page.keyboard.press("Enter")
    expect(field).to_be_hidden()
    expect(page.get_by_role("heading", name=re.compile("^Temperature sensitivity.*spread"))).to_be_visible()
    page.wait_for_function("location.search.includes('map=q10&view=uncertainty')")


def test_a_map_fades_and_the_pointer_reads_the_spread(informed: Arrive) -> None:
    visitor = informed()
    first = visitor.picture()
    visitor.page.get_by_role("checkbox", name="Fade what is uncertain").check()
    visitor.expect_other_picture(first)
    expect(visitor.page.get_by_text("Fading: SD 0")).to_be_visible()
    visitor.page.mouse.move(*visitor.spot(62.0, 100.0))
    expect(visitor.page.get_by_text(re.compile(r"^[\d.]+ ± [\d.]+ kg C m⁻² \([\d.]+ %\)")).last).to_be_visible()
