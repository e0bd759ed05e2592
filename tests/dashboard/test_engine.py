"""The newest choice always wins, equal choices are worked on once, and every answer is one that can be shown."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest

from dashboard.catalogue import CONTROLS, DEPTHS, EVIDENCE, MAPS, VIEWS
from dashboard.choice import Choice
from dashboard.engine import Engine, Kept, LatestWins
from dashboard.fields import Fields
from dashboard.state import State
from proda_core.grid import LAYERS_CLM5
from proda_core.parameters import COUNT
from proda_core.scenario import LIMITS, Scenario
from proda_core.simulation import Outcome


class Desk:
    """Works slowly, and notes what it was asked and what was shown."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.shown: list[int] = []
        self.failed: list[str] = []
        self.wishes: LatestWins[int, int] = LatestWins(self.work, self.shown.append, lambda error: self.failed.append(str(error)))

    def work(self, wish: int) -> int:
        time.sleep(self.seconds)
        if wish < 0:
            raise ValueError(f"no answer to {wish}")
        return 10 * wish


def test_of_many_quick_wishes_few_are_worked_on_and_the_last_is_answered() -> None:
    desk = Desk(0.05)

    async def hurry() -> None:
        for wish in range(20):
            desk.wishes.ask(wish)
            await asyncio.sleep(0.005)
        await desk.wishes.settled()

    asyncio.run(hurry())
    assert desk.shown[-1] == 190
    assert desk.shown == sorted(desk.shown)
    assert 2 <= desk.wishes.runs <= 8


def test_wishes_of_one_moment_cost_one_run() -> None:
    desk = Desk()

    async def at_once() -> None:
        for wish in range(20):
            desk.wishes.ask(wish)
        await desk.wishes.settled()

    asyncio.run(at_once())
    assert (desk.wishes.runs, desk.shown) == (1, [190])


def test_a_patient_visitor_gets_every_answer() -> None:
    desk = Desk(0.001)

    async def one_by_one() -> None:
        for wish in range(5):
            desk.wishes.ask(wish)
            await desk.wishes.settled()

    asyncio.run(one_by_one())
    assert desk.shown == [0, 10, 20, 30, 40]


def test_an_error_is_reported_and_later_wishes_are_answered() -> None:
    desk = Desk()

    async def stumble() -> None:
        desk.wishes.ask(-1)
        await desk.wishes.settled()
        desk.wishes.ask(2)
        await asyncio.sleep(desk.seconds / 2)
        desk.wishes.ask(-3)
        await asyncio.sleep(desk.seconds)
        desk.wishes.ask(4)
        await desk.wishes.settled()

    asyncio.run(stumble())
    assert desk.failed[0] == "no answer to -1"
    assert desk.shown[-1] == 40


def test_wishes_wait_until_there_is_room_for_an_answer() -> None:
    shown: list[int] = []

    async def slowly(call: Callable[[], None]) -> None:
        call()
        await asyncio.sleep(0.05)

    async def hurry() -> None:
        wishes: LatestWins[int, int] = LatestWins(lambda wish: wish, shown.append, lambda error: None, slowly)
        for wish in range(24):
            wishes.ask(wish)
            await asyncio.sleep(0.005)
        await wishes.settled()

    asyncio.run(hurry())
    assert shown[-1] == 23
    assert len(shown) <= 8


def test_an_answer_that_cannot_be_shown_is_reported_and_later_wishes_are_answered() -> None:
    shown: list[int] = []
    failed: list[str] = []

    def show(answer: int) -> None:
        if answer == 1:
            raise KeyError("no place for it")
        shown.append(answer)

    async def stumble() -> None:
        wishes: LatestWins[int, int] = LatestWins(lambda wish: wish, show, lambda error: failed.append(repr(error)))
        for wish in (1, 2):
            wishes.ask(wish)
            await wishes.settled()

    asyncio.run(stumble())
    assert failed == ["KeyError('no place for it')"]
    assert shown == [2]


def test_errors_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(0.0)

    async def stumble() -> None:
        desk.wishes.ask(-7)
        await desk.wishes.settled()

    asyncio.run(stumble())
    assert "no answer to -7" in caplog.text


def test_who_has_left_gets_nothing() -> None:
    desk = Desk(0.05)

    async def leave() -> None:
        desk.wishes.ask(1)
        await asyncio.sleep(0.01)
        desk.wishes.ask(2)
        desk.wishes.close()
        await desk.wishes.settled()

    asyncio.run(leave())
    assert (desk.shown, desk.failed, desk.wishes.runs) == ([], [], 1)


def test_the_event_loop_is_free_while_an_answer_is_worked_on() -> None:
    desk = Desk(0.1)
    ticks: list[float] = []

    async def watch() -> None:
        desk.wishes.ask(1)
        while not desk.shown:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0.002)

    asyncio.run(watch())
    assert len(ticks) > 10


def test_the_longest_unused_goes_first() -> None:
    kept: Kept[str, int] = Kept(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def count_runs(engine: Engine, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> list[Scenario]:
    """Every run of the model from now on."""
    runs: list[Scenario] = []
    respond = engine.model.respond

    def counted(change: Scenario, names: tuple[str, ...] = ()) -> Outcome:
        runs.append(change)
        time.sleep(seconds)
        return respond(change, names)

    monkeypatch.setattr(engine.model, "respond", counted)
    return runs


def test_an_outcome_is_kept(fresh: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count_runs(fresh, monkeypatch)
    first = fresh.outcome(Scenario(cue=0.05))
    assert fresh.outcome(Scenario(cue=0.05)) is first
    assert fresh.outcome(Scenario()) is fresh.baseline
    assert len(runs) == 1


def test_what_many_visitors_ask_at_once_is_worked_on_once(fresh: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count_runs(fresh, monkeypatch, 0.05)
    start = threading.Barrier(6)

    def visitor(_: int) -> Outcome:
        start.wait()
        return fresh.outcome(Scenario(warming=1.0))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(visitor, range(6)))
    assert len(runs) == 1
    assert all(answer is answers[0] for answer in answers)


def test_another_map_of_the_same_scenario_has_its_values(engine: Engine) -> None:
    for name, variable in MAPS.items():
        answer = engine.answer(Choice(Scenario(cue=0.05), variable=name))
        assert np.isfinite(engine.map_values(answer)).all() or variable.group == EVIDENCE


def test_the_response_curve_runs_through_the_baseline(engine: Engine) -> None:
    for name, control in CONTROLS.items():
        _, values, totals = engine.response(name)
        assert (values[0], values[-1]) == pytest.approx(control.limits)
        assert np.all(np.diff(values) > 0)
        assert np.allclose(totals[list(values).index(0.0)], engine.baseline.total)
        again = engine.response(name)
        assert again.totals is totals


def test_one_percent_is_the_answer_to_one_percent(engine: Engine) -> None:
    expected = engine.model.respond(Scenario(cue=0.01)).total - engine.baseline.total
    assert np.array_equal(engine.one_percent(), expected)
    assert np.all(np.diff(engine.one_percent()) > 0)


def test_views_of_a_map_fit_together(engine: Engine) -> None:
    maps = {
        view: engine.map_values(engine.answer(Choice(Scenario(cue=0.05), view=view))) for view in VIEWS if view != "uncertainty"
    }
    assert np.array_equal(maps["baseline"], engine.baseline.soc[1])
    assert np.allclose(maps["change"], maps["scenario"] - maps["baseline"])
    assert np.allclose(maps["percent"], 100 * maps["change"] / maps["baseline"])


def test_per_cent_of_nothing_is_no_value(engine: Engine) -> None:
    nothing = Outcome(Scenario(), np.zeros_like(engine.baseline.soc), np.zeros(4), 0.4, {})
    fields = Fields(engine.model.land, nothing, np.zeros((len(engine.model), COUNT)), None, lambda _: {})
    assert np.isnan(fields.values("soc", "percent", "1m", engine.outcome(Scenario(cue=0.05)))).all()


@pytest.mark.parametrize("known", ["engine", "informed"])
@pytest.mark.parametrize(("variable", "view"), list(product(MAPS, VIEWS)))
def test_colour_limits_stand_still_while_sliders_move(
    known: str, variable: str, view: str, request: pytest.FixtureRequest
) -> None:
    engine = request.getfixturevalue(known)
    for depth in DEPTHS:
        still, moved = (Choice(scenario, variable, depth, view) for scenario in (Scenario(), Scenario(cue=0.2, carbon_input=0.5)))
        before = engine.colour_limits(still)
        engine.answer(moved)
        assert engine.colour_limits(moved) == before
        assert np.isfinite(before).all()
        assert before[0] < before[1]
        if engine.view(still) in ("change", "percent"):
            assert before[0] == -before[1]
        elif MAPS[variable].logarithmic and view != "uncertainty":
            assert before[0] > 0


def test_fitted_limits_hold_nearly_all_of_the_answer(engine: Engine) -> None:
    for view in ("change", "percent"):
        answer = engine.answer(Choice(Scenario(cue=0.02), view=view))
        low, high = engine.fitted_limits(answer)
        values = np.abs(engine.map_values(answer))
        assert low == -high
        assert engine.model.land.area[values <= high].sum() >= 0.95 * engine.model.land.area.sum()
    still = Choice(view="change")
    assert engine.fitted_limits(engine.answer(still)) == engine.colour_limits(still)


@pytest.mark.parametrize("value", [1e308, -1e308, float("nan"), float("inf"), "1", None, True, 10**30])
def test_hostile_values_get_finite_answers(engine: Engine, value: object) -> None:
    state = State()
    for name in CONTROLS:
        state.set_change(name, value)
    state.visit(value, value)
    answer = engine.answer(state.choice)
    assert np.isfinite(answer.outcome.soc).all()
    assert np.isfinite(answer.outcome.total).all()
    assert (answer.outcome.soc >= 0).all()
    assert 0 < answer.outcome.cue < 1
    assert np.isfinite(engine.map_values(answer)).all()
    for name, (lower, upper) in LIMITS.items():
        assert lower <= getattr(answer.choice.scenario, name) <= upper


def test_the_profile_is_that_of_the_globe(engine: Engine) -> None:
    land, thickness = engine.model.land, LAYERS_CLM5.thickness[:20]
    for cell in (0, 123, 299):
        place = (float(land.latitude[cell]), float(land.longitude[cell]))
        answer = engine.answer(Choice(Scenario(cue=0.05, warming=1.0), place=place))
        soil = answer.profile
        assert soil is not None
        assert (soil.latitude, soil.longitude, soil.on_land) == (*place, True)
        assert soil.baseline @ thickness == pytest.approx(engine.baseline.soc[-1, cell], rel=1e-12)
        assert soil.scenario @ thickness == pytest.approx(answer.outcome.soc[-1, cell], rel=1e-12)
        assert np.array_equal(soil.stock, [engine.baseline.soc[:, cell], answer.outcome.soc[:, cell]])


def test_without_a_place_there_is_no_profile(engine: Engine) -> None:
    assert engine.answer(Choice()).profile is None


def test_a_place_at_sea_is_answered_with_the_nearest_land_and_says_so(engine: Engine) -> None:
    soil = engine.answer(Choice(place=(-90.0, 0.0))).profile
    assert soil is not None
    assert not soil.on_land
    assert soil.latitude == engine.model.land.latitude.min()


def test_both_sides_of_the_date_line_are_one_place(engine: Engine) -> None:
    profiles = [engine.answer(Choice(place=(40.0, east))).profile for east in (-180.0, 180.0)]
    assert profiles[0] is not None
    assert profiles[1] is not None
    assert profiles[0].longitude == profiles[1].longitude
