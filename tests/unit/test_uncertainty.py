"""The budget of variances of the response to +1 % CUE: each source is what it says, and what is not known stays unknown."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from proda_core.regions import Regions
from proda_core.sensitivity.uncertainty import ALTERNATIVES, Spread, budget, of_forcing, of_sites, response
from proda_core.simulation import World
from proda_core.simulation.members import with_parameters
from tests.unit.test_sensitivity_marginal import CELLS, moderate, small_world

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def world() -> World:
    return with_parameters(small_world(), moderate(CELLS))


def posterior(width: float, sites: int = CELLS) -> xr.Dataset:
    """Normal scores around the parameters of the world, all of one width."""
    mean = stats.norm.ppf(moderate(CELLS))[:, :sites].T
    covariance = np.tile(width**2 * np.eye(21), (sites, 1, 1))
    return xr.Dataset({"score_mean": (("profile", "parameter"), mean), "score_covariance": (("p", "a", "b"), covariance)})


def test_more_input_changes_the_response_in_proportion(world: World) -> None:
    found = of_forcing(world, {"input": ALTERNATIVES["plant input a tenth more or less"]})
    assert np.allclose(found["input"], 0.1 * response(world), rtol=1e-9)


def test_every_alternative_makes_a_difference(world: World) -> None:
    shallow = World(small_world().forcing.rows(slice(None)), world.parameters, world.land)
    object.__setattr__(shallow.forcing, "bedrock_layer", shallow.forcing.bedrock_layer * 0 + 8)
    found = of_forcing(shallow)
    assert set(found) == set(ALTERNATIVES)
    assert all(np.all(values > 0) for values in found.values())


def test_sites_that_know_their_parameters_leave_nothing_open_and_give_the_global_response(world: World) -> None:
    zones = Regions(("only",), np.zeros(CELLS, dtype=np.int64))
    each = Regions(tuple(map(str, range(CELLS))), np.arange(CELLS))
    found = of_sites(world, posterior(0.0), np.arange(CELLS), each, "1m", draws=3)
    assert found.independent == pytest.approx(0, abs=1e-9)
    assert found.together == pytest.approx(0, abs=1e-9)
    assert found.response == pytest.approx(response(world)[1], rel=1e-9)
    assert of_sites(world, posterior(0.0), np.arange(CELLS), zones, "1m", draws=3).response == pytest.approx(
        found.response, rel=0.2
    )


def test_errors_that_go_together_do_not_average_out(world: World) -> None:
    zones = Regions(("only",), np.zeros(CELLS, dtype=np.int64))
    found = of_sites(world, posterior(0.5), np.arange(CELLS), zones)
    few = of_sites(world, posterior(0.5, 15), np.arange(15), zones)
    assert 5 * found.independent < found.together
    assert found.independent < few.independent


def test_the_budget_adds_variances_and_leaves_what_is_unknown_unknown() -> None:
    members = np.zeros((3, 4))
    members[:, 1] = 30, 34, 38
    table = budget(members, {"a": np.full(4, 3.0)}, Spread(34, 1.0, 20.0)).set_index("source")
    assert table.loc["learning", "sd"] == pytest.approx(4)
    assert table.loc["sum", "sd"] == pytest.approx(np.sqrt(16 + 9 + 1))
    assert table["share"].sum() == pytest.approx(1)
    assert np.isnan(table.loc["observation error by itself", "sd"])
    assert np.isnan(table.loc["assimilation, sites together", "share"])
    assert table.loc["published", "sd"] == pytest.approx(3)
    bare = budget(members).set_index("source")
    assert bare.loc[["assimilation", "forcing"], "sd"].isna().all()
    assert bare.loc["sum", "sd"] == pytest.approx(4)
