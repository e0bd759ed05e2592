"""A scenario changes the world as it says; chunks, threads and batches make no difference."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from proda_core import mechanisms, simulation
from proda_core.grid import LAYERS_CLM5
from proda_core.process import column, kernel
from proda_core.regions import Regions, latitude_bands
from proda_core.scenario import LIMITS, Scenario
from proda_core.simulation import GlobalModel, World, globe
from tests.columns import prior_mean, random_forcing, random_land

CELLS = 500


@pytest.fixture(scope="module")
def world() -> World:
    land = random_land(CELLS)
    return World(random_forcing(CELLS, bedrock=20), prior_mean(CELLS), land)


@pytest.fixture(scope="module")
def model(world: World) -> GlobalModel:
    return GlobalModel(world)


def test_run_is_the_column_model_cell_by_cell(world: World) -> None:
    data = simulation.run(world)
    pools = column.steady_state(world.parameters, world.forcing)
    thickness = LAYERS_CLM5.thickness[:20]
    full = (pools[:, 4:].sum(1).numpy() @ thickness) / 1e3
    assert np.allclose(data.soc.sel(depth=8.6), full, rtol=1e-12)
    found = mechanisms.retrieve(world.parameters, world.forcing, pools)
    for name, values in found.items():
        assert np.allclose(data[name], values, rtol=1e-12), name
        assert data[name].attrs["units"] == mechanisms.UNITS[name]
    assert np.allclose(data.global_stock, (data.soc * data.area).sum("cell") / 1e12)


def test_regions_sum_to_the_globe(world: World) -> None:
    thirds = Regions(("a", "b", "c"), np.arange(CELLS) % 3)
    data = simulation.run(replace(world, regions={"third": thirds}))
    for name in ("latitude_band", "third"):
        assert np.allclose(data[f"stock_by_{name}"].sum(name), data.global_stock, rtol=1e-12)
    own = (data.soc * data.area)[:, 1::3].sum("cell") / 1e12
    assert np.allclose(data["stock_by_third"].sel(third="b"), own, rtol=1e-12)


def test_latitude_bands_hold_their_latitudes() -> None:
    bands = latitude_bands(np.array([-59.75, -30.0, -0.25, 0.25, 59.75, 60.25, 89.75]))
    assert [bands.names[i] for i in bands.index] == [
        "60..30 S",
        "30..0 S",
        "30..0 S",
        "0..30 N",
        "30..60 N",
        "60..90 N",
        "60..90 N",
    ]


def test_region_numbers_must_fit_their_names() -> None:
    with pytest.raises(ValueError, match=r"expected region numbers within 0\.\.1, got 1\.\.2; do they count from 1\?"):
        Regions(("a", "b"), np.array([1, 2]))


def test_pools_come_on_request_and_make_the_stock(world: World) -> None:
    data = simulation.run(world, with_pools=True)
    soil = data.pools.sel(pool=["fast", "slow", "passive"]).sum("pool")
    assert np.allclose(soil.values @ LAYERS_CLM5.thickness[:20] / 1e3, data.soc.sel(depth=8.6), rtol=1e-12)
    assert "pools" not in simulation.run(world)


def test_deeper_stocks_hold_more(model: GlobalModel) -> None:
    assert np.all(np.diff(model.baseline.total) > 0)


def test_chunks_make_no_difference(model: GlobalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(globe, "CHUNK", 37)
    again = model.respond(Scenario(), ("cue",))
    assert np.allclose(again.soc, model.baseline.soc, rtol=1e-14)
    assert again.cue == pytest.approx(model.baseline.cue, rel=1e-13)


def test_stretches_side_by_side_are_worked_on_once_each_and_kept_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_processors", lambda: 2)
    kernel._threads.cache_clear()
    seen: list[slice] = kernel.across(lambda rows: rows, 5000, 1000)
    assert [row for rows in seen for row in range(5000)[rows]] == list(range(5000))
    # what is worked on asks for the same threads; they must not wait for themselves
    inner = kernel.across(lambda rows: kernel.across(lambda part: part.stop - part.start, 4000, 1000), 4000, 1000)
    assert [sum(counts) for counts in inner] == [4000] * 4
    with pytest.raises(ZeroDivisionError):
        kernel.across(lambda rows: 1 // (rows.start - 1000), 4000, 1000)
    kernel._threads.cache_clear()


def test_several_threads_get_the_same_answers_at_once(model: GlobalModel) -> None:
    changes = [Scenario(cue=value) for value in np.linspace(-0.1, 0.1, 12)]
    alone = [model.respond(change).total for change in changes]
    with ThreadPoolExecutor(6) as pool:
        together = [outcome.total for outcome in pool.map(model.respond, changes)]
    assert np.array_equal(alone, together)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("cue", 1),
        ("carbon_input", 1),
        ("baseline_decomposition", -1),
        ("environmental_modifier", -1),
        ("warming", -1),
        ("input_allocation", 1),
    ],
)
def test_each_slider_moves_the_stock_its_way(model: GlobalModel, name: str, sign: int) -> None:
    step = 1.0 if name == "warming" else 0.05
    stocks = model.response_curve(name, [-step, 0.0, step])[:, -1]
    assert np.all(sign * np.diff(stocks) > 0)


def test_stock_is_proportional_to_input(model: GlobalModel) -> None:
    change = model.respond(Scenario(carbon_input=0.1)).total / model.baseline.total
    assert np.allclose(change, 1.1, rtol=1e-12)


def test_halving_all_rates_by_either_name_is_the_same(model: GlobalModel) -> None:
    """Rate and environment enter as a product, so equal changes of either give equal stocks."""
    slower, colder = Scenario(baseline_decomposition=-0.5), Scenario(environmental_modifier=-0.5)
    assert np.allclose(model.respond(slower).total, model.respond(colder).total, rtol=1e-12)


def test_requested_and_realised_change_of_cue_differ(model: GlobalModel) -> None:
    realised = model.respond(Scenario(cue=0.1)).cue / model.baseline.cue - 1
    assert 0.05 < realised < 0.15
    assert realised != pytest.approx(0.1, abs=1e-6)


def test_profile_is_the_cell_of_the_globe(model: GlobalModel, world: World) -> None:
    change = Scenario(cue=0.05, warming=1.0)
    pools = model.profile(123, change)
    full = pools[4:].sum(0) @ LAYERS_CLM5.thickness[:20]
    assert full == pytest.approx(model.respond(change).soc[-1, 123], rel=1e-12)


def test_changes_beyond_the_limits_are_held_at_them() -> None:
    for name, (lower, upper) in LIMITS.items():
        assert getattr(Scenario(**{name: 1e9}), name) == upper
        assert getattr(Scenario(**{name: -1e308}), name) == lower


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", None, True])
def test_changes_that_are_not_numbers_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a finite number for cue, got"):
        Scenario(cue=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.int64(1), np.float32(1.0), np.float64(1.0)])
def test_numbers_of_numpy_are_numbers(value: float) -> None:
    assert Scenario(warming=value).warming == 1.0


def test_unknown_change_is_named() -> None:
    with pytest.raises(KeyError, match=r"expected one of cue, carbon_input, .*; got 'CUE'"):
        Scenario().with_change("CUE", 0.1)


def test_lengths_must_agree(world: World) -> None:
    with pytest.raises(ValueError, match="forcing, parameters and land of one length, got 500, 499 and 500 cells"):
        World(world.forcing, world.parameters[:-1], world.land)


def test_slider_corners_conserve_carbon_and_stay_finite(model: GlobalModel) -> None:
    from itertools import product

    from proda_core import scenario

    for signs in product((0, 1), repeat=7):
        change = Scenario(**{name: LIMITS[name][s] for name, s in zip(LIMITS, signs, strict=True)})
        terms = scenario.apply(change, model._terms)
        pools = column.solve(terms)
        assert bool(torch.isfinite(pools).all())
        assert float(pools.min()) >= 0
        balance = column.respired(terms, pools) / terms.litter_input.sum(1) - 1
        assert float(balance.abs().max()) < 1e-12
