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

from typing import NamedTuple

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5, SOIL_POOLS, STOCK_WEIGHTS
from proda_core.process import cascade, column, linear, litter
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


class Integrals(NamedTuple):
    """Depth integrals of each pool: all that stocks and mechanisms need of a solution.

    Attributes:
        stock: carbon above each depth of ``grid.STOCK_DEPTHS``, the last one the whole column [gC m-2] (batch, 4, 7).
        active: carbon weighted by month-mean temperature and water scalar and depth [gC m-2] (batch, 7).
        mixed: carbon weighted by the diagonal of V [gC m-2 yr-1] (batch, 7).
    """

    stock: Tensor
    active: Tensor
    mixed: Tensor

    @property
    def soc(self) -> Tensor:
        """Soil organic carbon above each depth of ``grid.STOCK_DEPTHS`` [gC m-2] (batch, 4)."""
        return self.stock[:, :, SOIL_POOLS].sum(2)


def solve(terms: column.Terms) -> Integrals:
    """Solve for the steady state and keep only its integrals: half the price of the pools, and what a live map needs."""
    return _split(linear.integrate(column.system(terms), *_weights(terms)))


def integrate(terms: column.Terms, pools: Tensor) -> Integrals:
    """Integrals of known pools [gC m-3] (batch, 7, 20)."""
    return _split(linear.integrals(pools, *_weights(terms)))


def _weights(terms: column.Terms) -> tuple[Tensor, Tensor]:
    thickness = terms.modifier.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    own = torch.stack([terms.temperature_water, terms.up + terms.down], dim=1) * thickness
    return terms.modifier.new_tensor(STOCK_WEIGHTS), own


def _split(sums: Tensor) -> Integrals:
    return Integrals(sums[:, :-2], sums[:, -2], sums[:, -1])


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
    terms = column.terms(parameters, forcing, bedrock=bedrock)
    return read_off(terms, integrate(terms, pools))


def read_off(terms: column.Terms, integrals: Integrals) -> dict[str, Tensor]:
    """Every mechanism from terms and the integrals of their solution; see :func:`retrieve`."""
    by_pool = integrals.stock[:, -1, SOIL_POOLS]
    stock = by_pool.sum(1)
    total_input = terms.litter_input.sum(1)
    passed_on, decomposed = carbon_use(terms, integrals)
    return {
        "cue": passed_on / decomposed,
        "carbon_input": total_input,
        "input_allocation": litter.allocation(terms.input_profile),
        "baseline_decomposition": (by_pool * terms.turnover_rate[:, SOIL_POOLS]).sum(1) / stock,
        "environmental_modifier": integrals.active[:, SOIL_POOLS].sum(1) / stock,
        "vertical_transport": integrals.mixed[:, SOIL_POOLS].sum(1) / stock,
        "residence_time": stock / total_input,
    }


def carbon_use(terms: column.Terms, integrals: Integrals) -> tuple[Tensor, Tensor]:
    """Carbon that microbes pass on, and carbon that they decompose [gC m-2 yr-1], each (batch,); their ratio is CUE."""
    decomposed = integrals.active[:, 1:] * terms.turnover_rate[:, 1:]
    passed_on = decomposed * cascade.handed_on(terms.transfer)[:, 1:]
    return passed_on.sum(1), decomposed.sum(1)
