"""Mixing is diffusion: the discrete operator relaxes the analytic modes at second order."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from proda_core.grid import LAYERS_CLM5, SoilLayers
from proda_core.process import column, transport
from tests.columns import prior_mean, random_forcing, random_parameters


def _decay_error(layers: int, monkeypatch: pytest.MonkeyPatch) -> float:
    """Error of the decay rate of the first mode, cos(pi z / L), on uniform layers of a column of length L = 1 m."""
    edge = np.linspace(0, 1, layers + 1)
    deeper = 1 + np.arange(1, 6.0)
    uniform = SoilLayers(
        interface=np.concatenate([edge[1:], deeper]), node=np.concatenate([(edge[1:] + edge[:-1]) / 2, deeper - 0.5])
    )
    monkeypatch.setattr(transport, "LAYERS_CLM5", uniform)
    monkeypatch.setattr(transport, "LAYERS", layers)
    deep_thaw, no_bedrock = torch.tensor([10.0], dtype=torch.float64), torch.tensor([layers + 5])
    up, down = transport.exchange_shape(deep_thaw, no_bedrock)
    mode = torch.cos(torch.pi * torch.as_tensor(uniform.node[:layers]))
    above, below = torch.roll(mode, 1), torch.roll(mode, -1)
    rate = (up[0] * (mode - above) + down[0] * (mode - below)) / mode
    return float((rate - torch.pi**2).abs().max())


def test_first_mode_of_diffusion_decays_at_second_order(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [_decay_error(layers, monkeypatch) for layers in (10, 20, 40, 80)]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.allclose(orders, 2, atol=0.1), orders


def _shape(active_layer: float, bedrock: int = 25) -> np.ndarray:
    shape = transport.diffusivity_shape(torch.tensor([active_layer], dtype=torch.float64), torch.tensor([bedrock]))
    return shape[0].numpy()


def test_deep_thaw_is_mixed_by_animals_everywhere() -> None:
    assert np.all(_shape(5.0) == 1)


def test_shallow_thaw_is_churned_down_to_the_thaw_depth_and_fades_to_nothing_at_three_metres() -> None:
    shape = _shape(1.0)
    z = LAYERS_CLM5.interface[:21]
    assert np.all(shape[z < 1] == 1)
    inside = (z > 1) & (z < 3)
    assert np.allclose(shape[inside], 1 - (z[inside] - 1) / 2)
    assert np.all(shape[z >= 3] == 0)


def test_never_thawed_soil_is_not_mixed() -> None:
    assert np.all(_shape(0.0) == 0)


def test_nothing_is_mixed_below_the_layer_under_bedrock() -> None:
    assert np.all(_shape(5.0, bedrock=8)[9:] == 0)


def test_thaw_is_the_deeper_of_this_year_and_last() -> None:
    forcing = random_forcing(20)
    swapped = replace(forcing, active_layer=forcing.active_layer_last_year, active_layer_last_year=forcing.active_layer)
    assert torch.equal(column.steady_state(prior_mean(20), forcing), column.steady_state(prior_mean(20), swapped))


def test_stronger_mixing_moves_carbon_down() -> None:
    physical, forcing = prior_mean(1), random_forcing(1, seed=5, bedrock=20)
    forcing = replace(forcing, active_layer=torch.tensor([5.0], dtype=torch.float64))
    stronger = physical.clone()
    stronger[:, 0] *= 1.8
    share = [float(p[0, 4:, 10:].sum() / p[0, 4:].sum()) for p in (column.steady_state(q, forcing) for q in (physical, stronger))]
    assert share[1] > share[0]


def test_deeper_carbon_is_older() -> None:
    """Mean residence at depth: carbon over what decomposes there, in columns that thaw deeply."""
    forcing = random_forcing(200, bedrock=25)
    forcing = replace(forcing, active_layer=torch.full((200,), 5.0, dtype=torch.float64))
    terms = column.terms(prior_mean(200), forcing)
    pools = column.solve(terms)[:, 4:]
    loss = (pools * terms.turnover_rate[:, 4:, None] * terms.modifier[:, :1]).sum(1)
    age = pools.sum(1) / loss
    assert bool((age[:, 12] > age[:, 0]).all())


def test_unknown_boundary_is_named() -> None:
    with pytest.raises(ValueError, match="expected bedrock to be 'conserving' or 'published', got 'open'"):
        column.steady_state(random_parameters(1), random_forcing(1), bedrock="open")  # type: ignore[arg-type]
