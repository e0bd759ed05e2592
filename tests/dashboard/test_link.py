"""A link restores what it was made from; a broken or foreign one opens the first look, with a notice, and hurts nobody."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import link
from dashboard.app import Page
from dashboard.catalogue import DEPTHS, MAPS, VIEWS
from dashboard.choice import Choice, Guide, Look, Pinned
from dashboard.engine import Engine
from dashboard.framing import Framing, Window
from dashboard.state import State
from dashboard.views.tools import is_address
from proda_core.scenario import LIMITS, Scenario
from proda_core.scenarios import Region

MODEL = "0.1.0-9ea4de"
OLD = [
    [*line.split("\t"), "Framing()"][:3]
    for line in (Path(__file__).parent / "links.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def opened(query: str, model: str = MODEL) -> link.Opened:
    """What the server makes of a query."""
    given = parse_qs(query, keep_blank_values=True)
    return link.open_link({key: [value.encode() for value in values] for key, values in given.items()}, model)


def _changes() -> st.SearchStrategy[Scenario]:
    steps = {
        name: st.integers(round(low * 1000), round(high * 1000)).map(lambda n: n / 1000) for name, (low, high) in LIMITS.items()
    }
    return st.builds(Scenario, **steps)


PLACES = st.none() | st.tuples(st.integers(-9000, 9000).map(lambda n: n / 100), st.integers(-18000, 18000).map(lambda n: n / 100))


REGIONS = st.sampled_from(
    [
        None,
        Region(country=("Côte d'Ivoire",)),
        Region(koppen=("Cfb",)),
        Region(latitude=(-30.0, 0.0)),
        Region(box=(-10.5, 10.25, 170.0, -170.0)),
    ]
)


@given(_changes(), st.sampled_from(list(MAPS)), st.sampled_from(list(DEPTHS)), st.sampled_from(list(VIEWS)), PLACES, REGIONS)
def test_a_link_opens_what_it_was_made_from(
    scenario: Scenario, variable: str, depth: str, view: str, place: tuple[float, float] | None, region: Region | None
) -> None:
    choice = Choice(scenario, variable, depth, view, place, region, within=region is not None)
    query = link.query(choice, MODEL)
    assert opened(query) == link.Opened(choice)
    assert len(query) < 250


def test_the_first_look_needs_no_link() -> None:
    assert link.query(Choice(), MODEL) == ""


def test_only_what_was_chosen_is_in_the_link() -> None:
    assert link.query(Choice(Scenario(cue=0.01), view="change"), MODEL) == f"v=1&cue=1&view=change&m={MODEL}"


KINDS = (Choice, Framing, Guide, Look, Pinned, Region, Scenario, Window)


@pytest.mark.parametrize(("query", "choice", "framing"), OLD, ids=[query or "none" for query, *_ in OLD])
def test_links_of_every_release_still_open(query: str, choice: str, framing: str) -> None:
    names = {kind.__name__: kind for kind in KINDS}
    found = opened(query)
    assert (found.choice, found.framing) == (eval(choice, names), eval(framing, names))  # noqa: S307 our own file
    assert "could not" not in found.notice


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("cue=1", "expected v=1, got none"),
        ("v=2&cue=1", "expected v=1, got “2”"),
        ("v=1&cue=99", "expected cue between -20 and 20 %, got “99”"),
        ("v=1&cue=nan", "expected cue"),
        ("v=1&cue=1e999", "expected cue"),
        ("v=1&cue=1_0", "expected cue"),
        ("v=1&cue=", "expected cue"),
        ("v=1&warming=６", "expected warming between -2 and 6 °C"),
        ("v=1&map=<script>alert(1)</script>", "expected map to be one of soc"),
        ("v=1&view=Change", "expected view"),
        ("v=1&depth=3m", "expected depth to be one of 0.3m"),
        ("v=1&at=91,0", "expected at=latitude,longitude in degrees"),
        ("v=1&at=1,2,3", "expected at"),
        ("v=1&at=,", "expected at"),
        ("v=1&at=1,2&beside=1,181", "expected beside=latitude,longitude in degrees"),
        ("v=1&cue=1&at=47", "expected at"),
        ("v=1&map=" + "x" * 5000, "…"),
        ("v=1&map=%ff%fe", "expected map"),
        ("v=1&country=" + "x" * 41, "expected country to be a name"),
        ("v=1&zone=Zz", "expected zone to be one of"),
        ("v=1&band=60,30", "expected band to be south,north"),
        ("v=1&box=0,10,0", "expected box to be south,north,west,east"),
        ("v=1&box=0,10,7,7", "expected box"),
        ("v=1&zone=ET&band=0,10", "expected one region, got zone and band"),
        ("v=1&zoom=4,0", "expected zoom to be how deep, how far right and how far up"),
        ("v=1&zoom=0.5,0,0", "expected zoom"),
        ("v=1&zoom=4,0,1.1", "expected zoom"),
        ("v=1&divider=101", "expected divider between 0 and 100 %, got “101”"),
        ("v=1&divider=", "expected divider"),
        ("lesson=<b>", "expected lesson to be a name, a point and a number"),
        ("lesson=cue.0", "expected lesson"),
        ("lesson=3", "expected lesson"),
        ("lesson=cue.2&present=1", "expected a lesson or a presentation, got both"),
    ],
)
def test_a_broken_link_opens_the_first_look_and_says_why(query: str, told: str) -> None:
    choice, notice, broken, *_ = opened(query)
    assert choice == Choice()
    assert broken
    assert told in notice
    assert len(notice) < 300


def test_what_others_add_to_a_link_does_not_matter() -> None:
    assert opened("utm_source=letter&fbclid=1") == link.Opened(Choice())
    assert opened("v=1&cue=1&utm_source=letter").choice == Choice(Scenario(cue=0.01))


def test_a_link_of_another_model_says_so() -> None:
    choice, notice, broken, *_ = opened(f"v=1&cue=1&m={MODEL}", model="0.2.0-aaaaaa")
    assert not broken
    assert choice == Choice(Scenario(cue=0.01))
    assert MODEL in notice
    assert "0.2.0-aaaaaa" in notice


@given(st.dictionaries(st.sampled_from(["v", "cue", "map", "at", "m", "depth"]), st.lists(st.binary(max_size=60), max_size=3)))
def test_no_link_is_an_error(arguments: dict[str, list[bytes]]) -> None:
    choice, notice, broken, *_ = link.open_link(arguments, MODEL)
    assert choice.variable in MAPS
    assert notice or not broken


def test_a_page_opens_as_its_link_says(engine: Engine) -> None:
    page = Page(engine, link.Opened(Choice(Scenario(cue=0.03), depth="full", view="percent")))
    assert page.sliders.sliders["cue"].value == 3.0
    assert page.headline.sentence.text.startswith("A 3 % rise")
    assert (page.map.chooser.depth.value, page.map.chooser.view.value) == ("Full depth", "% change")
    assert page.tools.bar.query == f"v=1&cue=3&depth=full&view=percent&m={engine.version}"
    assert not page.tools.bar.can_undo


def test_a_link_restores_how_the_maps_were_looked_at(informed: Engine) -> None:
    page = Page(informed, opened("v=1&cue=1&view=change&compare=swipe&zoom=4,0.1,0.45&fit=1&hatch=0&divider=30"))
    across = page.map.first.globe.figure.x_range
    assert (across.end - across.start) == pytest.approx(2 * page.map.first.globe.whole[0] / 4)
    assert page.map.fit.label == "Fixed colours"
    assert page.map.first.globe.hatching.visible is page.map.hatch.value is False
    assert page.map.stage.divider.share == 30
    assert "&fit=1&hatch=0&divider=30" in page.tools.bar.query
    assert "zoom=4,0.1,0.45" in page.tools.bar.query
    page.map.zoom(np.inf)
    page.map.hatch.value = True
    assert not {"zoom=", "hatch="} & set(page.tools.bar.query.replace("=", "=&").split("&"))


def test_zooming_is_no_step_that_could_be_taken_back(engine: Engine) -> None:
    page = Page(engine)
    page.map.zoom(0.5)
    assert page.tools.bar.query == f"v=1&zoom=2,0,0&m={engine.version}"
    assert not page.tools.bar.can_undo


def test_the_notice_of_a_link_is_on_the_page_and_escaped(engine: Engine) -> None:
    page = Page(engine, opened("v=1&map=<img src=x>"))
    assert "could not be followed" in page.notices.text.object
    assert "<img" not in page.notices.text.object
    assert page.notices.text.visible


def test_a_view_from_a_link_stays_when_sliders_move() -> None:
    state = State(Choice(view="percent"))
    state.set_change("cue", 1.0)
    assert state.choice.view == "percent"


def test_the_version_changes_with_the_parameters(engine: Engine, informed: Engine) -> None:
    assert engine.version != informed.version
    assert np.array_equal(engine.model.land.latitude, informed.model.land.latitude)


@pytest.mark.parametrize("address", ["http://[", "javascript:alert(1)", "http://a/" + "x" * 1000, "http://ä/", "", "ftp://a/"])
def test_no_code_is_made_of_what_is_no_address(engine: Engine, address: str) -> None:
    assert not is_address(address)
    page = Page(engine)
    page.tools.bar.address = address
    assert page.tools.bar.code == ""


def test_the_code_is_a_picture_of_the_address(engine: Engine) -> None:
    page = Page(engine)
    page.tools.bar.address = "http://localhost:5006/?v=1&cue=1"
    one = page.tools.bar.code
    page.tools.bar.address = "http://localhost:5006/?v=1&cue=2"
    assert one.startswith("<svg")
    assert one != page.tools.bar.code
    assert "localhost" in page.tools.bar.citation
