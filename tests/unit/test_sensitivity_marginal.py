"""Marginal curves: identities that must hold, and the published recipe on a world of two cells, checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from proda_core import mechanisms, parameters
from proda_core.grid import LAYERS_CLM5, LandGrid
from proda_core.parameters import INDEX
from proda_core.process import column
from proda_core.scenario import Scenario
from proda_core.sensitivity import MECHANISMS, STEPS, Columns, clip, marginal, perturb, regress
from proda_core.sensitivity.marginal import part
from proda_core.simulation import GlobalModel, World
from proda_core.simulation.members import with_parameters
from tests.columns import prior_mean, random_forcing, random_land

pytestmark = pytest.mark.usefixtures("one_thread")

CELLS = 150


def moderate(cells: int, seed: int = 0) -> np.ndarray:
    """Normalised parameters around the published mean, with beta and e-folding depth where carbon is not buried (21, cell)."""
    rng = np.random.default_rng(seed)
    unit: np.ndarray = np.clip(parameters.PRODA_MEAN[:, None] + rng.normal(scale=0.08, size=(21, cells)), 0.05, 0.95)
    return unit


def small_world(cells: int = CELLS, seed: int = 0) -> World:
    return World(random_forcing(cells, seed, bedrock=20), prior_mean(cells), random_land(cells, seed))


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


@pytest.fixture(scope="module")
def unit() -> np.ndarray:
    return moderate(CELLS)


@pytest.mark.parametrize("recipe", ["published", "realised"])
def test_the_elasticity_of_the_stock_to_input_is_one(world: World, unit: np.ndarray, recipe: str) -> None:
    curve = marginal(world, unit, "carbon_input", recipe)  # type: ignore[arg-type]
    found = curve.fit()
    assert np.allclose(curve.realised, STEPS, atol=1e-12)
    assert np.allclose(found.elasticity, 1.0, atol=1e-12)
    assert np.allclose(found.one_percent, 0.01 * curve.stock[5], rtol=1e-9)
    assert np.allclose(found.ten_percent, 0.1, atol=1e-11)


def test_doubling_turnover_and_transport_times_doubles_the_stock(world: World, unit: np.ndarray) -> None:
    terms = Columns(world.forcing, unit).terms
    slow = replace(terms, turnover_rate=terms.turnover_rate / 2, up=terms.up / 2, down=terms.down / 2)
    before, after = mechanisms.solve(terms).soc, mechanisms.solve(slow).soc
    assert torch.allclose(after, 2 * before, rtol=1e-11, atol=0)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_terms_of_one_mechanism_evaluated_again_are_those_of_the_whole_model(
    world: World, unit: np.ndarray, mechanism: str
) -> None:
    changed = perturb(unit, mechanism, 0.2)
    found = Columns(world.forcing, clip(unit)).with_parameters(mechanism, changed)
    expected = column.terms(torch.as_tensor(parameters.to_physical(np.ascontiguousarray(changed.T))), world.forcing)
    for name, values in vars(expected).items():
        assert torch.allclose(getattr(found, name).double(), values.double(), rtol=1e-13, atol=1e-300), name


def test_only_the_parameters_of_the_mechanism_change(unit: np.ndarray) -> None:
    changed = perturb(unit, "vertical_transport", -0.12)
    assert np.allclose(changed[:2], 0.88 * unit[:2])
    assert np.array_equal(changed[2:], unit[2:])


def test_the_published_recipe_clips_even_what_it_does_not_change() -> None:
    unit = np.full((21, 3), 0.5)
    unit[INDEX["beta"]] = [0.99, 0.975, 0.5]
    unit[INDEX["fs1s2"]] = [0.9, 0.0, 0.5]
    changed = perturb(unit, "cue", 0.2)
    assert changed[INDEX["beta"]].tolist() == [0.98, 0.975, 0.5]
    assert changed[INDEX["fs1s2"]].tolist() == [1.0, 1e-4, 0.6]
    assert unit[INDEX["beta"], 0] == 0.99


def two_cells(beta: float = 0.99) -> tuple[World, np.ndarray]:
    land = LandGrid(np.array([60.25, 0.25]), np.array([10.25, 20.25]), np.array([0.5, 1.0]))
    unit = moderate(2, seed=3)
    unit[INDEX["beta"], 1] = beta
    unit[INDEX["fs3s1"], 0] = 0.9  # times 1.2 it leaves the prior
    forcing = random_forcing(2, seed=5, bedrock=20)
    dry = replace(forcing, litter_input=forcing.litter_input * torch.tensor([[1.0], [0.002]]))
    return World(dry, prior_mean(2), land), unit


@pytest.mark.parametrize(
    ("mechanism", "rows"), [("cue", range(10, 19)), ("environmental_modifier", (2, 3, 19)), ("carbon_input", ())]
)
def test_published_recipe_on_two_cells_by_hand(mechanism: str, rows: tuple[int, ...]) -> None:
    """Cell by cell and step by step, from the columns' pools to the regression, with none of the code under test."""
    # with less e-folding depth a beta of 0.99 would bury carbon for ever
    world, unit = two_cells(0.7 if mechanism == "environmental_modifier" else 0.99)
    stock, value = np.empty((11, 2)), np.empty((11, 2))
    side = 6371008.8 * np.pi / 360  # half a degree [m]
    edges = [(0.5 * side * np.cos(np.deg2rad(a)) + 0.5 * side * np.cos(np.deg2rad(b))) for a, b in ((60, 60.5), (0, 0.5))]
    area = [0.5 * side * edges[0], side * edges[1]]  # the first cell is half water
    for i, m in enumerate(np.arange(-5, 6) * 0.04):
        for cell in range(2):
            x = unit[:, cell].copy()
            for row in rows:
                x[row] *= 1 + m
            x = np.where(x > 1, 1.0, np.where(x <= 0, 1e-4, x))
            x[20] = min(x[20], 0.98)
            forcing = world.forcing.rows(slice(cell, cell + 1))
            if mechanism == "carbon_input":
                forcing = replace(forcing, litter_input=forcing.litter_input * (1 + m))
            p = torch.as_tensor(parameters.LOWER + x * (parameters.UPPER - parameters.LOWER))[None]
            pools = column.steady_state(p, forcing)
            stock[i, cell] = float(pools[0, 4:].sum(0).numpy() @ LAYERS_CLM5.thickness[:20])
            value[i, cell] = float(mechanisms.retrieve(p, forcing, pools)[mechanism])
    assert stock.max() < 1e6
    total = (stock[:, 0] * area[0] + stock[:, 1] * area[1]) / 1e15
    change = ((value[:, 0] - value[5, 0]) / value[5, 0] + (value[:, 1] - value[5, 1]) / value[5, 1]) / 2
    slope, intercept = np.polyfit(np.log(1 + change), np.log(total / total[5]), 1)

    curve = marginal(world, unit, mechanism)
    found = curve.fit()
    assert curve.dropped == 0
    assert np.allclose(curve.stock[:, 3], total, rtol=1e-11)
    assert np.allclose(curve.realised, change, rtol=1e-9, atol=1e-13)
    assert found.elasticity[3] == pytest.approx(slope, rel=1e-8)
    assert found.intercept[3] == pytest.approx(intercept, abs=1e-10)
    assert found.one_percent[3] == pytest.approx(total[5] * (1.01**slope - 1), rel=1e-8)
    assert found.ten_percent[3] == pytest.approx(np.exp((np.log(1.1) - intercept) / slope) - 1, rel=1e-8)


def test_a_cell_that_overflows_at_one_step_is_left_out_of_all() -> None:
    """Input pushed to a depth where nothing rots: the first cell, and only that one, gathers more than a tonne a square metre."""
    world, unit = two_cells()
    deep = unit.copy()
    deep[INDEX["beta"]] = [0.97, 0.2]
    deep[INDEX["efolding"]] = [0.1, 0.9]
    forcing = replace(world.forcing, active_layer=torch.full((2,), 4.0, dtype=torch.float64))
    frozen_out = replace(world, forcing=forcing)
    curve = marginal(frozen_out, deep, "carbon_input")
    only = part(forcing.rows(slice(1, 2)), deep[:, 1:], world.land.area[1:], ["carbon_input"]).curves()[0]
    assert (curve.dropped, only.dropped) == (1, 0)
    assert np.allclose(curve.stock, only.stock, rtol=1e-12)
    assert np.array_equal(curve.realised, only.realised)


def test_where_nothing_is_mixed_mixing_does_not_change_and_does_not_count(world: World, unit: np.ndarray) -> None:
    thaw = torch.zeros_like(world.forcing.active_layer)
    thaw[:10] = 1.0
    forcing = replace(world.forcing, active_layer=thaw, active_layer_last_year=thaw)
    curve = marginal(replace(world, forcing=forcing), unit, "vertical_transport")
    few = part(forcing.rows(slice(0, 10)), unit[:, :10], world.land.area[:10], ["vertical_transport"]).curves()[0]
    assert curve.dropped == 0
    assert np.allclose(curve.realised, few.realised, rtol=1e-12)
    assert np.all(curve.stock[:, 3] > few.stock[:, 3])


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_realised_recipe_is_the_slider(world: World, unit: np.ndarray, mechanism: str) -> None:
    model = GlobalModel(with_parameters(world, unit))
    outcomes = [model.respond(Scenario().with_change(mechanism, m), [mechanism, "residence_time"]) for m in (-0.2, 0.0, 0.2)]
    kept = np.all([(o.soc[-1] < 1e3) & (o.mechanism["residence_time"] < 1e5) for o in outcomes], axis=0)
    assert 20 < kept.sum() < CELLS
    curve = marginal(world, unit, mechanism, "realised")
    assert curve.dropped == CELLS - kept.sum()
    assert np.allclose(curve.stock[[0, 5, 10]], [o.soc[:, kept] @ world.land.area[kept] / 1e12 for o in outcomes], rtol=1e-11)
    before, after = (o.mechanism[mechanism][kept & (outcomes[1].mechanism[mechanism] > 0)] for o in outcomes[1:])
    assert curve.realised[-1] == pytest.approx((after / before - 1).mean(), rel=1e-9)


def test_stretches_of_cells_add_up(world: World, unit: np.ndarray) -> None:
    whole = part(world.forcing, unit, world.land.area, MECHANISMS)
    halves = [
        part(world.forcing.rows(rows), unit[:, rows], world.land.area[rows], MECHANISMS)
        for rows in (slice(0, 70), slice(70, CELLS))
    ]
    total = halves[0] + halves[1]
    for name, values in vars(whole).items():
        assert np.allclose(getattr(total, name), values, rtol=1e-11), name


def test_a_power_law_is_found_exactly_and_a_bend_shows_in_the_intercept() -> None:
    change = np.linspace(-0.1, 0.1, 11)
    exact = regress(change, 1500 * (1 + change) ** -0.7, 5)
    assert exact.elasticity == pytest.approx(-0.7)
    assert exact.intercept == pytest.approx(0.0, abs=1e-14)
    bent = regress(change, 1500 * np.exp(3 * np.log1p(change) + 20 * np.log1p(change) ** 2), 5)
    assert bent.intercept > 0.02


def test_a_mechanism_that_does_not_change_has_no_elasticity() -> None:
    with pytest.raises(ValueError, match="expected a mechanism that changes over the steps, got one that does not"):
        regress(np.zeros(11), np.ones(11), 5)


def test_refusals_say_what_there_is(world: World, unit: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected a mechanism out of cue, carbon_input, .*; got 'CUE'"):
        marginal(world, unit, "CUE")
    with pytest.raises(ValueError, match="expected a recipe out of published, realised; got 'mine'"):
        marginal(world, unit, "cue", "mine")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected steps with one of 0"):
        part(world.forcing, unit, world.land.area, ["cue"], steps=np.array([0.1, 0.2]))
