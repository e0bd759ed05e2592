"""A pinned scenario stands beside the present one: the right numbers, in words that say which is which."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dashboard.app import Page
from dashboard.choice import Pinned
from dashboard.engine import Engine
from dashboard.words import number, signed
from proda_core.scenario import Scenario
from proda_core.scenarios import Region
from tests.dashboard.visit import after, slide

NORTH = Region(latitude=(30.0, 60.0))


@pytest.fixture
def page(engine: Engine) -> Page:
    return Page(engine)


@pytest.fixture
def pinned(page: Page) -> Page:
    """A is one per cent more CUE, B two degrees of warming."""
    after(page, slide(page, "cue", 1.0), page.state.pin, slide(page, "cue", 0.0), slide(page, "warming", 2.0))
    return page


def test_nothing_is_pinned_at_first_and_the_baseline_never(page: Page) -> None:
    assert not page.compare.panel.visible
    assert page.compare.pin.disabled
    page.state.pin()
    assert page.state.choice.pinned is None
    after(page, slide(page, "cue", 1.0))
    assert not page.compare.pin.disabled


def test_the_table_has_the_stocks_of_both(pinned: Page) -> None:
    engine = pinned.engine
    a, b = engine.outcome(Scenario(cue=0.01)), engine.outcome(Scenario(warming=2.0))
    text = pinned.compare.table.object
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", text)[1:]]
    for i in range(4):
        change = b.total[i] - a.total[i]
        assert rows[i][:3] == [number(a.total[i], 4), number(b.total[i], 4), signed(change)]
        assert rows[i][3] == signed(100 * change / a.total[i])
    assert rows[4][:2] == [number(100 * a.cue), number(100 * b.cue)]
    assert "a 1 % rise in microbial CUE, everywhere" in text
    assert "a warming of 2 °C, everywhere" in text


def test_a_is_marked_on_the_response_and_the_bars(pinned: Page) -> None:
    assert "class=rival" in pinned.stocks.table.object
    pinned.response.draw(pinned.engine.response("cue"))
    a = pinned.engine.outcome(Scenario(cue=0.01))
    assert pinned.response.plot.rival.data == {"change": [1.0], "stock": [pytest.approx(a.total[1])]}
    after(pinned, pinned.state.unpin)
    assert pinned.response.plot.rival.data == {"change": [], "stock": []}
    assert "class=rival" not in pinned.stocks.table.object
    assert not pinned.compare.panel.visible


def test_swap_and_back_are_steps_that_can_be_taken_back(pinned: Page) -> None:
    state = pinned.state
    a, b = Pinned(Scenario(cue=0.01)), Pinned(Scenario(warming=2.0))
    after(pinned, state.swap)
    assert (state.choice.pinned, state.choice.present) == (b, a)
    after(pinned, state.undo)
    assert (state.choice.pinned, state.choice.present) == (a, b)
    after(pinned, state.back_to_pinned)
    assert (state.choice.pinned, state.choice.present) == (a, a)
    assert pinned.compare.swap.disabled
    assert pinned.compare.back.disabled
    after(pinned, slide(pinned, "cue", 3.0))
    assert not pinned.compare.back.disabled


def test_nothing_becomes_a_by_swapping_with_the_baseline(pinned: Page) -> None:
    after(pinned, pinned.state.reset)
    before = pinned.state.choice
    assert before.pinned is not None
    assert "<b class=more>B</b> the baseline" in pinned.compare.table.object
    assert pinned.compare.swap.disabled
    pinned.state.swap()
    assert pinned.state.choice is before


def test_a_keeps_where_it_applies(page: Page) -> None:
    after(page, slide(page, "cue", 5.0), lambda: page.state.look_at(NORTH, within=True), page.state.pin)
    after(page, lambda: page.state.look_at(None))
    a = page.state.choice.pinned
    assert a == Pinned(Scenario(cue=0.05), NORTH)
    assert "between 30° N and 60° N only" in page.compare.table.object
    inside = page.engine.inside(NORTH)
    assert np.array_equal(page.engine.outcome(a.change).soc[:, ~inside], page.engine.baseline.soc[:, ~inside])
    after(page, page.state.back_to_pinned)
    assert (page.state.choice.region, page.state.choice.within) == (NORTH, True)


def test_the_stocks_are_those_of_the_chosen_part(pinned: Page) -> None:
    after(pinned, lambda: pinned.state.look_at(NORTH))
    engine, inside = pinned.engine, pinned.engine.inside(NORTH)
    soc = engine.outcome(Scenario(cue=0.01)).soc
    expected = engine.model.global_stock(np.where(inside, soc, 0.0))
    rival = engine.answer(pinned.state.choice).rival
    assert rival is not None
    np.testing.assert_allclose(rival.stock, expected)
    assert "A and B: soil carbon between 30° N and 60° N [Pg C]" in pinned.compare.table.object


def test_names_of_regions_are_text(page: Page) -> None:
    after(page, slide(page, "cue", 5.0), lambda: page.state.look_at(Region(country=("<b>Two</b>",)), within=True), page.state.pin)
    assert "<b>Two" not in page.compare.table.object


def test_a_where_there_is_no_land_applies_everywhere_as_the_present_one_does(page: Page) -> None:
    sea = Region(box=(-1.0, 1.0, -31.0, -30.0))
    after(page, slide(page, "cue", 5.0), lambda: page.state.look_at(sea, within=True), page.state.pin)
    rival = page.engine.answer(page.state.choice).rival
    assert rival is not None
    assert rival.pinned == Pinned(Scenario(cue=0.05))
