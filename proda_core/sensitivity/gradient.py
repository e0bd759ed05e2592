"""Where the global stock answers to a mechanism: the derivative by each mechanism in every cell, by the adjoint in one sweep.

A mechanism scales terms of the equation: with S the stock of a cell and theta_k the coefficients that the mechanism multiplies,

    dS / d ln(mechanism) = sum_k theta_k dS/dtheta_k

One adjoint solve gives dS/dtheta of *all* coefficients, so six mechanisms cost one solve and one adjoint.  A mechanism scales
what the page's slider scales (``proda_core.scenario``), as long as no limit acts; the area-weighted sum over all cells is the
derivative of the global stock.  Two identities hold: S is proportional to the input, so that map is S itself; and exchange rates
and turnover rates together only set the clock, so

    dS/d ln(decomposition) + dS/d ln(transport) = -S

Decomposition and environment multiply the same product of rates; their maps are one and the same, although the mechanisms that
are read off a solution differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.grid import LAYERS, POOLS, SOIL_POOLS, STOCK_DEPTHS, STOCK_WEIGHTS
from proda_core.process import cascade, column, linear, litter
from proda_core.sensitivity.columns import MECHANISMS
from proda_core.simulation import World
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]
Tensor = torch.Tensor

FRACTIONS = len(cascade.TRANSFER_IDS)
"""Transfer fractions that microbes hand on, the first of ``Terms.transfer``."""


def by_mechanism(terms: column.Terms, depth: str = "full") -> Tensor:
    """Derivative of the stock by the logarithm of each mechanism [gC m-2] (cell, mechanism), in the order of ``MECHANISMS``.

    Args:
        terms: of the columns.
        depth: which stock, a key of ``grid.STOCK_DEPTHS``.

    Raises:
        ValueError: unknown depth.
    """
    rate, modifier, fraction, up, down, inflow, profile = _pullback(terms, depth)
    decomposition = (rate * terms.turnover_rate).sum(1)
    found = {
        "cue": (fraction * terms.transfer)[:, :FRACTIONS].sum(1),
        "carbon_input": (inflow * terms.litter_input).sum(1),
        "input_allocation": _by_beta(terms, profile),
        "baseline_decomposition": decomposition,
        "environmental_modifier": (modifier * terms.modifier).sum((1, 2)),
        "vertical_transport": (up * terms.up + down * terms.down).sum(1),
    }
    return torch.stack([found[name] for name in MECHANISMS], dim=1)


def _pullback(terms: column.Terms, depth: str) -> tuple[Tensor, ...]:
    """Gradient of each column's stock by every coefficient of its equations, in the order of ``linear.System``."""
    if depth not in STOCK_DEPTHS:
        raise ValueError(f"expected a depth out of {', '.join(STOCK_DEPTHS)}; got {depth!r}")
    weights = terms.modifier.new_tensor(STOCK_WEIGHTS[list(STOCK_DEPTHS).index(depth)])
    asked = terms.modifier.new_zeros(len(terms), len(POOLS), LAYERS)
    asked[:, SOIL_POOLS] = weights
    system = column.system(terms)
    leaves = [values.detach().requires_grad_() for values in system[:7]]
    solution = linear.solve(linear.System._make([*leaves, system.extra, system.shift]))
    return torch.autograd.grad(solution, leaves, asked)


def _by_beta(terms: column.Terms, by_profile: Tensor) -> Tensor:
    """Derivative by ln beta, through the profile of the input (cell,)."""
    beta = terms.beta.detach().requires_grad_()
    profile = litter.input_profile(beta, terms.never_thaws)
    (by_beta,) = torch.autograd.grad(profile, beta, by_profile)
    return by_beta * terms.beta


def gradient_map(world: World, depth: str = "full") -> xr.DataArray:
    """Derivative of the global stock by the logarithm of each mechanism, per cell and area.

    Args:
        world: forcing, parameters and land.
        depth: which stock, a key of ``grid.STOCK_DEPTHS``.

    Returns:
        [kg m-2] (mechanism, cell): kilograms that a square metre gains per unit relative change; times the areas of the cells and
        summed it is the derivative of the global stock.  A hundredth of it is the answer to +1 %, to first order.

    Raises:
        ValueError: unknown depth.
    """
    found = np.empty((len(MECHANISMS), len(world.parameters)))
    for rows in chunks(len(world.parameters)):
        terms = column.terms(world.parameters[rows], world.forcing.rows(rows))
        found[:, rows] = by_mechanism(terms, depth).T.numpy() / GRAMS_PER_KILOGRAM
    return xr.DataArray(
        found,
        {"mechanism": list(MECHANISMS)},
        ("mechanism", "cell"),
        attrs={
            "long_name": f"derivative of soil organic carbon ({depth}) by the logarithm of the mechanism",
            "units": "kg m-2",
        },
    )
