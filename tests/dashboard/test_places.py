"""Places are found by name and by coordinates, and what is none is refused with what to do."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard import coordinates, engine, places
from dashboard.app import Page
from dashboard.engine import Engine
from dashboard.places import Gazetteer, Place, UnknownPlaceError
from proda_core.grid import LandGrid
from proda_core.regions import Regions
from proda_core.simulation import World, load_world
from proda_core.store import data_directory
from tests.dashboard.visit import after


@pytest.fixture(scope="module")
def land() -> tuple[LandGrid, Regions]:
    world = load_world(use="published")
    return world.land, world.regions["country"]


@pytest.fixture(scope="module")
def known(land: tuple[LandGrid, Regions]) -> Gazetteer:
    """The gazetteer that comes with the project, on the project's land."""
    return Gazetteer(places.read(data_directory() / places.FILE), *land)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("47.4, 8.5", (47.4, 8.5)),
        ("  47.4   8.5 ", (47.4, 8.5)),
        ("47.4N 8.5E", (47.4, 8.5)),
        ("N47.4E8.5", (47.4, 8.5)),
        ("8°32′E 47°22′N", (47.3667, 8.5333)),
        ("47°22'30\"S, 8°30'W", (-47.375, -8.5)),
        ("−3.1 −60", (-3.1, -60.0)),
        ("47,4; 8,5", (47.4, 8.5)),
        ("8.5E, 47.4", (47.4, 8.5)),
        ("-90 180", (-90.0, 180.0)),
    ],
)
def test_coordinates_are_read_as_people_write_them(typed: str, place: tuple[float, float]) -> None:
    assert coordinates.parse(typed) == place


@pytest.mark.parametrize("typed", ["", "Zürich", "47.4", "47.4N", "1e3, 4", "47.48.5", "<b>", "nan, 0", "9" * 200, "1 2 3"])
def test_what_does_not_look_like_coordinates_is_none(typed: str) -> None:
    assert coordinates.parse(typed) is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("91, 0", "Latitude runs from −90 to 90"),
        ("0, 181", "longitude from −180 to 180"),
        ("47N 8N", "both are the same axis"),
        ("-47S 8E", "a sign or a letter"),
        ("47.5°30'N 8E", "minutes after whole degrees"),
        ("47°75'N 8E", "below 60"),
    ],
)
def test_coordinates_that_cannot_be_say_why(typed: str, reason: str, known: Gazetteer) -> None:
    with pytest.raises(coordinates.CoordinatesError, match=reason):
        coordinates.parse(typed)
    with pytest.raises(UnknownPlaceError, match=reason):
        known.find(typed)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("zurich", "Zürich, Switzerland"),
        ("ZÜRICH", "Zürich, Switzerland"),
        ("cologne", "Köln, Germany"),
        ("tromso", "Tromsø, Norway"),
        ("北京", "Beijing, China"),
        ("paris", "Paris, France"),
        ("france", "France"),
        ("cote d'ivoire", "Côte d'Ivoire"),
        ("Democratic Republic of the Congo", "Dem. Rep. Congo"),
        ("tiksi", "Tiksi, Russia"),
    ],
)
def test_places_are_found_by_name(known: Gazetteer, typed: str, title: str) -> None:
    assert known.find(typed).title == title


def test_names_that_are_not_of_one_place_tell_their_country(known: Gazetteer) -> None:
    found = known.suggest("paris")
    assert [place.title for place in found[:2]] == ["Paris, France", "Paris, United States"]
    assert len(known.suggest("san")) == 8


def test_every_country_has_a_place_inside_it(known: Gazetteer, land: tuple[LandGrid, Regions]) -> None:
    where, regions = land
    assert len(known.countries) > 200
    for name in known.countries:
        place = known.find(name)
        assert place.title == name
        assert regions.names[regions.index[where.nearest(place.latitude, place.longitude)]] == name


def test_france_is_in_europe_though_parts_of_it_are_not(known: Gazetteer) -> None:
    place = known.find("France")
    assert 45 < place.latitude < 49
    assert 0 < place.longitude < 5


@pytest.mark.parametrize("typed", ["Qwertzuiop", "<img src=x>", "x" * 500])
def test_an_unknown_place_says_what_to_do(known: Gazetteer, typed: str) -> None:
    with pytest.raises(UnknownPlaceError, match=r"No place called .* among 24,\d+ towns .* coordinates") as refusal:
        known.find(typed)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("typed", ["", "   ", "\u0301"])
def test_nothing_typed_says_what_can_be(known: Gazetteer, typed: str) -> None:
    with pytest.raises(UnknownPlaceError, match="Type a place"):
        known.find(typed)
    assert known.suggest(typed) == []


def test_the_nearest_town_is_named_across_the_date_line() -> None:
    land = LandGrid(np.array([0.25]), np.array([179.75]), np.ones(1))
    town = Place("Edge", "Sea", 0.0, 179.9)
    known = Gazetteer([(town, ())], land)
    assert known.near(0.1, -179.9) == town
    assert known.near(1.0, -179.9) is None


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "places.tsv.gz"
    broken.write_bytes(gzip.compress(b"Zurich\t47\n"))
    with pytest.raises(ValueError, match=r"expected lines of name, country, latitude"):
        places.read(broken)
    broken.write_bytes((data_directory() / places.FILE).read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"expected lines of name, country, latitude"):
        places.read(broken)


def test_without_its_file_the_page_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRODA_DATA", str(tmp_path))
    towns, notice = engine._towns()
    assert towns == ()
    assert notice == "The names of towns cannot be shown: expected places.tsv.gz, got no such file."


@pytest.fixture(scope="module")
def small(world: World) -> Engine:
    """The small world with two towns of one name and one of another."""
    towns = [
        (Place(name, country, *at), ())
        for name, country, at in (("Aa", "X", (10.0, 20.0)), ("Aa", "Y", (-5.0, 30.0)), ("<b>", "Z", (0.0, 0.0)))
    ]
    return Engine(world, towns=towns)


@pytest.fixture
def page(small: Engine) -> Page:
    return Page(small)


def type_in(page: Page, text: Any) -> None:
    page.profile.search.field.asked = {"text": text, "number": 1}


def choose(page: Page, text: Any, pick: Any) -> None:
    page.profile.search.field.chosen = {"text": text, "pick": pick, "number": 2}


def test_a_visitor_chooses_one_of_the_suggestions(page: Page) -> None:
    after(page, lambda: type_in(page, "aa"), lambda: choose(page, "aa", 1))
    assert page.profile.search.field.found["places"] == [["Aa", "X · 10.00° N, 20.00° E"], ["Aa", "Y · 5.00° S, 30.00° E"]]
    assert page.state.choice.place == (-5.0, 30.0)
    assert page.profile.search.field.text["text"] == "Aa, Y"
    assert page.profile.text.object.startswith("<h2>Soil profile at")
    after(page, lambda: page.state.visit(1.0, 2.0))
    assert page.profile.search.field.text["text"] == "1.00° N, 2.00° E"


def test_what_is_typed_and_not_found_is_answered_and_loses_nothing(page: Page) -> None:
    after(page, lambda: choose(page, "47.4N 8.5E", -1), lambda: choose(page, "<b>nowhere</b>", -1))
    assert "No place called “<b>nowhere</b>”" in page.profile.search.field.message["text"]  # shown as text by the browser
    assert page.state.choice.place == (47.4, 8.5)
    after(page, lambda: choose(page, "91, 0", -1))
    assert "from −90 to 90" in page.profile.search.field.message["text"]


@pytest.mark.parametrize("sent", [None, 7, "aa", {"text": 7}, {"text": "aa", "pick": "1"}, {"text": "zz", "pick": 99}, []])
def test_nonsense_from_a_browser_changes_nothing(page: Page, sent: Any) -> None:
    field = page.profile.search.field
    after(page, lambda: field.param.update(asked=sent))
    if not (isinstance(sent, dict) and sent.get("text") == "aa"):
        after(page, lambda: field.param.update(chosen=sent))
        assert page.state.choice.place is None
