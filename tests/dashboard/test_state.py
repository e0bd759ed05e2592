"""A choice is always one that the model can answer, whatever a visitor sends."""

from __future__ import annotations

import pytest

from dashboard.catalogue import CONTROLS
from dashboard.choice import Choice
from dashboard.state import State
from proda_core.scenario import Scenario

NOT_NUMBERS = [float("nan"), float("inf"), -float("inf"), "1", "", None, True, False, [1.0], {}, 1j]


@pytest.fixture
def state() -> State:
    return State()


def test_a_visitor_starts_with_the_baseline(state: State) -> None:
    assert state.choice == Choice()
    assert state.choice.scenario.is_baseline


@pytest.mark.parametrize("name", CONTROLS)
def test_a_change_is_the_sliders_value_in_the_units_of_the_scenario(state: State, name: str) -> None:
    assert state.set_change(name, 1.5)
    assert getattr(state.choice.scenario, name) == pytest.approx(1.5 / CONTROLS[name].scale)
    assert state.change(name) == 1.5


@pytest.mark.parametrize("name", CONTROLS)
def test_values_beyond_the_range_stop_at_its_end(state: State, name: str) -> None:
    lower, upper = CONTROLS[name].limits
    for value, limit in ((1e308, upper), (10**30, upper), (-1e308, lower), (upper + 1e-9, upper)):
        assert state.set_change(name, value)
        assert state.change(name) == pytest.approx(limit)


def test_a_whole_number_too_large_for_a_float_is_no_accident(state: State) -> None:
    state.set_change("cue", 10**400)
    assert -20.0 <= state.change("cue") <= 20.0


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_what_is_not_a_finite_number_changes_nothing(state: State, value: object) -> None:
    state.set_change("warming", 2.0)
    before = state.choice
    assert not state.set_change("cue", value)
    assert not state.set_change("warming", value)
    assert state.choice is before


def test_equal_values_are_equal_keys(state: State) -> None:
    state.set_change("cue", 0.1 + 0.2)
    first = state.choice
    state.set_change("cue", 0.3)
    assert first == state.choice
    assert hash(first) == hash(state.choice)


def test_unknown_slider_is_an_error(state: State) -> None:
    with pytest.raises(KeyError, match="CUE"):
        state.set_change("CUE", 1.0)


def test_reset_brings_back_every_slider_and_keeps_the_rest(state: State) -> None:
    state.show(variable="cue", depth="full", view="change")
    state.visit(10.0, 20.0)
    for name in CONTROLS:
        state.set_change(name, 1.0)
    state.reset()
    assert state.choice == Choice(Scenario(), "cue", "full", "change", (10.0, 20.0))
    assert [state.change(name) for name in CONTROLS] == [0.0] * 7


def test_the_map_turns_to_the_change_with_the_first_move_only(state: State) -> None:
    state.set_change("cue", 1.0)
    assert state.choice.view == "change"
    state.reset()
    assert state.choice.view == "scenario"


def test_a_view_that_a_visitor_chose_stays(state: State) -> None:
    state.show(view="percent")
    state.set_change("cue", 1.0)
    assert state.choice.view == "percent"
    state.reset()
    assert state.choice.view == "percent"


@pytest.mark.parametrize(
    ("name", "first"), [("variable", "soc, cue, carbon_input"), ("depth", "0.3m, 1m, 2m, full"), ("view", "baseline, scenario")]
)
def test_unknown_names_are_told_the_known_ones(state: State, name: str, first: str) -> None:
    before = state.choice
    with pytest.raises(ValueError, match=rf"^expected one of {first}.*; got '<b>'$"):
        state.show(**{name: "<b>"})
    assert state.choice is before


@pytest.mark.parametrize("place", [(90.0, 180.0), (-90, -180), (0.0, 0.0), (51.4816, -0.0077)])
def test_places_on_the_globe_are_visited(state: State, place: tuple[float, float]) -> None:
    assert state.visit(*place)
    assert state.choice.place == place


@pytest.mark.parametrize("bad", [*NOT_NUMBERS, 180.1, -1e308, 10**400], ids=lambda value: repr(value)[:20])
def test_what_is_no_place_is_not_visited(state: State, bad: object) -> None:
    for place in ((bad, 0.0), (0.0, bad), (90.1, 0.0)):
        assert not state.visit(*place)
    assert state.choice.place is None


def test_one_move_is_one_change(state: State) -> None:
    seen: list[Choice] = []
    state.param.watch(lambda event: seen.append(event.new), "choice")
    state.set_change("cue", 1.0)
    assert [(choice.scenario.cue, choice.view) for choice in seen] == [(0.01, "change")]


def test_visitors_share_no_choice() -> None:
    one, other = State(), State()
    one.set_change("cue", 5.0)
    assert other.choice == Choice()


def test_what_is_chosen_before_the_page_can_answer_is_not_lost() -> None:
    state, seen = State(), list[Choice]()
    state.wait()
    state.param.watch(lambda event: seen.append(event.new), "choice")
    state.set_change("cue", 1.0)
    state.visit(47.0, 8.0)
    assert (seen, state.choice) == ([], Choice())
    state.go()
    assert (state.change("cue"), state.choice.place, state.choice.view) == (1.0, (47.0, 8.0), "change")
    state.set_change("cue", 2.0)
    assert seen[-1].scenario.cue == 0.02
    state.undo()
    assert state.change("cue") == 1.0
