"""The network: standardised predictors of a place -> a vector for it, by dense layers.

Its width at the end comes from what it is asked for: the 21 parameters (through a logistic function, so that they stay inside
the prior), or SOC at the 20 nodes where there is no process model between.  Random masks and noise come from a generator that is
handed in: the same generator gives the same step, so that an interrupted training goes on to the same bits.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import nn

Tensor = torch.Tensor

MARGIN = 1e-3
"""Normalised parameters stay this far inside the prior: some of its ends are open."""


class Network(nn.Module):
    """Dense layers with the GELU between them.

    Args:
        features: number of predictors.
        outputs: length of the vector.
        hidden: width of each hidden layer.
        start: vector that an untrained network gives nearly everywhere (outputs,).
        generator: source of the first weights.
    """

    def __init__(self, features: int, outputs: int, hidden: tuple[int, ...], start: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        widths = (features, *hidden)
        hidden_layers = [nn.Linear(*pair) for pair in itertools.pairwise(widths)]
        self.hidden = nn.ModuleList(hidden_layers)
        self.last = nn.Linear(widths[-1], outputs)
        for layer in hidden_layers:
            bound = 1.0 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        nn.init.normal_(self.last.weight, std=0.02, generator=generator)
        with torch.no_grad():
            self.last.bias.copy_(start)

    def forward(self, x: Tensor, dropout: float = 0.0, generator: torch.Generator | None = None) -> Tensor:
        """Vectors of places.

        Args:
            x: standardised predictors (place, feature).
            dropout: part of the hidden units left out at random; in training only.
            generator: source of the masks.

        Returns:
            (place, outputs), unbounded, in double precision.
        """
        for layer in self.hidden:
            x = nn.functional.gelu(layer(x))
            if dropout:
                kept = torch.rand(x.shape, generator=generator, device=x.device) >= dropout
                x = x * kept / (1.0 - dropout)
        vector: Tensor = self.last(x).double()
        return vector


def to_unit(vector: Tensor) -> Tensor:
    """Unbounded -> normalised parameters within ``MARGIN`` .. 1 - ``MARGIN``."""
    return MARGIN + (1.0 - 2.0 * MARGIN) * torch.sigmoid(vector)


def from_unit(unit: Tensor) -> Tensor:
    """The inverse of :func:`to_unit`, for values strictly inside."""
    inside = ((unit - MARGIN) / (1.0 - 2.0 * MARGIN)).clamp(1e-6, 1.0 - 1e-6)
    return torch.logit(inside)
