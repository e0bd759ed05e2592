"""Retrieved maps and evidence in a browser: what was made up is what is seen; what is damaged is said."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from dashboard.catalogue import PARAMETERS
from dashboard.layers import LAYERS
from tests.browser.visitor import Visitor
from tests.dashboard.made_up import METHODS, evidence

Arrive = Callable[..., Visitor]


def choose(visitor: Visitor, label: str) -> None:
    """Choose a map."""
    visitor.page.get_by_role("combobox", name="Map", exact=True).click()
    visitor.page.get_by_role("option", name=label, exact=True).click()


def button(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=name, exact=True)


def test_the_spread_stands_beside_the_stock_and_maps_are_listed_in_their_groups(informed: Arrive) -> None:
    visitor = informed()
    expect(visitor.status).to_have_text(re.compile(r"hold [\d,]+ ± [\d,]+ Pg C in the top metre"))
    expect(visitor.page.get_by_text(re.compile("in the top metre, baseline; ± SD of 10 members"))).to_be_visible()
    expect(visitor.page.get_by_text(re.compile("Mean ± SD of its 10 members"))).to_be_visible()
    page = visitor.page
    page.get_by_role("combobox", name="Map", exact=True).click()
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(
        ["", *(layer.label for layer in LAYERS)]
    )  # the first is searched in
    for group in ("Stocks", "Mechanisms", "Parameters", "Evidence"):
        expect(page.get_by_role("listbox").get_by_text(group, exact=True)).to_have_count(1)


def test_a_parameter_has_a_map_and_an_uncertainty_and_says_why_no_change(informed: Arrive) -> None:
    visitor = informed()
    first = visitor.picture()
    label = next(layer.label for layer in LAYERS if layer.group == PARAMETERS)
    choose(visitor, label)
    visitor.expect_other_picture(first)
    expect(visitor.page.get_by_role("heading", name=re.compile(r"^Bioturbation diffusivity D.*: best estimate"))).to_be_visible()
    expect(visitor.page.get_by_text("No scenario changes a parameter")).to_be_visible()
    for name in ("Scenario", "Change", "% change", "0–30 cm"):
        expect(button(visitor, name)).to_be_disabled()
    baseline = visitor.picture()
    button(visitor, "Change").click(force=True)
    button(visitor, "Uncertainty").click()
    visitor.expect_other_picture(baseline)
    expect(visitor.page.get_by_role("heading", name=re.compile("spread .SD. of the ensemble"))).to_be_visible()


def test_a_slider_sends_the_values_of_the_cells_once_and_no_parameter_map_again(informed: Arrive) -> None:
    visitor = informed()
    visitor.press("ArrowRight")
    visitor.page.wait_for_timeout(500)
    received = visitor.received
    visitor.press("ArrowRight")
    assert 250_000 < visitor.received - received < 350_000
    choose(visitor, "Temperature sensitivity of decomposition Q₁₀ (q10)")
    expect(visitor.page.get_by_role("heading", name=re.compile("^Temperature sensitivity"))).to_be_visible()
    visitor.page.wait_for_timeout(500)
    received, sentence, picture = visitor.received, visitor.sentence, visitor.picture()
    visitor.slider().press("ArrowRight")
    expect(visitor.status).not_to_have_text(sentence)
    visitor.page.wait_for_timeout(300)
    assert visitor.received - received < 50_000
    assert visitor.picture() == picture


def test_land_unlike_any_training_site_is_hatched_and_the_pointer_says_so(informed: Arrive) -> None:
    visitor = informed()
    hatched = visitor.picture()
    box = visitor.page.get_by_role("checkbox", name="Hatch land unlike any training site")
    expect(box).to_be_checked()
    box.click()
    visitor.expect_other_picture(hatched)
    box.click()
    visitor.expect_picture(hatched)
    visitor.page.mouse.move(*visitor.spot(-48.0, -70.0))
    expect(visitor.page.get_by_text(re.compile(r"kg C m⁻² \([\d.]+ %\) · unlike any training site$")).last).to_be_visible()


def test_the_evidence_comes_into_sight_with_the_numbers_of_its_file(informed: Arrive) -> None:
    page = informed().page
    for limit in evidence()["limits"]:
        expect(page.get_by_text(limit, exact=True)).to_be_visible()
    page.get_by_role("heading", name="Skill by method").scroll_into_view_if_needed()
    table = page.get_by_role("table", name=re.compile("Efficiency"))
    expect(table.get_by_role("row")).to_have_count(1 + len(METHODS))
    expect(table.get_by_role("row", name=re.compile("^End to end"))).to_contain_text("0.50 (0.46 to 0.55)")
    page.wait_for_function("() => proda.models().filter((m) => m.type === 'Quad').length > 0")
    page.get_by_role("combobox", name="Skill in").click()
    page.get_by_role("option", name="region: <Europe>", exact=True).click()
    expect(table).to_be_visible()
    page.get_by_role("button", name="Show on the large map").click()
    expect(page.get_by_role("heading", name=re.compile("^Training profiles"))).to_be_attached()


MARK = """() => {
  const axis = proda.models().find((m) => m.type === "LinearAxis" && `${m.axis_label}`.startsWith("Change that the mechanism"))
  const figure = proda.models().find((m) => m.type === "Figure" && m.below.includes(axis))
  return figure === undefined ? null : [...figure.renderers.at(-1).data_source.data.change]
}"""
"""Where the sliders' marks lie in the diagram of responses [%]; none before there is one."""


def _at_rest(page: Page, where: Callable[[], float]) -> float:
    """Where something stands once nothing above it is still being drawn."""
    found = where()
    for _ in range(20):
        page.wait_for_timeout(500)
        before, found = found, where()
        if found == before:
            break
    return found


def test_the_mechanisms_are_drawn_when_somebody_looks_and_a_slider_moves_its_mark(informed: Arrive) -> None:
    visitor = informed()
    page = visitor.page
    heading = page.get_by_role("heading", name="Evidence: how far to trust this")
    sentence = visitor.status
    below = lambda: heading.bounding_box()["y"] - sentence.bounding_box()["y"]  # noqa: E731
    before, figures = _at_rest(page, below), page.evaluate("proda.models().filter((m) => m.type === 'Figure').length")
    assert page.evaluate(MARK) is None
    page.get_by_role("heading", name="Which mechanism matters").scroll_into_view_if_needed()
    page.mouse.move(800, 500)
    page.mouse.wheel(0, 500)
    page.wait_for_function("(old) => proda.models().filter((m) => m.type === 'Figure').length >= old + 5", arg=figures)
    assert abs(_at_rest(page, below) - before) <= 2  # there was room for all of it
    responses = page.get_by_role("table", name=re.compile("^Published recipe, 0–1 m: mean ± SD of 4 members"))
    expect(responses.get_by_role("row", name=re.compile("Microbial CUE"))).to_contain_text("6.00 ± 0.15")
    assert page.evaluate(MARK) == []
    visitor.slider().press("ArrowRight")
    page.wait_for_function(f"() => Math.abs(({MARK})()[0] - 0.5) < 1e-9")
    page.get_by_role("button", name="Show where +1 % CUE matters most").click()
    expect(page.get_by_role("heading", name=re.compile("^Gain per .1 % CUE"))).to_be_attached()


def test_damaged_files_are_said_and_the_page_goes_on(misled: Arrive) -> None:
    visitor = misled()
    notices = visitor.page.get_by_role("note", name="Notices")
    expect(notices).to_contain_text("The retrieved maps cannot be used, so one published parameter set stands in everywhere")
    expect(notices).to_contain_text("How good the maps are cannot be shown: expected evidence of version 1")
    expect(notices).to_contain_text("Which mechanism matters cannot be shown: expected findings of the retrieved maps")
    expect(button(visitor, "Uncertainty")).to_be_disabled()
    visitor.press("ArrowRight")
    expect(visitor.status).to_have_text(re.compile("^A 1 % rise in microbial CUE everywhere adds"))
    choose(visitor, "Temperature sensitivity of decomposition Q₁₀ (q10)")
    expect(visitor.page.get_by_role("heading", name=re.compile("the same everywhere, not retrieved"))).to_be_visible()


def test_nothing_is_wider_than_the_window(informed: Arrive) -> None:
    visitor = informed(768, 1024)
    choose(visitor, "Fraction of cellulose litter to fast soil carbon f_L2→S1 (fl2s1)")
    expect(visitor.page.get_by_role("heading", name=re.compile("^Fraction of cellulose litter"))).to_be_visible()
    for heading in ("Change a mechanism everywhere", "Where, and how sure", "Where the profiles are"):
        visitor.page.get_by_role("heading", name=heading).scroll_into_view_if_needed()
        visitor.page.wait_for_timeout(500)
    visitor.page.wait_for_function(f"() => ({MARK})() !== null")
    visitor.page.wait_for_function("() => proda.models().filter((m) => m.type === 'Quad').length > 1")
    for width, height in ((768, 1024), (1024, 768), (1920, 1080)):
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.page.wait_for_timeout(500)
        wide = visitor.page.evaluate(
            """() => [document.scrollingElement, document.body, ...document.querySelectorAll('main')]
                     .map((part) => part.scrollWidth - part.clientWidth)"""
        )
        assert max(wide) <= 0
