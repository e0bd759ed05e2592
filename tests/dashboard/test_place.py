"""The card of a place: numbers that balance and agree with the map, the ensemble's spread, and a second place beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from dashboard import place_flows, place_parameters, words
from dashboard.app import Page
from dashboard.choice import Choice
from dashboard.engine import Engine, Profile
from dashboard.place_climate import FROZEN_BELOW
from dashboard.views import place as card
from proda_core import parameters
from proda_core.grid import POOLS, SOIL_POOLS
from proda_core.parameters import PARAMETERS
from proda_core.process.linear import TRANSFERS
from proda_core.scenario import Scenario
from proda_core.scenarios import Region
from tests.dashboard.visit import after, slide

CHANGED = Scenario(cue=0.05, carbon_input=0.1)


def at(engine: Engine, cell: int) -> tuple[float, float]:
    return float(engine.model.land.latitude[cell]), float(engine.model.land.longitude[cell])


def soil(engine: Engine, cell: int, scenario: Scenario = CHANGED) -> Profile:
    found = engine.answer(Choice(scenario, place=at(engine, cell))).profile
    assert found is not None
    return found


@pytest.fixture
def page(informed: Engine) -> Page:
    return Page(informed)


@pytest.mark.parametrize("cell", [3, 77])
def test_budgets_balance_and_hold_what_the_map_shows(informed: Engine, cell: int) -> None:
    shown = soil(informed, cell)
    for i, budget in enumerate(shown.budgets):
        np.testing.assert_allclose(budget.respired.sum(), budget.litter_input.sum(), rtol=1e-9)
        np.testing.assert_allclose(budget.stock[SOIL_POOLS].sum(), shown.stock[i, -1], rtol=1e-9)
        assert budget.transit_time == pytest.approx(1000 * budget.stock.sum() / budget.litter_input.sum())
    outcome = informed.outcome(CHANGED, "cue")
    assert shown.budgets[1].mechanism["cue"] == pytest.approx(outcome.mechanism["cue"][cell], rel=1e-9)
    assert shown.budgets[0].mechanism["cue"] == pytest.approx(informed.baseline.mechanism["cue"][cell], rel=1e-9)


def test_a_change_elsewhere_leaves_a_place_alone(informed: Engine) -> None:
    cell = int(np.argmax(informed.model.land.latitude))
    south = Region(latitude=(-90.0, 0.0))
    answer = informed.answer(Choice(CHANGED, place=at(informed, cell), region=south, within=True))
    assert answer.profile is not None
    numbers = place_flows.numbers(*answer.profile.budgets)
    assert {(after_, percent) for _, _, after_, percent, _ in numbers} == {("", "")}


def parsed(text: str) -> float:
    return float(text.replace(words.MINUS, "-").replace(",", ""))


def test_the_diagram_shows_every_pool_and_flow(informed: Engine) -> None:
    shown = soil(informed, 5)
    numbers = {id_: (before, after_) for id_, before, after_, _, _ in place_flows.numbers(*shown.budgets)}
    wanted = {f"pool-{i}" for i in range(len(POOLS))} | {f"transfer-{i}" for i in range(len(TRANSFERS))}
    assert wanted | {f"input-{i}" for i in range(4)} | {f"air-{i}" for i in range(1, 7)} | {"input-all", "air-all"} == set(
        numbers
    )
    assert {row[0] for row in place_flows.diagram().texts["rows"]} == set(numbers)
    assert parsed(numbers["air-all"][1]) == pytest.approx(parsed(numbers["input-all"][1]))
    assert parsed(numbers["input-all"][1]) == pytest.approx(1.1 * parsed(numbers["input-all"][0]), rel=6e-3)
    assert parsed(numbers["pool-4"][0]) == pytest.approx(float(shown.budgets[0].stock[4]), rel=6e-3)


def test_the_baseline_is_said_once(informed: Engine) -> None:
    numbers = place_flows.numbers(*soil(informed, 5, Scenario()).budgets)
    assert all(after_ == percent == "" for _, _, after_, percent, _ in numbers)


def test_parameters_tell_the_spread_of_the_members(informed: Engine, maps: xr.Dataset) -> None:
    cell = 9
    shown = soil(informed, cell)
    assert shown.setting.members is not None
    unit = maps["member_unit"].transpose("member", "parameter", "cell").values[:, :, cell]
    np.testing.assert_allclose(parameters.to_unit(shown.setting.members), unit, atol=1 / 510)  # a byte each
    text = place_parameters.table(shown)
    assert f"that of {len(unit)} networks" in text
    assert text.count("<tr><th scope=row>") == len(PARAMETERS)
    q10 = shown.setting.members[:, parameters.INDEX["q10"]]
    assert words.with_spread(float(q10.mean()), float(q10.std(ddof=1))) in text
    assert "10.0, outside" in text  # the default of the e-folding depth lies beyond its prior
    assert all(0 <= float(left) <= 100 for left in re.findall(r"left:([\d.]+)%", text))


def test_without_retrieved_maps_there_is_no_spread(engine: Engine) -> None:
    text = place_parameters.table(soil(engine, 9))
    assert "not retrieved from data" in text
    assert " ± " not in text


def test_the_card_follows_place_and_sliders(page: Page, informed: Engine) -> None:
    assert "This place" in page.place.head.object
    assert not page.place.body.visible
    after(page, lambda: page.state.visit(*at(informed, 4)))
    assert page.place.body.visible
    assert f"This place: {words.place(*at(informed, 4))}" in page.place.head.object
    climate, table = page.place.climate.object, page.place.parameters.object
    assert "Climate zone" in climate
    assert climate.count("<polyline") == 4
    before = page.place.diagram.numbers
    after(page, slide(page, "cue", 5.0))
    assert page.place.diagram.numbers != before
    assert "class=more" in page.place.mechanisms.object
    assert (page.place.climate.object, page.place.parameters.object) == (climate, table)
    after(page, page.state.undo, page.state.undo)
    assert not page.place.body.visible


def test_months_are_those_of_the_forcing(informed: Engine, world: Any) -> None:
    setting = soil(informed, 11).setting
    np.testing.assert_allclose(setting.temperature[1], world.forcing.soil_temperature[11, 8].numpy() - 273.15, atol=1e-4)
    assert setting.thaw == pytest.approx(float(world.forcing.active_layer[11]))
    assert setting.bedrock == FROZEN_BELOW  # layer 20, the last


def test_two_places_are_compared_swapped_and_parted(page: Page, informed: Engine) -> None:
    first, second = at(informed, 4), at(informed, 8)
    after(page, slide(page, "cue", 5.0), lambda: page.state.visit(*first))
    assert page.place.table.object == ""
    assert page.place.other.field.actions == []
    after(
        page, lambda: page.place.other.field.param.update(chosen={"text": f"{second[0]}, {second[1]}", "pick": -1, "number": 1})
    )
    assert page.state.choice.second_place == second
    text = page.place.table.object
    assert f"A: {words.place(*first)}" in text
    assert f"B: {words.place(*second)}" in text
    ours, theirs = (soil(informed, cell, Scenario(cue=0.05)) for cell in (4, 8))
    longer = words.percent(theirs.budgets[1].transit_time, ours.budgets[1].transit_time)
    assert f"<td>{words.signed(longer)} %</td>" in text
    np.testing.assert_allclose(page.profile.plot.beside[0].data["xs"][0], theirs.baseline)
    assert not np.array_equal(page.profile.plot.beside[1].data["xs"][0], theirs.baseline)
    assert "; blue: " in page.profile.text.object
    assert [len(row) for row in page.profile.table.rows[:2]] == [5, 5]
    assert len(page.map.first.globe.chosen.data["x"]) == 2
    after(page, lambda: page.place.other.field.param.update(acted={"name": "swap", "number": 2}))
    assert (page.state.choice.place, page.state.choice.second_place) == (second, first)
    assert f"A: {words.place(*second)}" in page.place.table.object
    after(page, lambda: page.place.other.field.param.update(acted={"name": "stop", "number": 3}))
    assert page.state.choice.second_place is None
    assert page.place.table.object == ""
    assert page.profile.plot.beside[0].data == {"xs": [], "ys": []}
    after(page, page.state.undo)
    assert page.state.choice.second_place == first


@pytest.mark.parametrize("sent", [None, 3, {"name": "no"}, {"name": ["swap"]}, {}])
def test_nonsense_from_a_browser_changes_nothing(page: Page, informed: Engine, sent: Any) -> None:
    after(page, lambda: page.state.visit(*at(informed, 4)), lambda: page.state.visit_beside(*at(informed, 8)))
    before = page.state.choice
    after(page, lambda: page.place.other.field.param.update(acted=sent))
    assert page.state.choice == before


def test_a_second_place_is_one(page: Page) -> None:
    assert not page.state.visit_beside(91, 0)
    assert not page.state.visit_beside("north", None)
    page.state.swap_places()  # there is nothing to swap
    assert page.state.choice == Choice()


def test_names_are_shown_as_text(informed: Engine) -> None:
    shown = soil(informed, 4)
    text = card.describe(replace(shown, setting=replace(shown.setting, town="<b>Town</b>")))
    assert "<b>" not in text
    assert "near &lt;b&gt;Town" in text
