"""The structured linear solve: a cascade of pools in a column of exchanging layers.  Knows no soil.

The system, for 7 pools p and n layers j of one column::

    (loss_pj + V) c_p - sum_q f_pq k_qj c_q = b_p,      loss_pj = shift + k_pj,      k_pj = rate_p modifier_{g(p)j}

with the exchange ``(V c)_j = up_j (c_j - c_{j-1}) + down_j (c_j - c_{j+1})`` on every pool but the first, and transfers f only
along :data:`TRANSFERS`.  Pool 0 is diagonal; pools 1-3 are tridiagonal and only feed forward; pools 4-6 exchange among
themselves, which makes them 3 x 3 blocks per layer, tridiagonal across layers with off-diagonal blocks that are multiples of
the identity.  So one division, three Thomas sweeps and one block-Thomas sweep solve the 7 n equations.

**No cancellation.**  The matrix is an M-matrix.  Written with column excesses, every number in the elimination is a sum of
products of non-negative numbers (Grassmann, Taksar & Heyman 1985, doi:10.1287/opre.33.5.1107), so each result keeps nearly
full relative precision and no result can be negative, even where the condition number is beyond double precision.  For a
tridiagonal pool, with excess e and pivot d = e + down,

    e_0 = loss_0,     e_j = loss_j + up_j e_{j-1} / d_{j-1}        where one might write loss_j + up_j - up_j down_{j-1} / d_{j-1}

and for the blocks, with E = D - down I, excess ``x = 1^T E``, off-diagonals ``-a`` and ``P = D^-1`` (E and D commute),

    x_j = respired_j + up_j x_{j-1}^T P_{j-1},      a_j = f k_j + up_j down_{j-1} P_{j-1} (off the diagonal).

**Adjoint.**  For a loss L(c), one transposed solve ``M^T l = dL/dc`` with the same pivots gives every gradient:
``dL/db = l``, ``dL/dM = -l c^T``.  Nothing but the inputs and the solution is kept.

The PyTorch form below is the readable reference and runs on any device; :mod:`proda_core.process.kernel` is the same
elimination, blocked and threaded for the CPU, and agrees to round-off.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch

from proda_core.process import kernel

Tensor = torch.Tensor
Backend = Literal["torch", "kernel"]

POOL_COUNT = 7
TRANSFERS: tuple[tuple[int, int], ...] = ((1, 4), (2, 4), (3, 5), (4, 5), (4, 6), (5, 4), (5, 6), (6, 4), (0, 2), (0, 3))
"""(donor, receiver) of each transfer, in the order of ``System.fraction``."""

MODIFIER_OF_POOL: tuple[int, ...] = (0, 1, 1, 1, 0, 0, 0)
"""Which of the two modifiers acts on each pool."""


class System(NamedTuple):
    """One batch of columns.

    Attributes:
        rate: loss rate of each pool before modification [1/time] (batch, 7).
        modifier: two modifiers of the rate [1] (batch, 2, layer); :data:`MODIFIER_OF_POOL` says which pool takes which.
        fraction: part of a donor's loss that a receiver gains [1] (batch, 10), in the order of :data:`TRANSFERS`.
        up: exchange rate with the layer above [1/time] (batch, layer); zero in the first.
        down: exchange rate with the layer below [1/time] (batch, layer); zero in the last.
        inflow: source of the first four pools (batch, 4).
        profile: its share per layer (batch, layer); the source is ``inflow profile``.
        extra: further source of every pool (batch, 7, layer), or an empty tensor.
        shift: added to every loss rate without being handed on [1/time]; 1/dt in an implicit step.
    """

    rate: Tensor
    modifier: Tensor
    fraction: Tensor
    up: Tensor
    down: Tensor
    inflow: Tensor
    profile: Tensor
    extra: Tensor
    shift: float = 0.0


def solve(system: System, backend: Backend | None = None) -> Tensor:
    """Solve every column; differentiable with respect to every tensor of ``system``.

    Args:
        system: the equations.
        backend: ``"kernel"`` (CPU, float64) or ``"torch"`` (any device and dtype); by default the kernel where it can run.

    Returns:
        solution c (batch, 7, layer), never negative for non-negative sources.
    """
    if backend is None:
        backend = best_backend(system)
    elif backend == "kernel" and not _kernel_can(system):
        kinds = sorted({f"{t.dtype} on {t.device.type}" for t in system[:8]})
        raise ValueError(f"expected float64 on cpu for the kernel, got {', '.join(kinds)}; convert, or use backend='torch'")
    solution: Tensor = _Solve.apply(backend, system.shift, *system[:8])  # type: ignore[no-untyped-call]
    return solution


def best_backend(system: System) -> Backend:
    """The kernel where it can run, else PyTorch."""
    return "kernel" if _kernel_can(system) else "torch"


def _kernel_can(system: System) -> bool:
    return all(t.device.type == "cpu" and t.dtype == torch.float64 for t in system[:8])


def integrate(system: System, shared: Tensor, own: Tensor) -> Tensor:
    """Weighted sums over layers of each pool of the solution, for when the solution itself is not needed.

    The kernel sums while a block is still in the cache and never writes the solution out.  Not differentiable.

    Args:
        system: the equations.
        shared: layer weights that are the same for all columns (s, layer).
        own: layer weights of each column (batch, m, layer).

    Returns:
        sums (batch, s + m, 7).
    """
    if _kernel_can(system):
        return kernel.integrate(system, shared, own)
    return integrals(solve_reference(system), shared, own)


def integrals(solution: Tensor, shared: Tensor, own: Tensor) -> Tensor:
    """The sums of :func:`integrate` from a known solution (batch, 7, layer); differentiable."""
    common = torch.einsum("bpj,sj->bsp", solution, shared)
    return torch.cat([common, torch.einsum("bpj,bmj->bmp", solution, own)], dim=1)


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, backend, shift, *tensors):  # type: ignore[no-untyped-def]
        system = System._make([*(t.detach() for t in tensors), shift])
        solution = (kernel.solve if backend == "kernel" else solve_reference)(system)
        ctx.backend, ctx.shift = backend, shift
        ctx.save_for_backward(solution, *tensors)
        return solution

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        solution, *tensors = ctx.saved_tensors
        system = System._make([*tensors, ctx.shift])
        adjoint = kernel.adjoint if ctx.backend == "kernel" else adjoint_reference
        gradients = adjoint(system, solution, gradient)
        return (None, None, *gradients)


# The reference works with the batch last and layers first: every statement below runs over one contiguous stretch of columns.


class _Pivots(NamedTuple):
    """What elimination leaves, batch last."""

    decay: Tensor  # k (layer, 7, batch)
    chain: Tensor  # pivots d of pools 1-3 (layer, 3, batch)
    block: Tensor  # inverse pivots P of pools 4-6 (layer, 3, 3, batch)


def _batch_last(system: System) -> System:
    return System._make([*(t.movedim(0, -1).contiguous() for t in system[:8]), system.shift])


def _times(block: Tensor, vector: Tensor) -> Tensor:
    """Matrix times vector for every column, (3, 3, batch) and (3, batch)."""
    product: Tensor = (block * vector).sum(1)
    return product


def _eliminate(system: System) -> _Pivots:
    decay = (system.rate[:, None] * system.modifier[MODIFIER_OF_POOL, :]).transpose(0, 1).contiguous()
    layers = len(decay)
    chain = torch.empty_like(decay[:, 1:4])
    block = decay.new_empty(layers, 3, 3, decay.shape[-1])
    respired = _respired_fraction(system.fraction)
    off_diagonal = (1 - torch.eye(3, dtype=decay.dtype, device=decay.device))[:, :, None]
    excess, trio, off = decay[0, 1:4] + system.shift, system.shift + respired * decay[0, 4:], _coupling(system, decay[0])
    for j in range(layers):
        if j > 0:
            up, above = system.up[j], system.down[j - 1]
            excess = decay[j, 1:4] + system.shift + up * excess / chain[j - 1]
            trio = system.shift + respired * decay[j, 4:] + up * _times(block[j - 1].transpose(0, 1), trio)
            off = _coupling(system, decay[j]) + (up * above) * (block[j - 1] * off_diagonal)
        chain[j] = excess + system.down[j]
        block[j] = _inverse(trio + system.down[j], off)
    return _Pivots(decay, chain, block)


def _respired_fraction(f: Tensor) -> Tensor:
    """Part of the loss of pools 4-6 that no pool gains (3, batch); round-off must not make it negative."""
    return torch.stack([1 - f[3] - f[4], 1 - f[5] - f[6], 1 - f[7]]).clamp(min=0)


def _coupling(system: System, decay: Tensor) -> Tensor:
    """Transfers among pools 4-6 in one layer [1/time] (receiver, donor, batch)."""
    coupling = decay.new_zeros(3, 3, decay.shape[-1])
    for t, (donor, receiver) in enumerate(TRANSFERS):
        if donor >= 4:
            coupling[receiver - 4, donor - 4] = system.fraction[t] * decay[donor]
    return coupling


def _inverse(s: Tensor, a: Tensor) -> Tensor:
    """Inverse of 3 x 3 M-matrices from column sums s (3, batch) and off-diagonals -a (3, 3, batch), without subtraction."""
    s1, s2, s3 = s
    (_, a12, a13), (a21, _, a23), (a31, a32, _) = a
    m1, m2, m3 = s1 + a21 + a31, s2 + a12 + a32, s3 + a13 + a23
    adjugate = torch.stack(
        [
            (s2 + a12) * m3 + a32 * (s3 + a13), a12 * m3 + a13 * a32, a12 * a23 + a13 * m2,
            a21 * m3 + a23 * a31, (s1 + a21) * m3 + a31 * (s3 + a23), m1 * a23 + a13 * a21,
            a21 * a32 + m2 * a31, m1 * a32 + a12 * a31, (s1 + a31) * m2 + a21 * (s2 + a32),
        ]
    )  # fmt: skip
    determinant: Tensor = s1 * adjugate[0] + s2 * adjugate[3] + s3 * adjugate[6]
    return (adjugate / determinant).reshape(3, 3, -1)


def solve_reference(system: System) -> Tensor:
    """The elimination in plain PyTorch; :func:`solve` is the differentiable entry."""
    system = _batch_last(system)
    decay, chain, block = _eliminate(system)
    layers = len(decay)
    source = torch.zeros_like(decay)
    source[:, :4] = system.inflow * system.profile[:, None]
    if system.extra.numel():
        source += system.extra.transpose(0, 1)
    c = torch.empty_like(decay)

    c[:, 0] = source[:, 0] / (system.shift + decay[:, 0])
    _feed(system, decay, c, source, donors=(0,))

    forward = source[:, 1:4].clone()
    for j in range(1, layers):
        forward[j] += system.up[j] * forward[j - 1] / chain[j - 1]
    c[-1, 1:4] = forward[-1] / chain[-1]
    for j in range(layers - 2, -1, -1):
        c[j, 1:4] = (forward[j] + system.down[j] * c[j + 1, 1:4]) / chain[j]
    _feed(system, decay, c, source, donors=(1, 2, 3))

    trio = source[:, 4:].clone()
    for j in range(1, layers):
        trio[j] += system.up[j] * _times(block[j - 1], trio[j - 1])
    c[-1, 4:] = _times(block[-1], trio[-1])
    for j in range(layers - 2, -1, -1):
        c[j, 4:] = _times(block[j], trio[j] + system.down[j] * c[j + 1, 4:])
    return c.permute(2, 1, 0).contiguous()


def _feed(system: System, decay: Tensor, c: Tensor, source: Tensor, donors: tuple[int, ...]) -> None:
    """Add what ``donors`` hand on to the sources of their receivers."""
    for t, (donor, receiver) in enumerate(TRANSFERS):
        if donor in donors:
            source[:, receiver] += system.fraction[t] * decay[:, donor] * c[:, donor]


def adjoint_reference(system: System, solution: Tensor, gradient: Tensor) -> tuple[Tensor, ...]:
    """Gradients of a loss with respect to the eight tensors of ``system``, given dL/dc; plain PyTorch."""
    last = _batch_last(system)
    pivots = _eliminate(last)
    multiplier = _transposed_solve(last, pivots, gradient.permute(2, 1, 0).contiguous())
    gradients = _gradients(last, pivots.decay, solution.permute(2, 1, 0).contiguous(), multiplier)
    return tuple(g.movedim(-1, 0).contiguous() for g in gradients)


def _transposed_solve(system: System, pivots: _Pivots, right: Tensor) -> Tensor:
    decay, chain, block = pivots
    layers = len(decay)
    multiplier = torch.empty_like(right)
    transposed = block.transpose(1, 2)

    trio = multiplier[:, 4:]
    for j in range(layers):
        value = right[j, 4:] if j == 0 else right[j, 4:] + system.down[j - 1] * trio[j - 1]
        trio[j] = _times(transposed[j], value)
    for j in range(layers - 2, -1, -1):
        trio[j] += system.up[j + 1] * _times(transposed[j], trio[j + 1])
    _collect(system, decay, multiplier, right, donors=(1, 2, 3))

    part = multiplier[:, 1:4]
    for j in range(layers):
        value = right[j, 1:4] if j == 0 else right[j, 1:4] + system.down[j - 1] * part[j - 1]
        part[j] = value / chain[j]
    for j in range(layers - 2, -1, -1):
        part[j] += system.up[j + 1] * part[j + 1] / chain[j]
    _collect(system, decay, multiplier, right, donors=(0,))

    multiplier[:, 0] = right[:, 0] / (system.shift + decay[:, 0])
    return multiplier


def _collect(system: System, decay: Tensor, multiplier: Tensor, right: Tensor, donors: tuple[int, ...]) -> None:
    """The transpose of :func:`_feed`."""
    for t, (donor, receiver) in enumerate(TRANSFERS):
        if donor in donors:
            right[:, donor] += system.fraction[t] * decay[:, donor] * multiplier[:, receiver]


def _gradients(system: System, decay: Tensor, c: Tensor, multiplier: Tensor) -> tuple[Tensor, ...]:
    """dL/dM = -l c^T, read off along the structure of M; batch last."""
    by_decay = -multiplier * c
    by_fraction = torch.empty_like(system.fraction)
    for t, (donor, receiver) in enumerate(TRANSFERS):
        handed = multiplier[:, receiver] * c[:, donor]
        by_decay[:, donor] += system.fraction[t] * handed
        by_fraction[t] = (handed * decay[:, donor]).sum(0)
    by_rate = (by_decay * system.modifier[MODIFIER_OF_POOL, :].transpose(0, 1)).sum(0)
    by_modifier = torch.zeros_like(system.modifier)
    for pool, modifier in enumerate(MODIFIER_OF_POOL):
        by_modifier[modifier] += by_decay[:, pool] * system.rate[pool]
    moving, lost = c[:, 1:], multiplier[:, 1:]
    by_up, by_down = torch.zeros_like(system.up), torch.zeros_like(system.down)
    by_up[1:] = -(lost[1:] * (moving[1:] - moving[:-1])).sum(1)
    by_down[:-1] = -(lost[:-1] * (moving[:-1] - moving[1:])).sum(1)
    by_inflow = (multiplier[:, :4] * system.profile[:, None]).sum(0)
    by_profile = (multiplier[:, :4] * system.inflow).sum(1)
    by_extra = multiplier.transpose(0, 1) if system.extra.numel() else torch.zeros_like(system.extra)
    return by_rate, by_modifier, by_fraction, by_up, by_down, by_inflow, by_profile, by_extra
