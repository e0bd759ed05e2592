"""How old carbon is, and how long it stays: closed forms of a compartmental system in steady state.

Written ``dC/dt = u - M C`` with ``M = V - A xi K``, a column in balance holds ``C = M^-1 u``.  With 1 the weights that sum
densities to stocks (layer thickness),

- **mean transit time**, of carbon from entering as litter to being respired: ``1 M^-1 u / 1 u = stock / input``;
- **mean age** of the carbon in pool i and layer j since it entered as litter: ``(M^-1 C)_ij / C_ij``, and of everything in the
  column ``1 M^-1 C / 1 C``.

Carbon that stays is older than carbon that leaves where fast pools lie beside slow ones, so mean age and mean transit time
differ, by a factor of ten and more in soils (Sierra et al. 2017).  The age costs one more structured solve, with ``C`` as the
source.

Source: Rasmussen et al. 2016, doi:10.1007/s00285-016-0990-8; Metzler & Sierra 2018, doi:10.1007/s11004-017-9690-1;
Sierra et al. 2017, doi:10.1111/gcb.13556.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.process import column, linear

Tensor = torch.Tensor


class Ages(NamedTuple):
    """Age and transit of the carbon in columns that are in balance.

    Attributes:
        pools: the steady state [gC m-3] (batch, 7, 20).
        years_held: carbon times its mean age [gC m-3 yr] (batch, 7, 20); sums of it over sums of ``pools`` are mean ages.
        transit_time: mean time from entering as litter to being respired [yr] (batch,).
    """

    pools: Tensor
    years_held: Tensor
    transit_time: Tensor

    @property
    def age(self) -> Tensor:
        """Mean age of the carbon in each pool and layer [yr] (batch, 7, 20); not a number where there is no carbon."""
        return self.years_held / self.pools

    @property
    def column_age(self) -> Tensor:
        """Mean age of all carbon in the column [yr] (batch,)."""
        thickness = self.pools.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
        return (self.years_held * thickness).sum((1, 2)) / (self.pools * thickness).sum((1, 2))


def ages(terms: column.Terms) -> Ages:
    """Age and transit time of the carbon of every column in its steady state; differentiable.

    Args:
        terms: the terms of the equation.

    Returns:
        the ages; not a number in columns without input.
    """
    pools = column.solve(terms)
    system = column.system(terms)
    held = linear.solve(system._replace(inflow=torch.zeros_like(system.inflow), extra=pools))
    thickness = pools.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    stock = (pools * thickness).sum((1, 2))
    return Ages(pools, held, stock / terms.litter_input.sum(1))
