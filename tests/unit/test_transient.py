"""The globe on its way is its columns on their way, however it is cut up."""

from __future__ import annotations

import numpy as np
import pytest

from proda_core import scenarios, simulation
from proda_core.grid import STOCK_DEPTHS
from proda_core.process import column, transient
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region
from proda_core.simulation import GlobalModel, Transient, World, globe
from tests.columns import prior_mean, random_forcing, random_land

CELLS = 150
CHANGE = Scenario(cue=0.05, warming=1.0)


@pytest.fixture(scope="module")
def model() -> GlobalModel:
    return GlobalModel(World(random_forcing(CELLS, bedrock=15), prior_mean(CELLS), random_land(CELLS)))


@pytest.fixture(scope="module")
def course(model: GlobalModel) -> Transient:
    return simulation.follow(model, CHANGE, with_cells=True)


def test_the_globe_is_its_columns(model: GlobalModel, course: Transient) -> None:
    start = column.solve(model.terms(slice(None)))
    columns = transient.follow(model.terms(slice(None), CHANGE), start, simulation.log_years())
    assert course.soc_cells is not None
    assert np.allclose(course.soc_cells[1:], columns.soc.permute(1, 2, 0).numpy() / 1e3, rtol=1e-6)
    for ours, theirs in ((course.carbon, columns.carbon), (course.respiration, columns.respiration)):
        assert np.allclose(ours[1:], theirs.numpy().T @ model.land.area / 1e15, rtol=1e-12)
    assert course.imbalance == pytest.approx(float(columns.imbalance.abs().max()), rel=1e-3)


def test_it_starts_in_the_old_balance_and_heads_for_the_new(model: GlobalModel, course: Transient) -> None:
    assert course.years[0] == 0
    assert np.allclose(course.soc[0], model.baseline.total, rtol=1e-12)
    assert np.allclose(course.balance, model.respond(CHANGE).total, rtol=1e-12)
    assert course.respiration[0] == pytest.approx(course.carbon_input, rel=1e-12)
    distance = np.abs(course.soc - course.balance)
    assert np.all(distance[-1] < distance[0])


def test_far_enough_ahead_it_is_there(model: GlobalModel) -> None:
    found = simulation.follow(model, CHANGE, simulation.log_years(last=1e16, count=60))
    assert np.allclose(found.soc[-1], found.balance, rtol=1e-10)
    assert found.respiration[-1] == pytest.approx(found.carbon_input, rel=1e-10)


def test_the_sum_of_the_cells_is_the_globe(model: GlobalModel, course: Transient) -> None:
    assert course.soc_cells is not None
    assert course.soc_cells.shape == (41, len(STOCK_DEPTHS), CELLS)
    assert np.allclose(model.global_stock(course.soc_cells.astype(float)), course.soc, rtol=1e-6)


def test_some_cells_alone_go_the_same_way(model: GlobalModel, course: Transient) -> None:
    cells = np.array([3, 77, 140])
    part = simulation.follow(model, CHANGE, cells=cells, with_cells=True)
    assert part.soc_cells is not None
    assert course.soc_cells is not None
    assert np.array_equal(part.soc_cells, course.soc_cells[:, :, cells])
    rest = simulation.follow(model, CHANGE, cells=np.setdiff1d(np.arange(CELLS), cells))
    for name in ("soc", "carbon", "respiration", "balance"):
        assert np.allclose(getattr(part, name) + getattr(rest, name), getattr(course, name), rtol=1e-12), name


def test_chunks_make_no_difference(model: GlobalModel, course: Transient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(globe, "CHUNK", 37)
    told: list[float] = []
    again = simulation.follow(model, CHANGE, with_cells=True, progress=told.append)
    assert np.allclose(again.soc, course.soc, rtol=1e-13)
    assert np.array_equal(again.soc_cells, course.soc_cells)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_outside_the_region_nothing_happens(model: GlobalModel) -> None:
    region = Region(latitude=(30.0, 90.0))
    here = Experiment("test", "A test", "What if?", "Made up.", Scenario(cue=0.1), region=region)
    found = simulation.follow(model, here, with_cells=True)
    inside = region.covers(model.land, {})
    assert found.soc_cells is not None
    moved = np.abs(found.soc_cells[-1, 0] / found.soc_cells[0, 0] - 1)
    assert np.all(moved[inside] > 1e-3)
    assert np.all(moved[~inside] < 1e-6)


def test_as_a_dataset_it_says_what_is_what(model: GlobalModel, course: Transient) -> None:
    asked = scenarios.find("warming-2")
    data = simulation.course(course, model, asked)
    assert data["stock"].dims == ("time", "depth")
    assert all(data[name].attrs["units"] for name in data.variables)
    assert np.array_equal(data["stock"], course.soc)
    assert np.array_equal(data["carbon_input"][1:], np.full(40, course.carbon_input))
    assert (data.attrs["scenario"], data.attrs["scenario_warming"]) == ("warming-2", 2.0)
    assert np.array_equal(data["latitude"], model.land.latitude)
    gained = data["carbon"].diff("time")
    flowed = (data["carbon_input"] - data["respiration"])[1:] * data["time"].diff("time").values
    assert np.allclose(gained, flowed, rtol=0, atol=1e-10 * float(data["carbon"].max()))


def test_ages_of_the_globe_are_those_of_its_columns(model: GlobalModel) -> None:
    from proda_core.process import age

    found, columns = simulation.carbon_age(model, CHANGE), age.ages(model.terms(slice(None), CHANGE))
    assert np.allclose(found.column_age, columns.column_age.numpy(), rtol=1e-12)
    assert np.allclose(found.transit_time, columns.transit_time.numpy(), rtol=1e-12)
    stock, area = model.respond(CHANGE).soc[1], model.land.area
    assert found.global_soc_age[1] == pytest.approx((found.soc_age[1] * stock) @ area / (stock @ area), rel=1e-12)
    everything = transient.stocks(columns.pools)[:, -1].numpy() @ area
    coming_in = model.terms(slice(None)).litter_input.sum(1).numpy() @ area
    assert found.global_transit_time == pytest.approx(everything / coming_in, rel=1e-12)


def test_a_run_holds_ages_on_request(model: GlobalModel) -> None:
    world = World(random_forcing(20, bedrock=15), prior_mean(20), random_land(20))
    data = simulation.run(world, scenarios.find("cue-one-percent"), with_ages=True)
    assert np.array_equal(data["soc_age"], simulation.carbon_age(GlobalModel(world), Scenario(cue=0.01)).soc_age)
    assert data["transit_time"].attrs["units"] == "yr"
    assert data.attrs["scenario"] == "cue-one-percent"
    assert data.attrs["scenario_region"] == "everywhere"
    assert "soc_age" not in simulation.run(world)
