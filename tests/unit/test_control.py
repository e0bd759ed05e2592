"""Component control: uniform parameters in, stock and explained variation out; with and without the authors' filter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

from proda_core.grid import LAYERS, SOIL_POOLS
from proda_core.process import column
from proda_core.sensitivity import CONTROLS, Observed, control, site_mean, summary_of_control
from proda_core.sensitivity.columns import GROUPS, physical
from proda_core.sensitivity.control import input_factor
from proda_core.simulation import World
from tests.unit.test_sensitivity_marginal import CELLS, moderate, small_world

pytestmark = pytest.mark.usefixtures("one_thread")

CUE_ROWS = GROUPS["cue"]


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


@pytest.fixture(scope="module")
def members() -> np.ndarray:
    return np.stack([moderate(CELLS, seed) for seed in range(3)])


def seen_by(world: World, unit: np.ndarray, cells: np.ndarray) -> Observed:
    """One layer a node and cell, observed without error where the parameters are ``unit``."""
    pools = column.steady_state(physical(unit[:, cells]), world.forcing.rows(torch.as_tensor(cells)))
    nodes = pools[:, SOIL_POOLS].sum(1).numpy()[:, :8]
    place = np.repeat(np.arange(len(cells)), 8)
    return Observed(cells, place, np.tile(np.eye(LAYERS)[:8], (len(cells), 1)), nodes.ravel(), np.ones(nodes.size))


def test_a_member_that_made_the_observations_explains_them_all_until_a_mechanism_is_made_uniform(
    world: World, members: np.ndarray
) -> None:
    observed = seen_by(world, members[0], np.arange(0, CELLS, 5))
    found = control(world, members, members.mean((0, 2)), observed)
    own = found["explained"].isel(member=0)
    assert float(own.sel(control="none")) == pytest.approx(1.0, abs=1e-12)
    assert np.all(own.sel(control=list(CONTROLS[1:])) < 1 - 1e-6)
    assert np.all(found["explained"].sel(control="none").isel(member=slice(1, None)) < 1)


def test_a_mechanism_that_is_uniform_already_is_worth_nothing(world: World, members: np.ndarray) -> None:
    mean = np.full(21, 0.4)
    uniform = members.copy()
    uniform[:, CUE_ROWS] = 0.4
    found = control(world, uniform, mean)
    assert np.allclose(found["stock"].sel(control="cue"), found["stock"].sel(control="none"), rtol=1e-13)
    assert np.all(found["moved"].sel(control="vertical_transport") > 0)


def test_all_uniform_leaves_no_difference_between_members(world: World, members: np.ndarray) -> None:
    found = control(world, members, np.full(21, 0.5))["stock"].sel(control="all").values
    assert np.allclose(found, found[0], rtol=1e-13)


def test_input_changes_by_twice_its_spread_up_or_down(world: World, members: np.ndarray) -> None:
    factor = input_factor(1000, 0.15)
    assert set(np.round(factor, 12)) == {0.7, 1.3}
    assert 400 < (factor > 1).sum() < 600
    assert set(input_factor(100, 0.8)) == {0.0, 2.6}
    found = control(world, members, np.full(21, 0.5), spread=0.15)
    assert np.allclose(found["moved"].sel(control="carbon_input"), 0.3 * found["stock"].sel(control="none"), rtol=1e-9)


def test_the_mean_over_sites_counts_profiles(members: np.ndarray) -> None:
    count = np.zeros(CELLS)
    count[[3, 7]] = 1, 3
    expected = (members.mean(0)[:, 3] + 3 * members.mean(0)[:, 7]) / 4
    assert np.allclose(site_mean(members, count), expected)
    with pytest.raises(ValueError, match="expected profiles in some cells"):
        site_mean(members, np.zeros(CELLS))


def test_the_authors_filter_flatters() -> None:
    values = xr.DataArray([-0.8, 0.1, 0.2, -0.4, 0.3], dims="member")
    flattered, plain = (summary_of_control(values, published=published) for published in (True, False))
    assert float(flattered.sel(quantile=0.5)) == pytest.approx(0.2)
    assert float(plain.sel(quantile=0.5)) == pytest.approx(0.1)
    assert float(plain.sel(quantile=0.16)) == pytest.approx(np.quantile([-0.8, -0.4, 0.1, 0.2, 0.3], 0.16))


def test_layers_count_by_sampling_weight_where_asked() -> None:
    observed = Observed(np.array([0]), np.zeros(3, int), np.eye(LAYERS)[:3], np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 2.0]))
    nodes = np.zeros((1, LAYERS))
    nodes[0, :3] = 1.0, 2.0, 4.0
    assert observed.explained(nodes, weighted=False) == pytest.approx(1 - 4 / 14)
    assert observed.explained(nodes, weighted=True) == pytest.approx(1 - 2 * 4 / (2.75**2 + 1.75**2 + 2 * 2.25**2))
