"""The adjoint map of the stock's derivative by each mechanism: identities, and the response that it must integrate to."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from proda_core.grid import STOCK_DEPTHS
from proda_core.scenario import BETA_LIMITS, Scenario
from proda_core.sensitivity import MECHANISMS, gradient_map
from proda_core.simulation import GlobalModel, World
from proda_core.simulation.members import with_parameters
from tests.unit.test_sensitivity_marginal import CELLS, moderate, small_world

pytestmark = pytest.mark.usefixtures("one_thread")

STEP = 1e-4


@pytest.fixture(scope="module")
def world() -> World:
    return with_parameters(small_world(), moderate(CELLS))


@pytest.fixture(scope="module")
def model(world: World) -> GlobalModel:
    return GlobalModel(world)


@pytest.fixture(scope="module")
def maps(world: World) -> xr.DataArray:
    return gradient_map(world)


def total(maps: xr.DataArray, world: World, mechanism: str) -> float:
    return float(maps.sel(mechanism=mechanism).values @ world.land.area) / 1e12


@pytest.mark.parametrize("depth", STOCK_DEPTHS)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_map_integrates_to_the_finite_difference_response(world: World, model: GlobalModel, mechanism: str, depth: str) -> None:
    row = list(STOCK_DEPTHS).index(depth)
    more, less = (model.respond(Scenario().with_change(mechanism, sign * STEP)) for sign in (1, -1))
    found = gradient_map(world, depth)
    cells = (more.soc[row] - less.soc[row]) / (2 * STEP)
    assert np.allclose(found.sel(mechanism=mechanism), cells, rtol=1e-4, atol=1e-6 * np.abs(cells).max())
    assert total(found, world, mechanism) == pytest.approx((more.total[row] - less.total[row]) / (2 * STEP), rel=1e-5)


def test_no_cell_of_this_world_lies_at_a_limit_of_the_slider(model: GlobalModel) -> None:
    """Else the two-sided difference above would not be the derivative."""
    beta = model._terms.beta.numpy()
    assert beta.min() * (1 - STEP) > BETA_LIMITS[0]
    assert beta.max() * (1 + STEP) < BETA_LIMITS[1]


def test_derivative_by_input_is_the_stock_itself(maps: xr.DataArray, model: GlobalModel) -> None:
    assert np.allclose(maps.sel(mechanism="carbon_input"), model.baseline.soc[-1], rtol=1e-11)


def test_turnover_and_transport_together_only_set_the_clock(maps: xr.DataArray, model: GlobalModel) -> None:
    clock = maps.sel(mechanism="baseline_decomposition") + maps.sel(mechanism="vertical_transport")
    assert np.allclose(clock, -model.baseline.soc[-1], rtol=1e-9)


def test_decomposition_and_environment_multiply_the_same_rates(maps: xr.DataArray) -> None:
    both = maps.sel(mechanism=["baseline_decomposition", "environmental_modifier"]).values
    assert np.allclose(both[0], both[1], rtol=1e-10)


def test_an_unknown_depth_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match=r"expected a depth out of 0.3m, 1m, 2m, full; got '5m'"):
        gradient_map(world, "5m")
