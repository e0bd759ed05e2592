"""Component control: uniform parameters in, stock and explained variation out; with and without the authors' filter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from proda_core.grid import LAYERS, SOIL_POOLS
from proda_core.process import column
from proda_core.sensitivity import (
    CONTROLS,
    Observed,
    StandIn,
    control,
    joined_controls,
    mean_input,
    site_mean,
    summary_of_control,
)
from proda_core.sensitivity.columns import GROUPS, Columns, physical
from proda_core.sensitivity.control import UNIFORM_INPUT, controlled, input_factor
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


def same(unit: np.ndarray, carbon_input: float = 400.0) -> StandIn:
    return StandIn(unit, carbon_input)


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
    found = control(world, members, same(members.mean((0, 2))), observed)
    own = found["explained"].isel(member=0)
    assert float(own.sel(control="none")) == pytest.approx(1.0, abs=1e-12)
    assert np.all(own.sel(control=list(CONTROLS[1:])) < 1 - 1e-6)
    assert np.all(found["explained"].sel(control="none").isel(member=slice(1, None)) < 1)


def test_a_mechanism_that_is_uniform_already_is_worth_nothing(world: World, members: np.ndarray) -> None:
    mean = np.full(21, 0.4)
    uniform = members.copy()
    uniform[:, CUE_ROWS] = 0.4
    found = control(world, uniform, same(mean))
    assert np.allclose(found["stock"].sel(control="cue"), found["stock"].sel(control="none"), rtol=1e-13)
    assert np.all(found["moved"].sel(control="vertical_transport") > 0)


def test_all_uniform_leaves_no_difference_between_members(world: World, members: np.ndarray) -> None:
    found = control(world, members, same(np.full(21, 0.5)))["stock"].sel(control="all").values
    assert np.allclose(found, found[0], rtol=1e-13)


def test_input_changes_by_twice_its_spread_up_or_down(world: World, members: np.ndarray) -> None:
    factor = input_factor(1000, 0.15)
    assert set(np.round(factor, 12)) == {0.7, 1.3}
    assert 400 < (factor > 1).sum() < 600
    assert set(input_factor(100, 0.5)) == {0.0, 2.0}
    with pytest.raises(ValueError, match=r"expected a relative standard deviation of plant input within 0\.\.0\.5, got 0\.8"):
        input_factor(100, 0.8)  # cut at zero, it would raise mean input
    found = control(world, members, same(np.full(21, 0.5)), spread=0.15)
    assert np.allclose(found["moved"].sel(control="carbon_input"), 0.3 * found["stock"].sel(control="none"), rtol=1e-9)


def test_uniform_input_is_the_same_sum_everywhere_and_split_as_before(world: World, members: np.ndarray) -> None:
    forcing, mean = world.forcing, same(np.full(21, 0.5), 321.0)
    columns = Columns(forcing, members[0])
    found = controlled(columns, members[0], forcing, UNIFORM_INPUT, mean, np.ones(CELLS)).litter_input
    assert np.allclose(found.sum(1), 321.0)
    assert np.allclose(found / found.sum(1, keepdim=True), forcing.litter_input / forcing.litter_input.sum(1, keepdim=True))
    stock = control(world, members, mean)
    assert tuple(stock["control"].values) == CONTROLS  # it stands apart
    assert float(abs(stock["uniform_input_change"].sel(depth="full")).min()) > 0
    table = joined_controls(stock)
    assert tuple(table["control"].values) == (*CONTROLS, UNIFORM_INPUT)
    assert np.array_equal(table["stock"].sel(control=UNIFORM_INPUT), stock["uniform_input_stock"])
    assert stock.attrs["uniform_input_gC_per_m2_per_year"] == 321.0


def test_where_nothing_grows_nothing_grows_under_uniform_input(world: World, members: np.ndarray) -> None:
    litter = world.forcing.litter_input.clone()
    litter[3] = 0.0
    forcing = replace(world.forcing, litter_input=litter)
    columns = Columns(forcing, members[0])
    found = controlled(columns, members[0], forcing, UNIFORM_INPUT, same(np.full(21, 0.5)), np.ones(CELLS)).litter_input
    assert found[3].tolist() == [0.0] * 4
    assert np.isfinite(found.numpy()).all()


def test_changes_are_those_of_each_member(world: World, members: np.ndarray) -> None:
    """The median of changes is not the change of medians."""
    found = control(world, members, same(members.mean((0, 2))))
    stock = found["stock"].sel(depth="1m")
    expected = np.median(stock.sel(control="cue").values / stock.sel(control="none").values - 1)
    told = summary_of_control(found["change"].sel(control="cue", depth="1m"), published=False)
    assert float(told.sel(quantile=0.5)) == pytest.approx(expected, rel=1e-12)


def test_profiles_of_one_place_share_the_weight_of_one() -> None:
    profiles = fabricate_profiles(np.array([10.0, 10.0, 20.0]), np.array([5.0, 5.0, 5.0]), np.array([1.0, 1.0, 3.0]))
    observed = Observed.of(profiles, np.array([4, 4, 7]))
    assert observed.importance.tolist() == [0.5, 0.5, 3.0]


def fabricate_profiles(latitude: np.ndarray, longitude: np.ndarray, weight: np.ndarray) -> xr.Dataset:
    """One layer a profile."""
    count = len(latitude)
    of_layer = {"layer_top": 0.0, "layer_bottom": 0.2, "soc_density": 1e4, "soc_density_error": 1e3}
    return xr.Dataset(
        {
            **{name: ("observation", np.full(count, value)) for name, value in of_layer.items()},
            "profile_index": ("observation", np.arange(count)),
            "latitude": ("profile", latitude),
            "longitude": ("profile", longitude),
            "sampling_weight": ("profile", weight),
        }
    )


def test_the_mean_over_sites_counts_profiles(members: np.ndarray) -> None:
    count = np.zeros(CELLS)
    count[[3, 7]] = 1, 3
    expected = (members.mean(0)[:, 3] + 3 * members.mean(0)[:, 7]) / 4
    assert np.allclose(site_mean(members, count), expected)
    litter = np.arange(4.0 * CELLS).reshape(CELLS, 4)
    assert mean_input(litter, count) == pytest.approx((litter[3].sum() + 3 * litter[7].sum()) / 4)
    with pytest.raises(ValueError, match="expected profiles in some cells"):
        site_mean(members, np.zeros(CELLS))


def test_the_authors_filter_flatters() -> None:
    values = xr.DataArray([-0.8, 0.1, 0.2, -0.4, 0.3], dims="member")
    flattered, plain = (summary_of_control(values, published=published) for published in (True, False))
    assert float(flattered.sel(quantile=0.5)) == pytest.approx(0.2)
    assert float(plain.sel(quantile=0.5)) == pytest.approx(0.1)
    nobody = summary_of_control(-abs(values), published=True)
    assert np.isnan(nobody).all()
    assert float(plain.sel(quantile=0.16)) == pytest.approx(np.quantile([-0.8, -0.4, 0.1, 0.2, 0.3], 0.16))


def test_layers_count_by_importance_where_asked() -> None:
    observed = Observed(np.array([0]), np.zeros(3, int), np.eye(LAYERS)[:3], np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 2.0]))
    nodes = np.zeros((1, LAYERS))
    nodes[0, :3] = 1.0, 2.0, 4.0
    assert observed.explained(nodes, weighted=False) == pytest.approx(1 - 4 / 14)
    assert observed.explained(nodes, weighted=True) == pytest.approx(1 - 2 * 4 / (2.75**2 + 1.75**2 + 2 * 2.25**2))
