"""Every step of a visitor can be taken back and again; a drag of a slider is one step."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import app
from dashboard.app import Page
from dashboard.choice import Choice
from dashboard.engine import Engine
from dashboard.history import KEPT, TOGETHER, History
from dashboard.state import State
from proda_core.scenario import Scenario
from tests.dashboard.visit import after, slide


def _cue(percent: float) -> Choice:
    return Choice(Scenario(cue=percent / 100))


def test_there_is_nothing_before_the_beginning() -> None:
    history = History(Choice())
    assert not history.can_undo
    assert not history.can_redo
    assert history.undo() == history.redo() == Choice()
    assert history.before is None


@given(st.lists(st.integers(1, 19), min_size=1, max_size=20), st.integers(0, 25))
def test_forth_undoes_back(values: list[int], back: int) -> None:
    history = History(Choice())
    for time, value in enumerate(values):
        history.note(_cue(value), "cue", 10.0 * time)
    there, steps = history.present, 0
    while steps < back and history.can_undo:
        history.undo()
        steps += 1
    for _ in range(steps):
        history.redo()
    assert history.present == there


def test_a_drag_of_one_slider_is_one_step() -> None:
    history = History(Choice())
    for i in range(1, 10):
        history.note(_cue(i), "cue", 5.0 + i * TOGETHER / 2)
    assert history.undo() == Choice()


@pytest.mark.parametrize(("kind", "pause"), [("other", 0.1), ("cue", TOGETHER + 0.1)])
def test_another_slider_or_a_pause_begins_a_new_step(kind: str, pause: float) -> None:
    history = History(Choice())
    history.note(_cue(1), "cue", 5.0)
    history.note(_cue(2), kind, 5.0 + pause)
    assert history.undo() == _cue(1)


def test_a_new_step_forgets_what_was_taken_back() -> None:
    history = History(Choice())
    for time, value in enumerate((1, 2, 3)):
        history.note(_cue(value), "cue", 10.0 * time)
    history.undo()
    history.undo()
    history.note(_cue(7), "cue", 100.0)
    assert not history.can_redo
    assert [history.undo(), history.undo()] == [_cue(1), Choice()]


def test_memory_has_an_end_and_the_newest_stay() -> None:
    history = History(Choice())
    for i in range(2 * KEPT):
        history.note(_cue(i % 19 + 0.5), "cue", 10.0 * i)
    there = history.present
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    assert steps == KEPT - 1
    while history.can_redo:
        history.redo()
    assert history.present == there


def test_what_was_before_keeps_the_map_that_is_shown() -> None:
    history = History(Choice())
    history.note(_cue(1), "cue", 0.0)
    history.note(_cue(1).but(depth="full"), "map", 10.0)
    assert history.before == Choice(depth="full")


def test_state_takes_its_steps_back_and_again() -> None:
    state = State()
    state.set_change("cue", 2.0)
    state.show(variable="cue")
    state.visit(10.0, 20.0)
    there = state.choice
    for _ in range(3):
        state.undo()
    assert state.choice == Choice()
    for _ in range(3):
        state.redo()
    assert state.choice == there


def test_a_look_back_is_no_step() -> None:
    state = State()
    state.set_change("cue", 2.0)
    there = state.choice
    assert state.look_back()
    assert state.choice.scenario.is_baseline
    state.set_change("cue", 0.0)  # as a slider does that follows what is shown
    state.look_again()
    assert state.choice == there
    state.undo()
    assert state.choice == Choice()


def test_a_choice_made_while_looking_back_builds_on_what_stands() -> None:
    state = State()
    state.set_change("cue", 2.0)
    state.look_back()
    state.set_change("warming", 1.0)
    assert state.choice.scenario == Scenario(cue=0.02, warming=1.0)


def test_without_a_change_there_is_nothing_to_look_back_to() -> None:
    state = State()
    state.show(variable="cue")
    assert not state.look_back()


def test_undo_moves_sliders_sentence_and_map(engine: Engine) -> None:
    page = Page(engine)
    first = page.headline.sentence.text
    after(page, slide(page, "cue", 3.0))
    assert page.tools.bar.can_undo
    after(page, page.state.undo)
    assert (page.sliders.sliders["cue"].value, page.headline.sentence.text) == (0.0, first)
    assert (page.tools.bar.can_undo, page.tools.bar.can_redo) == (False, True)
    after(page, page.state.redo)
    assert page.sliders.sliders["cue"].value == 3.0
    assert page.headline.sentence.text.startswith("A 3 % rise")


@pytest.mark.parametrize("asked", [None, 7, "undo", {}, {"what": ["undo"]}, {"what": "__init__"}, {"what": None}], ids=repr)
def test_what_cannot_be_done_is_not_done(engine: Engine, asked: object) -> None:
    page = Page(engine)
    after(page, slide(page, "cue", 3.0), lambda: page.tools.bar.param.update(asked=asked))
    assert page.state.change("cue") == 3.0


def test_replay_shows_before_and_ends_where_it_began(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOOK_BACK", 0.05)
    page = Page(engine)
    after(page, slide(page, "cue", 3.0))
    there, said = page.state.choice, []
    page.headline.sentence.param.watch(lambda event: said.append(event.new), "text")

    async def live() -> None:
        page.tools.bar.asked = {"what": "replay", "number": 1}
        assert page._replay is not None
        await page._replay
        await page.answers.settled()

    asyncio.run(live())
    assert page.state.choice == there
    assert [text.startswith("The soils of the model hold") for text in said] == [True, False]
    assert page.sliders.sliders["cue"].value == 3.0
