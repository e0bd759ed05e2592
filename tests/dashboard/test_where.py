"""A part of the land: its stocks add up, changes may stop at its edge, and everything on the page says so."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard import projection, takeaway, words
from dashboard.app import Page
from dashboard.choice import Choice
from dashboard.engine import Engine
from dashboard.views import where
from proda_core.regions import BAND_EDGES, Regions
from proda_core.scenario import Scenario
from proda_core.scenarios import Region
from proda_core.simulation import World
from tests.dashboard.test_takeaway import run
from tests.dashboard.visit import after, picture, slide

NORTH = Region(latitude=(30.0, 60.0))
CHANGED = Scenario(cue=0.05)


@pytest.fixture(scope="module")
def known(world: World) -> World:
    """The world with three countries, one of them without land, and two climate zones."""
    index = np.arange(len(world.land.latitude))
    countries = Regions(("One", "<b>Two</b>", "Atlantis"), index % 2)
    return replace(world, regions={"country": countries, "koppen": Regions(("Cfb", "ET"), (index % 3 == 0).astype(np.int64))})


@pytest.fixture(scope="module")
def engine_with_regions(known: World) -> Engine:
    return Engine(known)


@pytest.fixture
def page(engine_with_regions: Engine) -> Page:
    return Page(engine_with_regions)


def test_stocks_of_the_parts_add_up_to_the_whole(engine: Engine) -> None:
    bands = [Region(latitude=(south, np.nextafter(north, south))) for south, north in pairwise(BAND_EDGES)]
    answers = [engine.answer(Choice(CHANGED, region=band)) for band in (Region(latitude=(-90.0, -60.0001)), *bands)]
    for i, whole in enumerate((engine.baseline, engine.outcome(CHANGED))):
        np.testing.assert_allclose(sum(answer.stocks[i] for answer in answers), whole.total, rtol=1e-9)


def test_a_change_stops_at_the_edge(engine: Engine) -> None:
    here = engine.answer(Choice(CHANGED, region=NORTH, within=True))
    assert here.part is not None
    inside = here.part.inside
    assert 0 < inside.sum() < len(engine.model)
    assert np.array_equal(here.outcome.soc[:, ~inside], engine.baseline.soc[:, ~inside])
    assert np.array_equal(here.outcome.soc[:, inside], engine.outcome(CHANGED).soc[:, inside])
    np.testing.assert_allclose(here.stocks[1] - here.stocks[0], here.outcome.total - engine.baseline.total, rtol=1e-9)


def test_a_place_beyond_the_edge_keeps_its_soil(engine: Engine) -> None:
    land = engine.model.land
    outside = int(np.flatnonzero(~engine.inside(NORTH))[0])
    answer = engine.answer(
        Choice(CHANGED, region=NORTH, within=True, place=(float(land.latitude[outside]), float(land.longitude[outside])))
    )
    assert answer.profile is not None
    assert np.array_equal(answer.profile.baseline, answer.profile.scenario)


def test_a_region_without_land_changes_nothing_and_says_so(page: Page) -> None:
    sea = Region(box=(-1.0, 1.0, -31.0, -30.0))
    after(page, slide(page, "cue", 5.0), lambda: page.state.look_at(sea, within=True))
    assert "The model has no land there" in page.stocks.table.object
    assert page.headline.sentence.text.startswith("A 5 % rise in microbial CUE")


def test_the_page_tells_of_the_region(page: Page) -> None:
    after(page, slide(page, "cue", 5.0), lambda: page.state.look_at(Region(country=("One",)), within=True))
    assert page.headline.sentence.text.startswith("A 5 % rise in microbial CUE in One adds ")
    assert " there, once soils reach their new balance; over all land, " in page.headline.sentence.text
    assert "Soil carbon in One [Pg C]" in page.stocks.table.object
    assert page.where.region.value == "One"
    after(page, lambda: page.state.look_at(page.state.choice.region, within=False))
    assert page.headline.sentence.text.startswith("A 5 % rise in microbial CUE everywhere adds ")
    assert " in One, once" in page.headline.sentence.text
    after(page, page.state.reset)
    assert page.headline.sentence.text.startswith("The soils in One hold ")


def test_the_map_is_veiled_outside(page: Page) -> None:
    region = Region(country=("One",))
    after(page, lambda: page.state.look_at(region))
    marked = page.map.first.globe.veil.data["marked"][0].astype(bool)
    assert np.array_equal(marked[:-1], ~page.engine.inside(region))
    after(page, lambda: page.state.look_at(None))
    assert not page.map.first.globe.veil.data["marked"][0].any()


def test_a_change_of_the_edge_draws_the_map_again(page: Page) -> None:
    after(page, slide(page, "cue", 5.0))
    everywhere = picture(page)
    after(page, lambda: page.state.look_at(Region(country=("One",)), within=True))
    assert not np.array_equal(picture(page), everywhere, equal_nan=True)


def test_the_list_holds_what_has_land(engine_with_regions: Engine) -> None:
    found = where.regions(engine_with_regions)
    assert (where.COUNTRIES, "One") in found
    assert (where.COUNTRIES, "Atlantis") not in found
    assert (where.ZONES, "Cfb: temperate, no dry season, warm summer") in found
    assert (where.BANDS, "30° N to 60° N") in found


def test_a_visitor_chooses_from_the_list(page: Page) -> None:
    after(page, lambda: page.where.region.param.update(value="30° N to 60° N"))
    assert page.state.choice.region == NORTH
    assert not page.where.within.disabled
    after(page, lambda: page.where.within.param.update(value=True))
    assert page.state.choice.within
    after(page, lambda: page.where.region.param.update(value=where.ALL))
    assert (page.state.choice.region, page.state.choice.within) == (None, False)
    assert page.where.within.disabled


@pytest.mark.parametrize("sent", [where.DRAWN, "nowhere", "", None, 7])
def test_what_is_not_in_the_list_is_not_chosen(page: Page, sent: object) -> None:
    try:
        after(page, lambda: page.where.region.param.update(value=sent))
    except ValueError:
        return
    assert page.state.choice.region is None
    assert page.where.region.value == where.ALL


def test_names_are_shown_as_text(page: Page) -> None:
    after(page, lambda: page.state.look_at(Region(country=("<b>Two</b>",))))
    assert "<b>Two" not in page.stocks.table.object
    assert "&lt;b&gt;Two" in page.stocks.table.object


def test_a_box_drawn_on_the_map_is_a_region(page: Page) -> None:
    west, south = projection.to_point(-10.0, 35.0)
    east, north = projection.to_point(30.0, 60.0)
    event = SimpleNamespace(final=True, geometry={"type": "rect", "x0": west, "x1": east, "y0": south, "y1": north})
    after(page, lambda: page.map.first.globe.drawn_box(event))
    region = page.state.choice.region
    assert region is not None
    assert region.box is not None
    assert region.box[:2] == (35.0, 60.0)
    assert page.where.region.value == where.DRAWN
    after(page, page.state.undo)
    assert page.state.choice.region is None


@pytest.mark.parametrize(
    "geometry", [{"type": "point", "x": 0.0, "y": 0.0}, {"type": "rect", "x0": 0.0, "x1": 0.0, "y0": 0.0, "y1": 0.0}]
)
def test_what_is_no_box_is_no_region(page: Page, geometry: dict[str, object]) -> None:
    page.map.first.globe.drawn_box(SimpleNamespace(final=True, geometry=geometry))
    page.map.first.globe.drawn_box(
        SimpleNamespace(final=False, geometry={"type": "rect", "x0": 0.0, "x1": 1e6, "y0": 0.0, "y1": 1e6})
    )
    assert page.state.choice.region is None


@pytest.mark.parametrize("x", [(-1e9, 1e9), (-1e6, 1e6)])
def test_boxes_stay_on_the_globe(x: tuple[float, float]) -> None:
    box = projection.to_box(*x, -1e9, 1e9)
    assert box is not None
    south, north, west, east = box
    assert -90 <= south < north <= 90
    assert -180 <= west < east <= 180


@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize("region", [NORTH, Region(country=("One",)), Region(box=(-60.0, 60.0, -100.0, 100.0))])
def test_the_lines_of_python_know_the_region(
    engine_with_regions: Engine, known: World, region: Region, within: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = Choice(CHANGED, region=region, within=within, view="change")
    answer = engine_with_regions.answer(choice)
    names = run(choice, known, monkeypatch)
    assert (names["before"], names["stock"]) == pytest.approx((answer.stocks[0][1], answer.stocks[1][1]))
    np.testing.assert_allclose(names["cells"], engine_with_regions.map_values(answer))
    assert "Region(" in takeaway.python(choice)


def test_every_climate_zone_has_words() -> None:
    from proda_core.climate import ZONES

    assert len({words.climate(zone) for zone in ZONES}) == len(ZONES) == 30
