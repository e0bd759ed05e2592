"""The way to a new balance: computed when somebody looks and rests, in pieces that give way, and told as it is."""

from __future__ import annotations

import asyncio
import re
import threading
import time

import numpy as np
import pytest

from dashboard import app, pace
from dashboard.app import Page
from dashboard.choice import Choice
from dashboard.engine import Engine, LatestWins
from dashboard.pace import Course, Journey, OvertakenError, Way
from dashboard.views.pace import BUSY, REST, TROUBLE, describe
from proda_core.scenario import Scenario
from proda_core.simulation import follow
from tests.dashboard.visit import after, slide, waited

MORE = Scenario(cue=0.05)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REST", 0.02)
    monkeypatch.setattr(pace, "PIECE", 50)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Scenario]:
    """Scenarios that were followed."""
    found: list[Scenario] = []

    def noted(model: object, change: Scenario, *others: object, **more: object) -> object:
        found.append(change)
        return follow(model, change, *others, **more)

    monkeypatch.setattr(pace, "follow", noted)
    return found


def test_a_way_approaches_the_new_balance_from_below(engine: Engine) -> None:
    world = engine.pace.way(Journey(MORE)).world
    end = engine.outcome(MORE).total - engine.baseline.total
    np.testing.assert_allclose(world.balance, end, rtol=1e-9)
    assert world.change.shape == (pace.STEPS, 4)
    assert np.all(np.diff(world.change, axis=0) > 0)
    assert np.all(world.change > 0)
    assert np.all(world.change[-1] < end)
    assert np.all(world.change[-1, :2] > 0.5 * end[:2])  # what lies deeper takes longer
    for year in (1, 10, 100, 1000, 10000):
        assert np.isclose(world.years, year).any()


def test_the_way_of_a_place_is_that_of_its_cell(engine: Engine) -> None:
    land = engine.model.land
    place = float(land.latitude[7]), float(land.longitude[7])
    here = engine.pace.way(Journey(MORE, place)).here
    assert here is not None
    np.testing.assert_allclose(here.balance, engine.outcome(MORE).soc[:, 7] - engine.baseline.soc[:, 7], rtol=1e-6)


def test_a_way_is_worked_out_once(fresh: Engine, asked: list[Scenario]) -> None:
    assert fresh.pace.way(Journey(MORE)).world is fresh.pace.way(Journey(MORE)).world
    assert asked == [MORE]


def test_work_that_is_overtaken_stops_at_the_next_piece(fresh: Engine) -> None:
    checks = []

    def overtaken() -> bool:
        checks.append(fresh._turn.locked())
        return len(checks) > 2

    with pytest.raises(OvertakenError):
        fresh.pace.way(Journey(MORE), overtaken)
    # 300 cells are six pieces; nobody is kept waiting while it is asked
    assert checks == [False] * 3
    assert not fresh._turn.locked()


def test_slider_moves_have_their_turn_between_the_pieces(fresh: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PIECE", 1)
    started, done = threading.Event(), []

    def walk() -> None:
        fresh.pace.way(Journey(MORE), lambda: bool(started.set()))
        done.append("way")

    thread = threading.Thread(target=walk)
    thread.start()
    started.wait(10)
    fresh.outcome(Scenario(warming=1.0))
    done.append("slider")
    thread.join(60)
    assert done == ["slider", "way"]


def test_the_newest_wish_wins_and_the_one_before_is_left() -> None:
    shown: list[int] = []
    left: list[int] = []
    wishes: LatestWins[int, int]

    def work(wish: int) -> int:
        for _ in range(200):
            if wishes.overtaken(wish):
                left.append(wish)
                raise OvertakenError
            time.sleep(0.005)
            if wish == 2:
                return wish
        return wish

    async def live() -> None:
        wishes.ask(1)
        await asyncio.sleep(0.05)
        wishes.ask(2)
        await wishes.settled()
        wishes.ask(3)
        await asyncio.sleep(0.05)
        wishes.drop()
        await wishes.settled()

    wishes = LatestWins(work, shown.append, lambda error: pytest.fail(str(error)), rest=0.01)
    asyncio.run(live())
    assert (shown, left) == ([2], [1, 3])


def test_nothing_is_worked_on_before_the_wishes_rest() -> None:
    shown: list[int] = []

    async def live() -> None:
        for wish in range(10):
            wishes.ask(wish)
            await asyncio.sleep(0.01)
        await wishes.settled()

    wishes: LatestWins[int, int] = LatestWins(lambda wish: wish, shown.append, lambda error: pytest.fail(str(error)), rest=0.2)
    asyncio.run(live())
    assert (shown, wishes.runs) == ([9], 1)


def test_nothing_is_computed_at_the_baseline_or_out_of_sight(fresh: Engine, asked: list[Scenario]) -> None:
    page = Page(fresh)
    waited(page)
    assert REST in page.pace.text.object
    page.pace.sight.near = False

    async def unseen() -> None:
        slide(page, "cue", 4.0)()
        await page.answers.settled()
        await asyncio.sleep(0.1)

    asyncio.run(unseen())
    assert asked == []
    assert BUSY in page.pace.text.object
    waited(page)
    assert asked == [Scenario(cue=0.04)]


def test_the_card_states_the_numbers_of_the_transient(engine: Engine) -> None:
    page = Page(engine)
    waited(page, slide(page, "cue", 5.0))
    world = engine.pace.way(Journey(MORE)).world
    text = page.pace.text.object
    said = [float(number) for number in re.findall(r"<b[^>]*>\+([\d.,]+)</b>", text)]
    known = [*(world.change[np.isclose(world.years, year)][0, 1] for year in (10, 100, 1000)), world.balance[1]]
    np.testing.assert_allclose(said, known, rtol=0.05)
    part = 100 * known[1] / known[3]
    assert float(re.findall(r"([\d.]+) % of the way is done after 100 years", text)[0]) == pytest.approx(part, abs=0.6)
    assert "aria-busy=false" in text
    np.testing.assert_array_equal(page.pace.world.plot.line.data["change"], world.change[:, 1])
    assert page.pace.world.plot.balance.data["change"] == [world.balance[1]] * 2
    after(page, lambda: page.state.show(depth="full"))
    np.testing.assert_array_equal(page.pace.world.plot.line.data["change"], world.change[:, 3])


def test_numbers_of_another_choice_are_never_shown(engine: Engine) -> None:
    page = Page(engine)
    land = engine.model.land
    waited(page, slide(page, "cue", 5.0), lambda: page.state.visit(float(land.latitude[7]), float(land.longitude[7])))
    assert "at the place" in page.pace.text.object
    assert len(page.pace.here.plot.line.data["years"]) == pace.STEPS
    after(page, slide(page, "cue", 6.0))  # answered, but not yet followed
    assert BUSY in page.pace.text.object
    assert "aria-busy=true" in page.pace.text.object
    assert page.pace.world.plot.line.data["years"] == page.pace.here.plot.line.data["years"] == []
    course = Course(np.array([1.0, 1e4]), np.ones((2, 4)), np.ones(4))
    page.pace.draw(Way(Journey(MORE), course, course))
    assert page.pace.world.plot.line.data["years"] == []
    after(page, page.state.reset)
    assert REST in page.pace.text.object


def test_a_way_that_cannot_be_found_is_said_and_the_card_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(engine)

    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("<b>secret</b>")

    with monkeypatch.context() as patch:
        patch.setattr(pace, "follow", broken)
        waited(page, slide(page, "cue", 7.7))
    assert TROUBLE in page.pace.text.object
    assert page.headline.sentence.text.startswith("A 7.7 % rise")
    page.pace.begin()  # both orders happen: here the failure comes before the answer to the same choice
    page.pace.fail(ArithmeticError())
    page.pace.show(engine.answer(Choice(Scenario(cue=0.079))))
    assert TROUBLE in page.pace.text.object
    waited(page, slide(page, "cue", 7.8))
    assert "of the way is done" in page.pace.text.object


def made(*done: float) -> Course:
    """A course that ends at 1 at every depth; its years are 1, 10, ..."""
    change = np.repeat(np.array(done)[:, None], 4, axis=1)
    return Course(10.0 ** np.arange(len(done)), change, np.ones(4))


@pytest.mark.parametrize(
    ("course", "said"),
    [
        (made(0, 0.1, 0.3, 0.7, 0.9), "30 % of the way is done after 100 years, half of it after about 320, 90 % after 10,000."),
        (made(0, 0.1, 0.2, 0.3, 0.4), "20 % of the way is done after 100 years, not even half of it after 10,000 (40 %)."),
        (made(0, -0.1, -0.2, 0.3, 0.6), "After 100 years the change still points the other way, half of it after about 4,600"),
        (made(0.7, 1.1, 1.2, 1.1, 1.0), "After 100 years it has gone further than in the end, half of it after the first"),
    ],
)
def test_every_course_has_its_words(course: Course, said: str) -> None:
    assert said in describe(course, 1, "Pg C", "in the top metre", 100.0)


def test_parts_of_a_way_that_leads_nowhere_are_not_told() -> None:
    said = describe(made(0, 1, 2, 2, 1), 1, "Pg C", "in the top metre", 1e6)
    assert "say nothing" in said
    assert "%" not in said
