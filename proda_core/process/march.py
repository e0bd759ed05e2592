"""Implicit steps through time for the systems of :mod:`proda_core.process.linear`.  Knows no soil.

With M the matrix of a system and b its source, ``dc/dt = b - M c`` is stepped by an implicit Runge-Kutta method of two stages,
accurate to second order and damping fast pools completely however long the step (L-stable), with ``g = 1 - 1/sqrt(2)``::

    (1/(g h) + M) s1 = b + c/(g h)                  an implicit Euler step of length g h
    (1/(g h) + M) s2 = b + (c + r (s1 - c))/(g h)   another, r = (1 - g)/g;  s2 is the solution at the end of the step

Both stages have the same matrix, so one structured elimination serves both.  A flow q that is linear in c has over the step the
mean ``(1 - g) q(s1) + g q(s2)``; with such means, what is held at the end of a step is what was held before, plus what came
in, less what went out, to round-off.  A steady state stays where it is.  No method of second order is positive for steps of
any length: a pool of which a single step must take most away may pass its balance by a fifth of the way it had to go.

The compiled form keeps a block of columns in the cache through all steps; :func:`march_reference` is the same in plain PyTorch.

Source: Alexander 1977, doi:10.1137/0714068, theorem 5 (the two-stage method of order two).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"
# Numba infers the types of the compiled functions; annotations would say nothing.
from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numba
import numpy as np
import torch

from proda_core.process import kernel, linear
from proda_core.process.kernel import _C, _CONSTANTS, _RECORD, _W, _7, _u

Tensor = torch.Tensor

_G = 1 - 1 / math.sqrt(2)
_R = (1 - _G) / _G

_jit = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


class March(NamedTuple):
    """What is kept of a course through time.

    Attributes:
        held: weighted sums of the solution at the end of each step (batch, step, s).
        flowed: mean of the weighted sum over each step (batch, step).
        last: solution at the end (batch, 7, layer).
    """

    held: Tensor
    flowed: Tensor
    last: Tensor


def march(
    system: linear.System, start: Tensor, steps: Tensor, held: Tensor, flowed: Tensor, backend: linear.Backend | None = None
) -> March:
    """Step every column through time; not differentiable.

    Args:
        system: the equations, without ``extra`` and ``shift``, which a step needs for itself.
        start: solution before the first step (batch, 7, layer).
        steps: length of each step [time] (step,), positive.
        held: weights of the sums kept at the end of each step (s, 7, layer).
        flowed: weights, of each column, of the sum whose mean over each step is kept (batch, 7, layer).
        backend: as in ``linear.solve``.

    Returns:
        sums, means and the last solution.

    Raises:
        ValueError: a step that is not positive, or a system with a source or shift of its own.
    """
    if not bool((steps > 0).all()):
        raise ValueError(f"expected steps longer than zero, got {float(steps.min()):g}; do the times increase?")
    if system.shift or system.extra.numel():
        raise ValueError("expected a system without extra source and shift, got one with them; a step sets both itself")
    if backend is None:
        backend = linear.best_backend(system)
    return (
        _march_kernel(system, start, steps, held, flowed)
        if backend == "kernel"
        else march_reference(system, start, steps, held, flowed)
    )


def residual(system: linear.System, c: Tensor) -> Tensor:
    """Source less matrix times c, how fast c changes where the system is ``dc/dt = b - M c``; zero at the solution.

    Args:
        system: the equations.
        c: any state (batch, 7, layer).

    Returns:
        residual (batch, 7, layer); differentiable.
    """
    lost = system.rate[:, :, None] * system.modifier[:, linear.MODIFIER_OF_POOL, :] * c
    change = list((-lost - system.shift * c).unbind(1))
    for pool in range(system.inflow.shape[1]):
        change[pool] = change[pool] + system.inflow[:, pool, None] * system.profile
    for t, (donor, receiver) in enumerate(linear.TRANSFERS):
        change[receiver] = change[receiver] + system.fraction[:, t, None] * lost[:, donor]
    step = c[:, 1:].diff(dim=2)
    edge = step.new_zeros(*step.shape[:2], 1)
    mixed = system.down[:, None] * torch.cat([step, edge], 2) - system.up[:, None] * torch.cat([edge, step], 2)
    whole = torch.stack(change, 1) + torch.cat([torch.zeros_like(mixed[:, :1]), mixed], 1)
    return whole + system.extra if system.extra.numel() else whole


def march_reference(system: linear.System, start: Tensor, steps: Tensor, held: Tensor, flowed: Tensor) -> March:
    """The steps in plain PyTorch; see :func:`march`."""
    now, sums, means = start, [], []
    for length in steps.tolist():
        shift = 1 / (_G * length)
        first = linear.solve_reference(system._replace(extra=now * shift, shift=shift))
        now = linear.solve_reference(system._replace(extra=(now + _R * (first - now)) * shift, shift=shift))
        mean = (1 - _G) * first + _G * now
        sums.append(torch.einsum("bpj,spj->bs", now, held))
        means.append(torch.einsum("bpj,bpj->b", mean, flowed))
    return March(torch.stack(sums, 1), torch.stack(means, 1), now)


def _march_kernel(system: linear.System, start: Tensor, steps: Tensor, held: Tensor, flowed: Tensor) -> March:
    batch = len(start)
    sums, means, last = np.empty((batch, len(steps), len(held))), np.empty((batch, len(steps))), np.empty(tuple(start.shape))
    arrays = kernel._arrays((start, steps, held, flowed))
    kernel.share_out(partial(_march_range, kernel._arrays(system[:8]), *arrays, sums, means, last), batch)
    return March(torch.from_numpy(sums), torch.from_numpy(means), torch.from_numpy(last))


@_jit
def _march_range(system, start, steps, held, flowed, sums, means, last, first, end):
    """All steps of columns first..end-1, block by block."""
    layers = _u(start.shape[2])
    w = np.empty(layers * _RECORD * _W)
    v = np.empty(_CONSTANTS * _W)
    now = np.empty(_7 * layers * _W)
    flow = np.empty(_7 * layers * _W)
    total = np.empty(_W)
    at = first
    while at < end:
        count = min(_W, end - at)
        kernel._load_block(w, v, system, at, count, layers)
        for p in range(_7):
            for j in range(layers):
                for c in range(_W):
                    b = at + min(c, count - _u(1))
                    now[(p * layers + j) * _W + c] = start[b, p, j]
                    flow[(p * layers + j) * _W + c] = flowed[b, p, j]
        for n in range(_u(len(steps))):
            shift = 1.0 / (_G * steps[n])
            kernel._eliminate(w, v, layers, shift)
            total[:] = 0.0
            _stage(w, v, system[7], now, flow, total, at, count, layers, shift, 1.0 - _G, _R)
            _stage(w, v, system[7], now, flow, total, at, count, layers, shift, _G, 1.0)
            for c in range(count):
                means[at + c, n] = total[c]
            _sum_up(now, held, sums, total, at, count, layers, n)
        for c in range(count):
            for p in range(_7):
                for j in range(layers):
                    last[at + c, p, j] = now[(p * layers + j) * _W + c]
        at += count


@_jit
def _stage(w, v, none, now, flow, total, at, count, layers, shift, share, reach):
    """One stage: solve, add its share of the flow, and move ``now`` towards its solution, beyond it where reach is above 1."""
    kernel._source(w, v, none, at, count, layers)
    for p in range(_7):
        for j in range(layers):
            k, r = (p * layers + j) * _W, (j * _RECORD + _C + p) * _W
            for c in range(_W):
                w[r + c] += now[k + c] * shift
    kernel._solve_block(w, v, layers, shift)
    for p in range(_7):
        for j in range(layers):
            k, r = (p * layers + j) * _W, (j * _RECORD + _C + p) * _W
            for c in range(_W):
                total[c] += share * flow[k + c] * w[r + c]
                now[k + c] = w[r + c] if reach == 1.0 else now[k + c] + reach * (w[r + c] - now[k + c])


@_jit
def _sum_up(now, held, sums, total, at, count, layers, n):
    """Weighted sums of the solution at the end of step n."""
    for s in range(_u(held.shape[0])):
        total[:] = 0.0
        for p in range(_7):
            for j in range(layers):
                weight = held[s, p, j]
                if weight != 0.0:
                    for c in range(_W):
                        total[c] += weight * now[(p * layers + j) * _W + c]
        for c in range(count):
            sums[at + c, n, s] = total[c]
