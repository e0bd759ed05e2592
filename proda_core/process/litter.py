"""B I: plant carbon input and how it is spread over depth.

Roots follow the asymptotic profile of Jackson et al. (1996, doi:10.1007/BF00333714): the fraction of the input above depth d
[cm] is ``1 - beta**d``.  The share of layer j is ``beta**(100 z_{j-1}) - beta**(100 z_j)``, normalised over the 20 layers; where
the soil never thaws all of it goes into the first layer.
"""

from __future__ import annotations

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5

Tensor = torch.Tensor

_CM_PER_M = 100.0


def depth_share(beta: Tensor, never_thaws: Tensor) -> Tensor:
    """Share of the plant input that each layer receives; sums to one.

    ``beta**a - beta**b`` is computed as ``beta**a (1 - beta**(b - a))`` with ``expm1``, so that nothing cancels when beta is
    close to one.

    Args:
        beta: Jackson coefficient, per cm [1] (batch,), in (0, 1).
        never_thaws: true where the active layer is zero (batch,).

    Returns:
        share [1] (batch, 20).
    """
    top = beta.new_tensor(LAYERS_CLM5.top[:LAYERS])
    thickness = beta.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    log_beta = beta.log()[:, None] * _CM_PER_M
    share = (top * log_beta).exp() * -torch.expm1(thickness * log_beta)
    share = share / share.sum(1, keepdim=True)
    first = torch.zeros_like(share[:1])
    first[:, 0] = 1
    return torch.where(never_thaws[:, None], first, share)


def input_profile(beta: Tensor, never_thaws: Tensor) -> Tensor:
    """Share per metre [m-1] (batch, 20): times an input [gC m-2 yr-1] it is a source [gC m-3 yr-1]."""
    return depth_share(beta, never_thaws) / beta.new_tensor(LAYERS_CLM5.thickness[:LAYERS])


def allocation(profile: Tensor) -> Tensor:
    """Depth-mean of the Jackson coefficient that a profile of input implies.

    ``mean over layers of exp(ln(1 - cumulative share) / (100 z))`` with z the lower interface, without the last layer, where
    nothing is left below.  The remainder is summed from the bottom up, so that it keeps its relative precision.

    Args:
        profile: share per metre [m-1] (batch, 20).

    Returns:
        input allocation [1] (batch,).
    """
    share = profile * profile.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    below = share.flip(1).cumsum(1).flip(1)[:, 1:]
    depth = profile.new_tensor(LAYERS_CLM5.interface[: LAYERS - 1])
    return (below.log() / (_CM_PER_M * depth)).exp().mean(1)
