"""The equation as one dense 140 x 140 matrix per column: for reading, for tests and as the baseline of benchmarks.

``(V - A xi K) C = B I`` written out.  Nothing in the model calls it; :mod:`proda_core.process.linear` solves the same equation
by its structure.
"""

from __future__ import annotations

import torch

from proda_core.process.linear import MODIFIER_OF_POOL, POOL_COUNT, TRANSFERS, System

Tensor = torch.Tensor


def matrix(system: System) -> Tensor:
    """The matrix of every column (batch, 7 layer, 7 layer), unknowns ordered pool by pool, layers within a pool."""
    batch, layers = system.up.shape
    decay = system.rate[:, :, None] * system.modifier[:, MODIFIER_OF_POOL, :]
    whole = decay.new_zeros(batch, POOL_COUNT, layers, POOL_COUNT, layers)
    exchange = _exchange(system)
    for pool in range(POOL_COUNT):
        whole[:, pool, :, pool, :] = torch.diag_embed(decay[:, pool] + system.shift)
        if pool > 0:
            whole[:, pool, :, pool, :] += exchange
    for t, (donor, receiver) in enumerate(TRANSFERS):
        whole[:, receiver, :, donor, :] -= torch.diag_embed(system.fraction[:, t, None] * decay[:, donor])
    return whole.reshape(batch, POOL_COUNT * layers, POOL_COUNT * layers)


def _exchange(system: System) -> Tensor:
    """V (batch, layer, layer)."""
    upper = torch.diag_embed(-system.down[:, :-1], offset=1)
    lower = torch.diag_embed(-system.up[:, 1:], offset=-1)
    return torch.diag_embed(system.up + system.down) + upper + lower


def source(system: System) -> Tensor:
    """The right-hand side of every column (batch, 7 layer)."""
    batch, layers = system.up.shape
    b = system.profile.new_zeros(batch, POOL_COUNT, layers)
    b[:, :4] = system.inflow[:, :, None] * system.profile[:, None, :]
    if system.extra.numel():
        b = b + system.extra
    return b.reshape(batch, POOL_COUNT * layers)


def solve(system: System) -> Tensor:
    """Solution c (batch, 7, layer) by dense LU factorisation with pivoting."""
    batch, layers = system.up.shape
    solution: Tensor = torch.linalg.solve(matrix(system), source(system))
    return solution.reshape(batch, POOL_COUNT, layers)
