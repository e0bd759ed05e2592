"""The drawer of the 21 parameters, plain and expert words, and what the page says where a slider should be read with care."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard import caution, expert, link, takeaway, words
from dashboard.app import Page
from dashboard.catalogue import CONTROLS
from dashboard.choice import MODES, Choice, Pinned
from dashboard.engine import Engine
from dashboard.expert import EXPERT, GROUPS, SLIDERS
from dashboard.export import described
from proda_core.parameters import IDS, PARAMETERS
from proda_core.published import WARMING
from proda_core.scenario import PARAMETER_LIMITS, Scenario
from proda_core.scenarios import Region
from proda_core.sensitivity import MECHANISMS, STEPS
from proda_core.simulation import World
from tests.dashboard.test_takeaway import run
from tests.dashboard.visit import after, slide

CHANGED = Scenario(cue=0.02, parameters=(("q10", 0.05), ("beta", -0.01)))


@pytest.fixture
def page(engine: Engine) -> Page:
    return Page(engine)


@pytest.fixture
def drawer(page: Page) -> Page:
    after(page, lambda: page.state.speak("expert"))
    return page


def test_every_parameter_has_a_slider_from_the_one_table() -> None:
    assert tuple(EXPERT) == IDS
    assert [id_ for ids in GROUPS.values() for id_ in ids] != []
    assert {id_ for ids in GROUPS.values() for id_ in ids} == set(IDS)
    for row in PARAMETERS:
        control = EXPERT[row.id]
        assert control.label.lower().startswith(row.meaning.lower())
        assert control.limits == pytest.approx([100 * limit for limit in PARAMETER_LIMITS])
        assert f"{row.lower:.6f}".rstrip("0").rstrip(".") in expert.span(row.id)
    names = [text for control in SLIDERS.values() for text in (control.label, control.short)]
    assert len(set(names)) == len(names)


def test_the_drawer_is_made_when_it_is_first_opened(page: Page) -> None:
    assert list(page.sliders.sliders) == list(CONTROLS)
    assert not page.sliders.drawer.visible
    after(page, lambda: page.sliders.mode.param.update(value="Expert"))
    assert page.state.choice.mode == "expert"
    assert list(page.sliders.sliders) == list(SLIDERS)
    assert page.sliders.drawer.visible
    made = page.sliders.sliders["q10"]
    after(page, page.state.undo)
    assert (page.state.choice.mode, page.sliders.drawer.visible, page.sliders.mode.value) == ("plain", False, "Plain language")
    after(page, page.state.redo)
    assert page.sliders.sliders["q10"] is made


@pytest.mark.parametrize("id_", IDS)
def test_every_slider_of_a_parameter_moves_the_world(drawer: Page, id_: str) -> None:
    after(drawer, slide(drawer, id_, 7.0))
    assert drawer.state.choice.scenario == Scenario(parameters=((id_, 0.07),))
    assert drawer.engine.outcome(drawer.state.choice.change).soc.tolist() != drawer.engine.baseline.soc.tolist()
    assert f"A 7 % rise in {EXPERT[id_].noun}" in drawer.headline.sentence.text
    assert drawer.state.choice.view == "change"


def test_a_link_opens_the_drawer_where_it_was(engine: Engine) -> None:
    page = Page(engine, link.Opened(Choice(CHANGED, mode="expert")))
    assert (page.sliders.sliders["q10"].value, page.sliders.sliders["beta"].value) == (5.0, -1.0)
    accordion = page.sliders.drawer.objects[1]
    assert accordion.active == [
        list(GROUPS).index(name) for name in GROUPS if name in ("input_allocation", "environmental_modifier")
    ]


def test_changed_parameters_are_told_of_where_their_sliders_are_not_seen(drawer: Page) -> None:
    after(drawer, slide(drawer, "q10", 5.0))
    assert not drawer.sliders.unseen.visible
    after(drawer, lambda: drawer.state.speak("plain"))
    assert drawer.sliders.unseen.visible
    after(drawer, drawer.state.reset)
    assert not drawer.sliders.unseen.visible


def test_reset_and_steps_back_move_the_drawer(drawer: Page) -> None:
    after(drawer, slide(drawer, "q10", 5.0), slide(drawer, "cue", 1.0))
    after(drawer, drawer.state.reset)
    assert drawer.state.choice.scenario.is_baseline
    assert drawer.sliders.sliders["q10"].value == 0.0
    after(drawer, drawer.state.undo)
    assert drawer.sliders.sliders["q10"].value == 5.0
    assert drawer.state.choice.mode == "expert"


@pytest.mark.parametrize("value", [float("nan"), "5", None, [1.0], 10**400])
def test_a_slider_of_a_parameter_refuses_what_is_no_number(drawer: Page, value: object) -> None:
    after(drawer, slide(drawer, "q10", value))
    assert drawer.sliders.sliders["q10"].value == drawer.state.change("q10")
    after(drawer, slide(drawer, "q10", 1e9))
    assert drawer.sliders.sliders["q10"].value == 50.0


def test_words_are_plain_or_those_of_an_expert(page: Page) -> None:
    slider, control = page.sliders.sliders["carbon_input"], CONTROLS["carbon_input"]
    assert slider.sub == control.plain
    assert dict(slider.about)["Meaning"] == control.plainly
    assert "Equation" not in dict(slider.about)
    after(page, lambda: page.state.speak("expert"))
    assert slider.sub == control.equation
    assert dict(slider.about)["Equation"] == control.equation
    assert all(control.plain and control.plainly for control in CONTROLS.values())
    assert "Shift" in dict(slider.about)["Keys"]


@pytest.mark.parametrize("sent", ["expert", "", None, 7, "<b>"])
def test_what_is_no_way_to_speak_is_not_taken(page: Page, sent: object) -> None:
    after(page, lambda: page.sliders.mode.param.update(value=sent))
    assert page.state.choice.mode == "plain"
    assert page.sliders.mode.value == "Plain language"
    with pytest.raises(ValueError, match="expected one of plain, expert"):
        page.state.speak("loud")


def test_many_changes_of_parameters_are_counted() -> None:
    few, many = (Scenario(cue=0.01, parameters=tuple((id_, 0.1) for id_ in IDS[:n])) for n in (3, 4))
    assert len(words.moves(few)) == 4
    assert words.moves(many)[1:] == ["changes of 4 parameters"]


def test_cue_is_not_left_alone_where_its_parameters_change() -> None:
    for id_, left in (("fl1s1", False), ("tau4s1", True)):
        said = words.headline(Scenario(parameters=((id_, 0.1),)), "1m", 2040.0, 2000.0, 0.41, 0.4)
        assert ("left alone" in said) is left


def test_the_lines_of_python_and_the_files_know_parameters(engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Choice(CHANGED, view="change")
    names = run(choice, world, monkeypatch)
    np.testing.assert_allclose(names["cells"], engine.map_values(engine.answer(choice)), rtol=1e-9)
    assert 'parameters=(("q10", 0.05), ("beta", -0.01),)' in takeaway.python(choice)
    assert described(CHANGED) == "cue=0.02 q10=0.05 beta=-0.01"


@pytest.mark.parametrize(
    "choice",
    [
        Choice(CHANGED, mode="expert"),
        Choice(Scenario(warming=1.0), pinned=Pinned(CHANGED, Region(box=(-10.0, 10.0, 20.0, 40.0)))),
        Choice(pinned=Pinned(Scenario(cue=0.01))),
        *(Choice(mode=mode) for mode in MODES),
    ],
)
def test_links_know_parameters_mode_and_a(choice: Choice) -> None:
    query = link.query(choice, "x")
    given = dict(pair.split("=") for pair in query.split("&") if pair)
    assert link.open_link({key: [value.encode()] for key, value in given.items()}, "x") == link.Opened(choice)


@pytest.mark.parametrize(
    "query", [{"p.q10": "99"}, {"p.q10": "x"}, {"a.cue": "99"}, {"mode": "loud"}, {"a.cue": "1", "a.zone": "?"}]
)
def test_broken_links_are_told(query: dict[str, str]) -> None:
    opened = link.open_link({"v": [b"1"], **{key: [value.encode()] for key, value in query.items()}}, "x")
    assert opened.broken
    assert opened.choice == Choice()


def test_held_land_is_told_on_the_slider(drawer: Page) -> None:
    after(drawer, slide(drawer, "beta", 50.0))
    assert drawer.sliders.sliders["beta"].note.startswith("Held at its limit on 100 % of the land.")
    after(drawer, slide(drawer, "beta", 0.1))
    assert drawer.sliders.sliders["beta"].note == ""


def test_the_range_of_the_published_curve_comes_from_the_findings(informed: Engine) -> None:
    found = caution.published(informed.findings)
    assert set(found) == set(MECHANISMS)
    assert informed.findings is not None
    realised = informed.findings.realised[0].mean(axis=0)
    for name, (low, high) in found.items():
        ends = sorted(100 * realised[MECHANISMS.index(name), [0, len(STEPS) - 1]])
        assert (low, high) == pytest.approx(ends)
    assert caution.published(None) == {}


def test_beyond_the_published_curve_the_page_warns() -> None:
    ranges = {"cue": (-11.3, 11.2)}
    assert caution.of("cue", 11.0, "1m", {}, ranges) == ""
    assert "runs from −11 to +11 %" in caution.of("cue", 12.0, "1m", {}, ranges)
    assert caution.of("cue", 20.0, "1m", {}, {}) == ""
    assert caution.of("warming", WARMING.high, "1m", {}, {}) == ""
    assert "IPCC" in caution.of("warming", WARMING.high + 0.1, "1m", {}, {})


def test_deeper_allocation_in_full_depth_is_called_an_artefact() -> None:
    held = {"input_allocation": 0.02}
    assert "artefact" in caution.of("input_allocation", 4.0, "full", held, {})
    for value, depth, share in ((4.0, "1m", 0.02), (-4.0, "full", 0.02), (2.0, "full", 0.005)):
        assert "artefact" not in caution.of("input_allocation", value, depth, {"input_allocation": share}, {})


@pytest.mark.parametrize("name", SLIDERS)
def test_every_slider_says_why_it_ends(name: str, page: Page) -> None:
    reason = caution.at_the_end(name)
    assert reason.startswith("The end is a judgement")
    if name in CONTROLS:
        assert page.sliders.sliders[name].texts["beyond"].endswith(reason)
        assert "{typed} is beyond this slider" in page.sliders.sliders[name].texts["beyond"]
