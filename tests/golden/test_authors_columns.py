"""Our columns are the authors' columns: same equations, same numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from proda_core import mechanisms, parameters
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.process import column

GOLDEN = np.load(Path(__file__).parent / "authors_columns.npz")


def _tensor(name: str) -> torch.Tensor:
    return torch.as_tensor(GOLDEN[name], dtype=torch.float64)


@pytest.fixture(scope="module")
def forcing() -> column.Forcing:
    return column.Forcing(
        soil_temperature=_tensor("soil_temperature_K"),
        water_scalar=_tensor("w_scalar"),
        oxygen_scalar=_tensor("o_scalar"),
        nitrogen_scalar=_tensor("n_scalar"),
        active_layer=_tensor("altmax"),
        active_layer_last_year=_tensor("altmax_lastyear"),
        bedrock_layer=_tensor("nbedrock"),
        litter_input=torch.stack([_tensor(f"input_{name}") for name in ("cwd", "litter1", "litter2", "litter3")], dim=1),
    )


@pytest.fixture(scope="module")
def physical() -> torch.Tensor:
    return parameters.to_physical(_tensor("kp"))


def test_parameters_have_the_authors_order() -> None:
    assert tuple(GOLDEN["parameter_names"]) == parameters.IDS


@pytest.mark.parametrize("backend", ["kernel", "torch"])
def test_all_122_columns_match(physical: torch.Tensor, forcing: column.Forcing, backend: column.linear.Backend) -> None:
    theirs = _tensor("pools")
    ours = column.steady_state(physical, forcing, bedrock="published", backend=backend)
    assert ours.shape == (122, 7, 20)
    error = (ours - theirs).abs().amax((1, 2)) / theirs.amax((1, 2))
    assert float(error.max()) < 1e-8


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("cue", "bulk_A"),
        ("baseline_decomposition", "bulk_K"),
        ("vertical_transport", "bulk_V"),
        ("environmental_modifier", "bulk_Xi"),
    ],
)
def test_mechanisms_match(physical: torch.Tensor, forcing: column.Forcing, ours: str, theirs: str) -> None:
    pools = column.steady_state(physical, forcing, bedrock="published")
    found = mechanisms.retrieve(physical, forcing, pools, bedrock="published")[ours]
    assert float((found / _tensor(theirs) - 1).abs().max()) < 1e-7


def test_residence_time_matches_layer_by_layer(physical: torch.Tensor, forcing: column.Forcing) -> None:
    """The authors divide each layer's SOC density by the column's input."""
    pools = column.steady_state(physical, forcing, bedrock="published")
    per_layer = pools[:, 4:].sum(1) / forcing.litter_input.sum(1, keepdim=True)
    theirs = _tensor("residence_time")
    assert float(((per_layer - theirs).abs().amax(1) / theirs.amax(1)).max()) < 1e-7


def test_stock_matches(physical: torch.Tensor, forcing: column.Forcing) -> None:
    pools = column.steady_state(physical, forcing, bedrock="published")
    stock = pools[:, 4:].sum(1) @ torch.as_tensor(LAYERS_CLM5.thickness[:LAYERS])
    assert float((stock / _tensor("soc_stock") - 1).abs().max()) < 1e-7


def test_bedrock_variants_differ_only_where_bedrock_lies_inside_the_column(
    physical: torch.Tensor, forcing: column.Forcing
) -> None:
    published = column.steady_state(physical, forcing, bedrock="published")
    conserving = column.steady_state(physical, forcing, bedrock="conserving")
    difference = (published - conserving).abs().amax((1, 2)) / conserving.amax((1, 2))
    deep = _tensor("nbedrock") >= 20
    assert float(difference[deep].max()) == 0
    assert float(difference[~deep].max()) > 1e-3
