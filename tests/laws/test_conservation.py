"""Carbon is conserved: what plants bring in is what microbes breathe out."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proda_core import parameters, simulation
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.process import column, dense, linear, transport
from tests.columns import random_forcing, random_parameters

THICKNESS = torch.as_tensor(LAYERS_CLM5.thickness[:LAYERS])


def _imbalance(physical: torch.Tensor, forcing: column.Forcing, bedrock: transport.Bedrock = "conserving") -> float:
    terms = column.terms(physical, forcing, bedrock=bedrock)
    gained = forcing.litter_input.sum(1)
    return float((column.respired(terms, column.solve(terms)) / gained - 1).abs().max())


def test_input_equals_respiration_across_the_prior_with_bedrock_anywhere() -> None:
    assert _imbalance(random_parameters(10_000), random_forcing(10_000)) < 1e-10


@pytest.fixture(scope="module")
def world() -> simulation.World:
    return simulation.load_world()


def test_input_equals_respiration_in_every_land_cell(world: simulation.World) -> None:
    assert _imbalance(world.parameters, world.forcing) < 1e-10


def test_input_equals_respiration_in_every_land_cell_whatever_parameters_and_bedrock(world: simulation.World) -> None:
    cells = len(world.forcing)
    bedrock = torch.randint(1, 26, (cells,), generator=torch.Generator().manual_seed(0)).double()
    assert _imbalance(random_parameters(cells), replace(world.forcing, bedrock_layer=bedrock)) < 1e-10


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([0.0, 1e-4, 0.5, 1.0]), min_size=21, max_size=21), st.integers(1, 25))
def test_input_equals_respiration_in_every_corner_of_the_prior(corner: list[float], bedrock: int) -> None:
    corner[parameters.INDEX["beta"]] = max(corner[parameters.INDEX["beta"]], 1e-4)
    physical = parameters.to_physical(torch.tensor([corner], dtype=torch.float64))
    assert _imbalance(physical, random_forcing(1, seed=bedrock, bedrock=bedrock)) < 1e-10


def test_the_published_boundary_leaks_when_bedrock_lies_inside_the_column() -> None:
    """The reason for the conserving variant; science says up to a fifth of the input is lost."""
    physical, forcing = random_parameters(2_000), random_forcing(2_000, bedrock=6)
    assert _imbalance(physical, forcing, "published") > 0.01


@pytest.mark.parametrize("bedrock", [1, 3, 6, 12, 19, 20, 25])
def test_transport_alone_keeps_the_column_total(bedrock: int) -> None:
    """Column sums of V weighted by layer thickness are zero: dz_j V_jk summed over j."""
    forcing = random_forcing(500, bedrock=bedrock)
    terms = column.terms(random_parameters(500), forcing)
    amount_down = terms.down[:, :-1] * THICKNESS[:-1]
    amount_up = terms.up[:, 1:] * THICKNESS[1:]
    assert torch.allclose(amount_down, amount_up, rtol=1e-14, atol=0)
    assert float(terms.up[:, 0].abs().max()) == 0
    assert float(terms.down[:, -1].abs().max()) == 0


@pytest.mark.parametrize("bedrock", [1, 5, 10, 19])
def test_no_carbon_crosses_bedrock(bedrock: int) -> None:
    terms = column.terms(random_parameters(300), random_forcing(300, bedrock=bedrock))
    assert float(terms.down[:, bedrock - 1 :].abs().max()) == 0
    assert float(terms.up[:, bedrock:].abs().max()) == 0


def test_pools_are_never_negative_even_where_a_dense_solve_calls_the_matrix_singular() -> None:
    """A short e-folding depth makes deep rates underflow: condition numbers far beyond double precision."""
    physical = random_parameters(2_000)
    physical[:, parameters.INDEX["efolding"]] = torch.logspace(-4, -1, 2_000, dtype=torch.float64)
    forcing = random_forcing(2_000)
    terms = column.terms(physical, forcing)
    pools = column.solve(terms)
    assert bool(torch.isfinite(pools).all())
    assert bool((pools >= 0).all())
    conditions = torch.linalg.cond(_dense(terms.rows(slice(0, 200))))
    assert bool((~(conditions < 1e16)).any()), "the case is meant to be beyond a dense solve"
    assert _imbalance(physical, forcing) < 1e-10


def _dense(terms: column.Terms) -> torch.Tensor:
    return dense.matrix(column.system(terms))


@pytest.mark.parametrize("backend", ["kernel", "torch"])
def test_solution_is_linear_in_the_input(backend: linear.Backend) -> None:
    physical, forcing = random_parameters(200), random_forcing(200)
    once = column.steady_state(physical, forcing, backend=backend)
    thrice = column.steady_state(physical, replace(forcing, litter_input=3 * forcing.litter_input), backend=backend)
    assert torch.allclose(thrice, 3 * once, rtol=1e-13, atol=0)


def test_without_input_there_is_no_carbon() -> None:
    forcing = random_forcing(50)
    empty = replace(forcing, litter_input=torch.zeros_like(forcing.litter_input))
    assert float(column.steady_state(random_parameters(50), empty).abs().max()) == 0
