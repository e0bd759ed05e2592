"""A page shows what follows from its visitor's choice, and from nobody else's."""

from __future__ import annotations

import asyncio

import numpy as np
import panel as pn
import pytest

from dashboard import app
from dashboard.app import Page
from dashboard.catalogue import CONTROLS, DEPTHS, EVIDENCE, MAPS, VIEWS
from dashboard.choice import Choice
from dashboard.engine import Engine
from tests.dashboard.visit import after, colours, heading, picture, slide


@pytest.fixture(scope="module")
def lasting(engine: Engine) -> Page:
    """Making a page takes longer than most of what is asked of it here."""
    return Page(engine)


@pytest.fixture
def page(lasting: Page) -> Page:
    """A page on which nothing was chosen yet, or everything was taken back."""
    after(lasting, lambda: lasting.state.begin(Choice()))
    lasting.map.zoom(np.inf)
    return lasting


def test_a_new_page_shows_the_baseline(engine: Engine) -> None:
    page = Page(engine)
    assert page.headline.sentence.text.startswith("The soils of the model hold ")
    assert np.array_equal(picture(page), engine.pixels.frame(engine.baseline.soc[1]), equal_nan=True)
    assert "World soil carbon [Pg C]" in page.stocks.table.object
    assert page.profile.plot.pane not in page.profile.panel.objects


def test_the_page_can_be_laid_out(page: Page) -> None:
    assert page.layout().title == "PRODA Explorer"


@pytest.mark.parametrize("name", CONTROLS)
def test_every_slider_moves_sentence_map_and_table(page: Page, name: str) -> None:
    sentence, frame, table = page.headline.sentence.text, picture(page), page.stocks.table.object
    after(page, slide(page, name, 2.0))
    assert CONTROLS[name].noun in page.headline.sentence.text
    assert page.headline.sentence.text != sentence
    assert page.stocks.table.object != table
    assert not np.array_equal(picture(page), frame, equal_nan=True)
    assert page.sliders.sliders[name].value == 2.0


def test_sliders_have_their_names_and_ranges(page: Page) -> None:
    for name, slider in page.sliders.sliders.items():
        assert slider.label == CONTROLS[name].label
        assert (slider.start, slider.end) == CONTROLS[name].limits


def test_two_pages_share_no_choice(engine: Engine) -> None:
    one, other = Page(engine), Page(engine)
    sentence, frame = other.headline.sentence.text, picture(other)
    after(one, slide(one, "cue", 5.0), lambda: one.state.visit(10.0, 20.0), lambda: one.state.show(variable="cue"))
    assert other.state.choice == Choice()
    assert other.headline.sentence.text == sentence
    assert np.array_equal(picture(other), frame, equal_nan=True)
    assert [slider.value for slider in other.sliders.sliders.values()] == [0.0] * 7
    assert one.map.first.globe.source is not other.map.first.globe.source
    after(other, slide(other, "warming", 3.0))
    assert "CUE, left alone" in other.headline.sentence.text
    assert one.state.change("warming") == 0.0
    assert one.state.change("cue") == 5.0


def test_reset_brings_the_baseline_back(page: Page) -> None:
    sentence = page.headline.sentence.text
    after(page, slide(page, "cue", 5.0), slide(page, "warming", 2.0), page.state.reset)
    assert page.headline.sentence.text == sentence
    assert [slider.value for slider in page.sliders.sliders.values()] == [0.0] * 7


# kinds that arrive over the websocket; a browser can send arrays and whole numbers of any length as well
HOSTILE = [float("nan"), float("inf"), "<img src=x>", None, True, [], {}, np.array([1.0, 2.0]), 10**400]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
def test_a_slider_refuses_what_is_no_number(engine: Engine, value: object) -> None:
    page = Page(engine)
    sentence = page.headline.sentence.text
    after(page, slide(page, "cue", value))
    assert page.sliders.sliders["cue"].value == page.state.change("cue")
    after(page, slide(page, "cue", 0.0))
    assert page.headline.sentence.text == sentence
    after(page, slide(page, "cue", 1.0))
    assert page.headline.sentence.text.startswith("A 1 % rise in microbial CUE everywhere")


@pytest.mark.parametrize(("value", "limit"), [(1e308, 20.0), (-1e308, -20.0), (10**30, 20.0)])
def test_a_slider_stops_at_its_end(page: Page, value: float, limit: float) -> None:
    after(page, slide(page, "cue", value))
    assert page.sliders.sliders["cue"].value == limit


def test_colours_stand_still_while_a_slider_moves(page: Page) -> None:
    after(page, slide(page, "cue", 1.0))
    before, bar = colours(page), page.map.first.bar.object
    after(page, slide(page, "cue", 20.0), slide(page, "carbon_input", -50.0))
    assert (colours(page), page.map.first.bar.object) == (before, bar)


def test_zoom_is_kept_while_a_slider_moves(page: Page) -> None:
    page.map.zoom(0.5)
    x_range, y_range = page.map.first.globe.figure.x_range, page.map.first.globe.figure.y_range
    before = (x_range.start, x_range.end, y_range.start, y_range.end)
    after(page, slide(page, "cue", 3.0), lambda: page.state.show(variable="residence_time"))
    assert page.map.first.globe.figure.x_range is x_range
    assert (x_range.start, x_range.end, y_range.start, y_range.end) == before


def test_zooming_stays_on_the_globe(page: Page) -> None:
    whole = (page.map.first.globe.figure.x_range.start, page.map.first.globe.figure.x_range.end)
    for factor in (2.0, 0.5, 0.5, 1e-9, np.inf):
        page.map.zoom(factor)
        assert whole[0] <= page.map.first.globe.figure.x_range.start < page.map.first.globe.figure.x_range.end <= whole[1]
    assert (page.map.first.globe.figure.x_range.start, page.map.first.globe.figure.x_range.end) == pytest.approx(whole)


@pytest.mark.parametrize("variable", [name for name, variable in MAPS.items() if variable.group != EVIDENCE])
def test_every_map_can_be_shown(page: Page, variable: str) -> None:
    for view in VIEWS:
        after(page, slide(page, "cue", 2.0), lambda view=view: page.state.show(variable=variable, view=view))
        assert MAPS[variable].label == heading(page).split(":")[0].split(", 0–1 m")[0]
        assert np.isfinite(picture(page)).any()
        low, high, palette = colours(page)
        assert low < high
        assert len(set(palette)) > 50
    after(page, *[lambda depth=depth: page.state.show(depth=depth) for depth in DEPTHS])


def test_a_place_shows_its_soil(page: Page, engine: Engine) -> None:
    land = engine.model.land
    after(page, slide(page, "cue", 5.0), lambda: page.state.visit(float(land.latitude[7]), float(land.longitude[7])))
    assert page.profile.plot.pane in page.profile.panel.objects
    assert "Soil profile at " in page.profile.text.object
    assert "nearest land" not in page.profile.text.object
    baseline, scenario = (np.asarray(source.data["xs"][0]) for source in (page.profile.plot.before, page.profile.plot.after))
    assert np.all(scenario >= baseline)
    assert scenario.sum() > baseline.sum()
    assert len(page.map.first.globe.chosen.data["x"]) == 1
    rows = page.profile.table.rows
    assert float(rows[0][2]) == pytest.approx(scenario[0], rel=6e-3)
    assert len(rows) == 14  # as deep as the figure


def test_a_place_that_is_taken_back_is_gone(page: Page) -> None:
    after(page, lambda: page.state.visit(10.0, 20.0), page.state.undo)
    assert "Click the map" in page.profile.text.object
    assert page.profile.plot.pane not in page.profile.panel.objects
    assert page.profile.search.field.text["text"] == ""
    after(page, page.state.redo)
    assert page.profile.text.object.startswith("<h2>Soil profile at")


def test_the_response_curve_marks_where_the_slider_stands(page: Page) -> None:
    after(page, page.started, slide(page, "cue", 5.0))
    assert page.response.plot.now.data["change"] == [5.0]
    values, totals = (page.response.plot.line.data[name] for name in ("change", "stock"))
    assert np.interp(5.0, values, totals) == pytest.approx(page.response.plot.now.data["stock"][0], rel=1e-2)
    after(page, lambda: page.state.param.update(mechanism="warming"))
    assert page.response.plot.figure.xaxis.axis_label == "Warming [°C]"
    assert page.response.plot.now.data["change"] == [0.0]


def test_the_published_answer_stands_beside_ours(page: Page) -> None:
    after(page, page.started)
    assert "76 ± 3 Pg C" in page.response.text.object
    assert "computed here: +1 % CUE gives +" in page.response.text.object


def test_a_model_that_fails_is_said_and_the_page_goes_on(page: Page, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = picture(page)

    def broken(*_: object) -> None:
        raise ArithmeticError("<b>secret</b>")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "outcome", broken)
        after(page, slide(page, "cue", 3.7))
    assert page.headline.sentence.text == app.TROUBLE
    assert np.array_equal(picture(page), frame, equal_nan=True)
    after(page, slide(page, "cue", 3.8))
    assert page.headline.sentence.text.startswith("A 3.8 % rise in microbial CUE")


def test_an_answer_that_cannot_be_shown_is_said_and_the_page_goes_on(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError("<b>secret</b>")

    with monkeypatch.context() as patch:
        patch.setattr(page.engine.pixels.__class__, "padded", broken)
        after(page, slide(page, "cue", 4.7))
    assert page.headline.sentence.text == app.TROUBLE
    # what was not drawn is not taken for drawn
    after(page, slide(page, "cue", 4.8), slide(page, "cue", 4.7))
    assert page.headline.sentence.text.startswith("A 4.7 % rise in microbial CUE")
    before = page.engine.outcome(page.state.choice.scenario).soc[1] - page.engine.baseline.soc[1]
    assert np.array_equal(picture(page), page.engine.pixels.frame(before), equal_nan=True)


def test_one_visitors_moves_are_not_told_to_all_browsers(page: Page) -> None:
    shown = page.layout()
    pn.state._add_busy_event("a move")
    try:
        assert pn.state.busy
        assert not shown.busy
    finally:
        pn.state._remove_busy_event("a move")


def test_what_lies_below_the_curve_stands_still_when_it_comes(engine: Engine) -> None:
    page = Page(engine)
    text = page.response.text.object
    after(page, page.started)
    assert page.response.text.object == text


def test_a_visitor_who_left_gets_nothing(engine: Engine) -> None:
    page = Page(engine)
    sentence = page.headline.sentence.text

    async def leave() -> None:
        page.sliders.sliders["cue"].value = 9.0
        page.close()
        await page.answers.settled()

    asyncio.run(leave())
    assert page.headline.sentence.text == sentence
