"""The carbon budget of a column: what each pool holds, gains and loses in a year, summed over depth.

With ``D_p = sum over layers of rate_p modifier C_p dz`` the carbon that pool p loses by decomposition [gC m-2 yr-1],

- the transfer from p to q is ``f_pq D_p``, and ``(1 - sum over q of f_pq) D_p`` is respired;
- vertical transport moves carbon between layers and neither adds to nor takes from a pool's sum.

So in steady state every pool balances, ``input_p + sum over donors of f_qp D_q = D_p``, and respiration is input.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.process import cascade, column, linear

Tensor = torch.Tensor


class Flows(NamedTuple):
    """Stocks and flows of columns; pools in the order of ``grid.POOLS``.

    Attributes:
        stock: carbon in each pool [gC m-2] (batch, 7).
        litter_input: plant carbon that enters each pool [gC m-2 yr-1] (batch, 7).
        transfer: carbon that pools hand to one another [gC m-2 yr-1] (batch, 10), in the order of ``linear.TRANSFERS``.
        respired: carbon that leaves each pool as carbon dioxide [gC m-2 yr-1] (batch, 7).
    """

    stock: Tensor
    litter_input: Tensor
    transfer: Tensor
    respired: Tensor

    @property
    def gained(self) -> Tensor:
        """What each pool gains from plants and from other pools [gC m-2 yr-1] (batch, 7)."""
        receivers = torch.tensor([receiver for _, receiver in linear.TRANSFERS])
        return self.litter_input.index_add(1, receivers, self.transfer)

    @property
    def lost(self) -> Tensor:
        """What each pool hands on and respires [gC m-2 yr-1] (batch, 7)."""
        donors = torch.tensor([donor for donor, _ in linear.TRANSFERS])
        return self.respired.index_add(1, donors, self.transfer)


def flows(terms: column.Terms, pools: Tensor) -> Flows:
    """The carbon budget of columns; in balance where ``pools`` are the steady state of ``terms``.

    Args:
        terms: the terms of the equation.
        pools: carbon [gC m-3] (batch, 7, 20).
    """
    thickness = pools.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    amount = pools * thickness
    lost = terms.turnover_rate * (amount * terms.modifier[:, linear.MODIFIER_OF_POOL]).sum(2)
    donors = [donor for donor, _ in linear.TRANSFERS]
    return Flows(
        stock=amount.sum(2),
        litter_input=torch.nn.functional.pad(terms.litter_input, (0, linear.POOL_COUNT - terms.litter_input.shape[1])),
        transfer=lost[:, donors] * terms.transfer,
        respired=lost * cascade.respired_fraction(terms.transfer),
    )
