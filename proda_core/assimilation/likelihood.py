"""The default likelihood and its gradient for a block of columns, compiled: the innermost loop of sampling.

What it computes stands in :mod:`proda_core.assimilation.posterior`.  In PyTorch the same is a dozen operations on small tensors,
which took as long as the soil model itself.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Numba infers the types of the compiled functions; annotations would say nothing.
from __future__ import annotations

import math

import numba
import numpy as np
import torch

Tensor = torch.Tensor


def multivariate_t(
    soc: Tensor, weight: Tensor, log_soc: Tensor, layers: Tensor, size: float, degrees: float
) -> tuple[Tensor, Tensor]:
    """Logarithm of the multivariate t of logarithmic residuals, and its gradient by SOC density.

    Args:
        soc: SOC density [gC m-3] (profile, k, layer).
        weight: averages it over observed layers [1] (profile, observation, layer).
        log_soc: logarithm of what was observed (profile, observation).
        layers: number of observations of each profile (profile,), the first of each row.
        size: typical error [1].
        degrees: degrees of freedom of its distribution [1].

    Returns:
        log likelihood (profile, k), without its constant, and its gradient by ``soc``.
    """
    value, gradient = np.empty(tuple(soc.shape[:2])), np.zeros(tuple(soc.shape))
    arrays = (part.contiguous().numpy() for part in (soc, weight, log_soc, layers))
    _multivariate_t(*arrays, size, degrees, value, gradient)
    return torch.from_numpy(value), torch.from_numpy(gradient)


def observed_by(soc: Tensor, weight: Tensor) -> Tensor:
    """SOC density averaged over observed layers (profile, k, observation); arguments as in :func:`multivariate_t`.

    Layer by layer, so that not one bit depends on what else is in the batch.
    """
    out = np.empty((*soc.shape[:2], weight.shape[1]))
    _observed_by(soc.contiguous().numpy(), weight.contiguous().numpy(), out)
    return torch.from_numpy(out)


_jit = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


@_jit
def _observed_by(soc, weight, out):
    profiles, columns, depth = soc.shape
    for p in range(profiles):
        for k in range(columns):
            for i in range(weight.shape[1]):
                seen = 0.0
                for j in range(depth):
                    seen += weight[p, i, j] * soc[p, k, j]
                out[p, k, i] = seen


@_jit
def _multivariate_t(soc, weight, log_soc, layers, size, degrees, value, gradient):
    profiles, columns, depth = soc.shape
    modelled, residual = np.empty(weight.shape[1]), np.empty(weight.shape[1])
    for p in range(profiles):
        for k in range(columns):
            squares = 0.0
            for i in range(layers[p]):
                seen = 0.0
                for j in range(depth):
                    seen += weight[p, i, j] * soc[p, k, j]
                modelled[i] = seen
                residual[i] = log_soc[p, i] - math.log(seen)
                squares += residual[i] * residual[i]
            excess = 1.0 + squares / (degrees * size * size)
            value[p, k] = -(degrees + layers[p]) / 2 * math.log(excess)
            slope = (degrees + layers[p]) / (degrees * size * size * excess)
            for i in range(layers[p]):
                share = slope * residual[i] / modelled[i]
                for j in range(depth):
                    gradient[p, k, j] += share * weight[p, i, j]
