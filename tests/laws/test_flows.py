"""The carbon budget of a column closes, pool by pool."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from proda_core.grid import LAYERS, LAYERS_CLM5, POOLS
from proda_core.process import column
from proda_core.process.flows import Flows, flows
from proda_core.process.linear import TRANSFERS
from proda_core.scenario import Scenario, apply
from tests.columns import random_forcing, random_parameters

BATCH = 200


def terms(seed: int) -> column.Terms:
    return column.terms(random_parameters(BATCH, seed), random_forcing(BATCH, seed))


def budget(of: column.Terms) -> Flows:
    return flows(of, column.solve(of))


@pytest.mark.parametrize("scenario", [Scenario(), Scenario(cue=0.1, warming=3.0), Scenario(cue=-0.2, input_allocation=0.1)])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_pool_gains_what_it_loses(seed: int, scenario: Scenario) -> None:
    found = budget(apply(scenario, terms(seed)))
    np.testing.assert_allclose(found.gained, found.lost, rtol=1e-9)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_comes_in_is_respired(seed: int) -> None:
    of = terms(seed)
    found = budget(of)
    np.testing.assert_allclose(found.litter_input.sum(1), of.litter_input.sum(1), rtol=1e-12)
    np.testing.assert_allclose(found.respired.sum(1), found.litter_input.sum(1), rtol=1e-9)
    np.testing.assert_allclose(found.respired.sum(1), column.respired(of, column.solve(of)), rtol=1e-12)


def test_out_of_balance_the_difference_is_what_the_column_gains() -> None:
    of = terms(2)
    pools = column.solve(of) * torch.linspace(0.5, 2.0, BATCH, dtype=torch.float64)[:, None, None]
    found = flows(of, pools)
    thickness = torch.as_tensor(LAYERS_CLM5.thickness[:LAYERS])
    gain = (column.tendency(of, pools) * thickness).sum(2)
    np.testing.assert_allclose(found.gained - found.lost, gain, rtol=1e-8, atol=1e-8 * float(found.lost.max()))


def test_woody_debris_is_broken_up_and_respires_nothing() -> None:
    found = budget(terms(0))
    wood = POOLS.index("cwd")
    assert float(found.respired[:, wood].abs().max()) < 1e-9
    handed = sum(found.transfer[:, i] for i, (donor, _) in enumerate(TRANSFERS) if donor == wood)
    np.testing.assert_allclose(handed, found.litter_input[:, wood], rtol=1e-9)


def test_stocks_are_those_of_the_pools() -> None:
    of = terms(0)
    pools = column.solve(of)
    expected = (pools.numpy() * LAYERS_CLM5.thickness[:LAYERS]).sum(2)
    np.testing.assert_allclose(flows(of, pools).stock, expected, rtol=1e-12)
