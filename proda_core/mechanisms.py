"""The mechanisms behind a soil carbon stock, read off solved columns.

With F_i the carbon that pool i decomposes, ``F_i = sum_z C_i / tau_i Tm Wm exp(-z/efolding) dz`` (Tm, Wm: month-mean temperature
and water scalars; oxygen and nitrogen are left out, as the authors do), and SOC weights over soil pools and layers:

- ``cue``: microbial carbon use efficiency, ``sum over the 8 transfers of f F_donor / sum over the 6 donors of F`` [1]
- ``carbon_input``: plant carbon input [gC m-2 yr-1]
- ``input_allocation``: depth-mean Jackson coefficient of the input [1]
- ``baseline_decomposition``: SOC-weighted 1/tau [yr-1]
- ``environmental_modifier``: SOC-weighted Tm Wm exp(-z/efolding) [1]
- ``vertical_transport``: SOC-weighted diagonal of V [yr-1]
- ``residence_time``: SOC over input [yr]

Source: Tao et al. 2023, doi:10.1038/s41586-023-06042-3, methods, and the published PRODA implementation.
"""

from __future__ import annotations

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5, SOIL_POOLS
from proda_core.process import cascade, column, litter
from proda_core.process.transport import Bedrock

Tensor = torch.Tensor

UNITS: dict[str, str] = {
    "cue": "1",
    "carbon_input": "gC m-2 yr-1",
    "input_allocation": "1",
    "baseline_decomposition": "yr-1",
    "environmental_modifier": "1",
    "vertical_transport": "yr-1",
    "residence_time": "yr",
}
"""Keys of :func:`retrieve` and their units."""


def retrieve(parameters: Tensor, forcing: column.Forcing, pools: Tensor, *, bedrock: Bedrock = "conserving") -> dict[str, Tensor]:
    """Read every mechanism off solved columns.

    Args:
        parameters: physical values (batch, 21).
        forcing: what drove the columns.
        pools: their solution [gC m-3] (batch, 7, 20).
        bedrock: the boundary they were solved with.

    Returns:
        mechanism by key of :data:`UNITS`, each (batch,).
    """
    return from_terms(column.terms(parameters, forcing, bedrock=bedrock), pools)


def from_terms(terms: column.Terms, pools: Tensor) -> dict[str, Tensor]:
    """Every mechanism from terms and their solution; see :func:`retrieve`."""
    thickness = pools.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    soil = pools[:, SOIL_POOLS] * thickness
    by_layer, by_pool, stock = soil.sum(1), soil.sum(2), soil.sum((1, 2))
    total_input = terms.litter_input.sum(1)
    transferred, decomposed = carbon_use(terms, pools)
    return {
        "cue": transferred / decomposed,
        "carbon_input": total_input,
        "input_allocation": litter.allocation(terms.input_profile),
        "baseline_decomposition": (by_pool * terms.turnover_rate[:, SOIL_POOLS]).sum(1) / stock,
        "environmental_modifier": (by_layer * terms.temperature_water).sum(1) / stock,
        "vertical_transport": (by_layer * (terms.up + terms.down)).sum(1) / stock,
        "residence_time": stock / total_input,
    }


def carbon_use(terms: column.Terms, pools: Tensor) -> tuple[Tensor, Tensor]:
    """Carbon that microbes pass on, and carbon that they decompose [gC m-2 yr-1], each (batch,); their ratio is CUE."""
    thickness = pools.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    weight = terms.temperature_water * thickness
    decomposed = (pools[:, 1:] @ weight[:, :, None])[:, :, 0] * terms.turnover_rate[:, 1:]
    passed_on = decomposed * cascade.handed_on(terms.transfer)[:, 1:]
    return passed_on.sum(1), decomposed.sum(1)
