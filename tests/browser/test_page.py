"""The page in a browser: it answers to every way of moving a slider, and outlives whatever is sent to it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from dashboard.catalogue import CONTROLS
from dashboard.layers import LAYERS
from tests.browser.conftest import Server
from tests.browser.visitor import BASELINE, CUE, Visitor

Arrive = Callable[..., Visitor]


def test_sliders_groups_and_lists_have_names_and_roles(visitor: Visitor) -> None:
    for control in CONTROLS.values():
        slider = visitor.slider(control.label)
        expect(slider).to_have_count(1)
        expect(slider).to_be_visible()
        expect(slider).to_have_value("0")
        assert [float(slider.get_attribute(name) or "nan") for name in ("min", "max")] == pytest.approx(control.limits)
    expect(visitor.page.get_by_role("slider")).to_have_count(len(CONTROLS))
    expect(visitor.page).to_have_title("PRODA Explorer")
    page = visitor.page
    for name, label in (("Depth", "0–30 cm"), ("View", "% change")):
        expect(page.get_by_role("group", name=name, exact=True).get_by_role("button", name=label, exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Map", exact=True).click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(len(LAYERS) + 1)  # and the field to search in
    page.get_by_role("option", name="Residence time", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^Residence time"))).to_be_visible()


def test_every_key_changes_sentence_and_map_and_a_burst_ends_at_the_last(visitor: Visitor) -> None:
    visitor.press("ArrowRight")
    expect(visitor.status).to_have_text(re.compile(r"^A 1 % rise in microbial CUE everywhere adds [\d.]+ Pg C to the top metre"))
    expect(visitor.slider()).to_have_value("1")
    visitor.press("ArrowRight")
    expect(visitor.status).to_have_text(re.compile("^A 2 % rise"))
    visitor.reset()
    for _ in range(12):
        visitor.slider("Warming").press("ArrowLeft" if _ % 3 == 0 else "ArrowRight")
    expect(visitor.status).to_have_text(re.compile("^A warming of 2 °C everywhere"))
    expect(visitor.slider("Warming")).to_have_value("2")


def test_a_typed_value_is_taken_and_reset_all_returns_to_the_baseline(visitor: Visitor) -> None:
    sentence, picture = visitor.sentence, visitor.picture()
    field = visitor.page.get_by_role("textbox", name=f"Set {CONTROLS['cue'].short} in %", exact=True)
    field.fill("-2,5")
    field.press("Enter")
    expect(visitor.status).to_have_text(re.compile("^A 2.5 % fall in microbial CUE everywhere takes"))
    expect(visitor.slider()).to_have_value("-2.5")
    field.fill("999")
    field.press("Enter")
    expect(visitor.status).to_have_text(re.compile("^A 20 % rise in microbial CUE"))
    field.fill("<img src=x onerror=alert(1)>")
    field.press("Enter")
    expect(field).to_have_value(re.compile("20"))
    visitor.press("ArrowRight", "Warming")
    visitor.page.get_by_role("button", name="Reset all").click()
    expect(visitor.status).to_have_text(sentence)
    visitor.expect_picture(picture)
    for control in CONTROLS.values():
        expect(visitor.slider(control.label)).to_have_value("0")


def test_a_click_or_a_typed_place_shows_the_soil_there(visitor: Visitor) -> None:
    page = visitor.page
    for place, named in (
        ((-3.0, -62.0), r"[23]\.\d+° S, 6[12]\.\d+° W"),
        ((64.0, 120.0), r"6[34]\.\d+° N, 1(19|20)\.\d+° E"),
    ):
        visitor.click(*place)
        expect(page.get_by_role("heading", name=re.compile(rf"^Soil profile at {named}$"))).to_be_visible()
    field = page.get_by_role("combobox", name="Place, country or coordinates")
    field.fill("52.2, -1.7")
    field.press("Enter")
    expect(page.get_by_role("heading", name=re.compile(r"^Soil profile at 52\.25° N, 1\.75° W$"))).to_be_visible()


@pytest.mark.parametrize("place", [(62.0, 100.0), (-3.0, -62.0)])
def test_the_pointer_reads_the_stock_of_the_place_below_it(visitor: Visitor, place: tuple[float, float]) -> None:
    page = visitor.page
    page.mouse.move(*visitor.spot(*place))
    tip = page.get_by_text(re.compile(r"\d kg C m⁻²( \(\d+(\.\d+)? %\))?( · unlike any training site)?$")).last
    expect(tip).to_be_visible()
    shown = float(re.findall(r"([\d.]+)(?: ± [\d.]+)? kg C m⁻²", tip.text_content() or "")[0])
    visitor.click(*place)
    profile = page.get_by_text(re.compile(r"^0–1 m: [\d.]+( ± [\d.]+)? kg C m⁻²"))
    expect(profile).to_be_visible()
    # the pixel's middle and the pointer may lie in neighbouring cells
    assert shown == pytest.approx(float((profile.text_content() or "").split()[2]), rel=0.1)


def test_values_and_arrays_that_no_slider_sends_leave_the_page_alive(visitor: Visitor) -> None:
    for value in ("NaN", "Infinity", "-Infinity", "'1e9'", "'<img src=x onerror=alert(1)>'", "null", "true", "[]", "({a: 1})"):
        visitor.send(CUE, value)
        # an answer shows that the one before was survived
        visitor.send("Warming", "1")
        expect(visitor.status).to_have_text(re.compile("^A warming of 1 °C everywhere"))
        visitor.send("Warming", "0")
        expect(visitor.status).to_have_text(BASELINE)
        expect(visitor.slider(CUE)).to_have_value("0")
    for value, said in (("1e308", "A 20 % rise"), ("-1e308", "A 20 % fall")):
        visitor.send(CUE, value)
        expect(visitor.status).to_have_text(re.compile(f"^{said} in microbial CUE everywhere"))
    visitor.press("ArrowRight")
    expect(visitor.status).to_have_text(re.compile("^A 19 % fall in microbial CUE everywhere"))
    visitor.reset()
    visitor.send(CUE, "new Float64Array([1, 2])")
    visitor.press("ArrowRight", "Warming")
    expect(visitor.status).to_have_text(re.compile("^A warming of 0.5 °C everywhere"))


def test_nothing_is_wider_than_the_window(arrive: Arrive) -> None:
    visitor = arrive(1024, 768)
    visitor.press("ArrowRight")
    visitor.click(-3.0, -62.0)
    expect(visitor.page.get_by_role("heading", name=re.compile("^Soil profile at "))).to_be_visible()
    for width, height in ((1024, 768), (1920, 1080)):
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.page.wait_for_timeout(500)
        wide = visitor.page.evaluate(
            """() => [document.scrollingElement, document.body, ...document.querySelectorAll('main')]
                     .map((part) => part.scrollWidth - part.clientWidth)"""
        )
        assert max(wide) <= 0


def test_a_walk_over_known_positions_shows_no_more_than_is_drawn(visitor: Visitor) -> None:
    there = re.compile("^A 2 % rise in microbial CUE everywhere")
    for _ in range(13):  # what was asked before is answered at once
        visitor.press("ArrowRight")
    visitor.reset()
    visitor.page.wait_for_timeout(500)
    received, sentences = visitor.received, visitor.count_sentences()
    visitor.walk(13 * ["ArrowRight"] + 11 * ["ArrowLeft"])
    expect(visitor.status).to_have_text(there, timeout=3000)
    visitor.page.wait_for_timeout(1000)
    expect(visitor.status).to_have_text(there)
    assert 1 <= sentences() <= 8
    assert visitor.received - received < 10e6


def test_nothing_moves_any_more_once_the_veil_has_gone(arrive: Arrive) -> None:
    visitor = arrive(1920, 1080)
    place = "() => proda.canvas().getBoundingClientRect().toJSON()"
    map_, heading = visitor.page.evaluate(place), visitor.page.get_by_role("heading", name="Soil profile")
    box = heading.bounding_box()
    visitor.page.wait_for_timeout(1500)
    assert (visitor.page.evaluate(place), heading.bounding_box()) == (map_, box)


def test_visitors_do_not_disturb_one_another(arrive: Arrive) -> None:
    one, other = arrive(), arrive()
    sentence, picture = other.sentence, other.picture()
    one.press("ArrowRight")
    one.press("ArrowRight")
    other.press("ArrowRight", "Warming")
    expect(one.status).to_have_text(re.compile("^A 2 % rise in microbial CUE everywhere"))
    expect(other.status).to_have_text(re.compile("^A warming of 0.5 °C everywhere"))
    expect(other.slider(CUE)).to_have_value("0")
    other.page.get_by_role("button", name="Reset all").click()
    expect(other.status).to_have_text(sentence)
    other.expect_picture(picture)
    expect(one.status).to_have_text(re.compile("^A 2 % rise in microbial CUE everywhere"))
    expect(one.slider(CUE)).to_have_value("2")


def test_zoom_is_kept_while_a_slider_moves(visitor: Visitor) -> None:
    whole = visitor.extent()
    visitor.page.mouse.move(*visitor.spot(50.0, 20.0))
    visitor.page.keyboard.down("Control")
    visitor.page.mouse.wheel(0, -300)
    visitor.page.keyboard.up("Control")
    visitor.page.wait_for_function("(east) => proda.figure().x_range.end !== east", arg=whole[1])
    visitor.page.mouse.move(5, 5)
    zoomed = visitor.extent()
    visitor.press("ArrowRight")
    visitor.press("ArrowRight")
    assert visitor.extent() == pytest.approx(zoomed)
    visitor.page.get_by_role("button", name="Whole world").click()
    visitor.page.wait_for_function("(east) => Math.abs(proda.figure().x_range.end - east) < 1", arg=whole[1])


def test_every_map_is_drawn_in_its_own_colours(visitor: Visitor) -> None:
    seen = [visitor.picture()]
    for name in ("Full depth", "Baseline"):
        visitor.page.get_by_role("button", name=name, exact=True).click()
        if name != "Baseline":  # without a change the scenario is the baseline
            visitor.expect_other_picture(seen[-1])
            seen.append(visitor.picture())
    for label in ("Input allocation β", "Residence time"):
        visitor.page.get_by_role("combobox", name="Map", exact=True).click()
        visitor.page.get_by_text(label, exact=True).last.click()
        visitor.expect_other_picture(seen[-1])
        expect(visitor.page.get_by_role("heading", name=re.compile(f"^{label}"))).to_be_visible()
        seen.append(visitor.picture())
    assert len(set(seen)) == len(seen)


def test_the_page_has_one_of_each_landmark_and_is_worked_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    expect(visitor.status).to_have_count(1)
    expect(page.get_by_role("table", name=re.compile("World soil carbon"))).to_have_count(1)
    visitor.slider().focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        name = page.evaluate(
            """() => {
              let part = document.activeElement
              while (part.shadowRoot?.activeElement) { part = part.shadowRoot.activeElement }
              return part.textContent
            }"""
        )
        if "Reset all" in name:
            return
    pytest.fail("expected the Tab key to reach 'Reset all' from the first slider, got past it")


def test_the_way_to_the_new_balance_is_told_when_somebody_looks(visitor: Visitor) -> None:
    page = visitor.page
    heading = page.get_by_role("heading", name="How long it takes")
    heading.scroll_into_view_if_needed()
    page.mouse.move(800, 500)
    page.mouse.wheel(0, 400)
    visitor.slider().press("ArrowRight")
    told = page.get_by_text(re.compile(r"^After 10, 100 and 1,000 years in the top metre: .* in the end\.$"))
    expect(told).to_be_visible(timeout=60_000)  # of the whole globe, on a machine that does other things as well
    page.get_by_role("button", name="Reset all").click()
    expect(page.get_by_text(re.compile("Move a slider, and this card shows the way there"))).to_be_visible()


def test_what_a_goal_takes_is_found_and_shown_on_the_map(visitor: Visitor) -> None:
    page = visitor.page
    heading = page.get_by_role("heading", name="What would it take?")
    heading.scroll_into_view_if_needed()
    page.mouse.move(800, 500)
    page.mouse.wheel(0, 400)
    button = page.get_by_role("button", name=re.compile(r"^Set plant carbon input to \+10 %$"))
    expect(button).to_be_visible(timeout=60_000)
    button.click()
    expect(visitor.status).to_have_text(re.compile(r"^A 10 % rise in plant carbon input everywhere adds [\d.]+ Pg C"))
    expect(visitor.slider("Plant carbon input")).to_have_value("10")


def test_a_key_that_is_pressed_while_the_page_arrives_is_answered(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(server.address, wait_until="commit")
    page.get_by_role("slider", name=CUE, exact=True).press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text(re.compile("^A 1 % rise in microbial CUE"))
    page.close()
