"""Steps are taken back by keys and buttons, and a link opens the view that it was made from."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.browser.visitor import BASELINE, Visitor

Arrive = Callable[..., Visitor]
ONE_PERCENT = re.compile("^A 1 % rise in microbial CUE everywhere")


def test_keys_take_a_step_back_and_again(visitor: Visitor) -> None:
    visitor.press("ArrowRight")
    visitor.page.keyboard.press("Control+z")
    expect(visitor.status).to_have_text(BASELINE)
    expect(visitor.slider()).to_have_value("0")
    visitor.page.keyboard.press("Control+Shift+z")
    expect(visitor.status).to_have_text(ONE_PERCENT)
    expect(visitor.slider()).to_have_value("1")
    # they belong to a field while one types in it
    field = visitor.page.get_by_role("combobox", name="Place, country or coordinates")
    field.fill("12")
    field.press("Control+z")
    visitor.page.wait_for_timeout(500)
    expect(visitor.slider()).to_have_value("1")


def test_buttons_say_what_can_be_done(visitor: Visitor) -> None:
    undo, redo, replay = (
        visitor.page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo", "Replay the last change")
    )
    for button in (undo, redo, replay):
        expect(button).to_have_attribute("aria-disabled", "true")
    visitor.press("ArrowRight")
    expect(undo).to_have_attribute("aria-disabled", "false")
    undo.click()
    expect(visitor.status).to_have_text(BASELINE)
    redo.click()
    expect(visitor.status).to_have_text(ONE_PERCENT)
    replay.click()
    expect(visitor.status).to_have_text(BASELINE)
    expect(visitor.status).to_have_text(ONE_PERCENT)


def test_a_copied_address_opens_the_same_view(visitor: Visitor, arrive: Arrive) -> None:
    visitor.press("ArrowRight")
    visitor.page.get_by_role("group", name="Depth").get_by_role("button", name="0–2 m").click()
    visitor.click(-3.0, -62.0)
    heading = visitor.page.get_by_role("heading", name=re.compile("^Soil profile at "))
    expect(heading).to_be_visible()
    visitor.page.wait_for_function("location.search.includes('at=')")
    query = urlsplit(visitor.page.url).query
    assert {key: value for key, (value,) in parse_qs(query).items() if key not in ("m", "at")} == {
        "v": "1", "cue": "1", "depth": "2m", "view": "change",
    }  # fmt: skip
    other = arrive(1400, 900, query, ONE_PERCENT)
    expect(other.status).to_have_text(visitor.sentence)
    expect(other.page.get_by_role("heading", name=heading.text_content() or "?")).to_be_visible()
    expect(other.slider()).to_have_value("1")


def test_a_broken_link_opens_the_page_with_a_notice(arrive: Arrive) -> None:
    visitor = arrive(1400, 900, "v=1&cue=%3Cimg%20src=x%20onerror=alert(1)%3E")
    expect(visitor.page.get_by_text(re.compile("The link could not be followed: expected cue between"))).to_be_visible()
    visitor.press("ArrowRight")


def test_what_is_shared_is_a_link_a_code_lines_and_a_citation(visitor: Visitor) -> None:
    visitor.press("ArrowRight")
    page = visitor.page
    page.get_by_role("button", name="Share this view").click()
    dialog = page.get_by_role("dialog", name="Share this view")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Link to this view")).to_have_value(re.compile(r"\?v=1&cue=1&view=change&m="))
    expect(dialog.get_by_role("img", name="QR code of the link").locator("svg path")).to_have_count(2)
    expect(dialog.get_by_text("outcome = model.respond(Scenario(cue=0.01))")).to_be_visible()
    expect(dialog.get_by_text(re.compile("^PRODA Explorer developers"))).to_contain_text("cue=1")
    dialog.get_by_role("button", name="Copy the link").click()
    expect(dialog.get_by_role("button", name="Copy the link")).to_have_text("Copied")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    visitor.press("ArrowRight")


def test_files_of_the_view_are_taken_away(visitor: Visitor) -> None:
    visitor.press("ArrowRight")
    page = visitor.page
    page.get_by_role("button", name="Share this view").click()
    for label, name, begins in (("Map, NetCDF", "proda-map.nc", b"\x89HDF"), ("Map, PNG", "proda-map.png", b"\x89PNG")):
        with page.expect_download() as taken:
            page.get_by_role("link", name=label).click()
        assert taken.value.suggested_filename == name
        assert taken.value.path().read_bytes().startswith(begins)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Map, CSV").click()
    assert "scenario: cue=0.01" in taken.value.path().read_text()
    expect(page.get_by_role("link", name="Soil profile, CSV")).to_have_count(0)


def test_a_figure_is_chosen_and_taken_away_as_a_drawing(informed: Arrive) -> None:
    visitor = informed()
    page = visitor.page
    visitor.press("ArrowRight")
    page.get_by_role("heading", name="Skill by method").scroll_into_view_if_needed()
    page.wait_for_function(
        "() => proda.models().some((m) => m.type === 'LinearAxis' && m.axis_label === 'Efficiency (NSE)')", polling=100
    )
    page.get_by_role("button", name="Share this view").click()
    dialog = page.get_by_role("dialog", name="Share this view")
    figures = dialog.get_by_role("combobox", name="Figure")
    expect(figures.get_by_role("option", name="Response of the world's stock")).to_have_count(1)
    figures.select_option("Skill by method")
    with page.expect_download() as taken:
        dialog.get_by_role("button", name="SVG", exact=True).click()
    assert taken.value.suggested_filename == "proda-skill-by-method.svg"
    drawing = taken.value.path().read_text()
    for text in ("Skill by method", "Efficiency (NSE)", "spatial blocks", "cue=1"):
        assert text in drawing
    expect(dialog.get_by_text("Done", exact=True)).to_be_visible()
    figures.select_option("Response of the world's stock")
    with page.expect_download() as taken:
        dialog.get_by_role("button", name="PNG", exact=True).click()
    assert taken.value.suggested_filename == "proda-response-of-the-world-s-stock.png"
    assert taken.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_region_is_found_by_typing_and_limits_the_change(visitor: Visitor) -> None:
    page = visitor.page
    visitor.press("ArrowRight")
    page.get_by_role("combobox", name="Stocks of").click()
    page.get_by_placeholder("Search").fill("braz")
    page.get_by_role("option", name="Brazil").click()
    expect(page.get_by_role("table", name="Soil carbon in Brazil [Pg C]")).to_be_visible()
    expect(visitor.status).to_have_text(re.compile(r"everywhere adds [\d.]+ Pg C to the top metre \([^)]*\) in Brazil"))
    page.get_by_role("checkbox", name="Change only here").check()
    expect(visitor.status).to_have_text(re.compile("^A 1 % rise in microbial CUE in Brazil adds"))
    page.wait_for_function("location.search.includes('country=Brazil&only=1')")


def test_a_box_is_drawn_on_the_map(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="Draw a box").click()
    west, north = visitor.spot(60.0, 0.0)
    east, south = visitor.spot(30.0, 40.0)
    page.mouse.move(west, north)
    page.mouse.down()
    page.mouse.move(east, south, steps=8)
    page.mouse.up()
    expect(visitor.status).to_have_text(re.compile(r"^The soils in the box (29|30)[\d.]*° N to (59|60)[\d.]*° N"))
    before = visitor.extent()
    page.mouse.move(west, north)
    page.mouse.down()
    page.mouse.move(east, south, steps=8)
    page.mouse.up()
    expect(visitor.status).to_have_text(re.compile(r"^The soils in the box"))  # the next drag moves the map again
    assert before is not None
