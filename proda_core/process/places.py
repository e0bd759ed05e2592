"""Many parameter vectors at few places: SOC with depth and its gradient, compiled from the parameters on.

Fitting asks for the same places again and again with other parameters.  :mod:`proda_core.process.column` then spends most of its
time on evaluating terms for the general elimination; here the terms are evaluated inside the block that is being eliminated, and
everything about a place that parameters do not change is prepared once.  The formulas are those of ``environment``, ``litter``,
``cascade`` and ``transport``, where they are explained; the tests hold both ways together to round-off, value and gradient.

The twelve months times twenty layers of ``q10 ** ((T - 298.15) / 10)`` would be the largest part of the work.  They are computed
by a polynomial that the compiler turns into vector instructions: ``exp(x) = P(x / 128) ** 128``, good to 2e-14.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"
# Numba infers the types of the compiled functions; annotations would say nothing.
from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from proda_core.constants import MONTHS, REFERENCE_TEMPERATURE
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.parameters import INDEX, OPEN_FLOOR
from proda_core.process import column, kernel, transport
from proda_core.process.environment import RATE_FLOOR
from proda_core.process.kernel import (
    _BY_DOWN,
    _BY_FRACTION,
    _BY_MOD,
    _BY_PROFILE,
    _BY_RATE,
    _BY_UP,
    _C,
    _CONSTANTS,
    _DOWN,
    _FRACTION,
    _INFLOW,
    _MOD,
    _PROFILE,
    _RATE,
    _RECORD,
    _RESPIRED,
    _S,
    _UP,
    _W,
    _1,
    _2,
    _3,
    _4,
    _5,
    _6,
    _7,
    _jit,
    _u,
)  # fmt: skip

Tensor = torch.Tensor
FloatArray = npt.NDArray[np.float64]

_NODE = LAYERS_CLM5.node[:LAYERS].copy()
_TOP = LAYERS_CLM5.top[:LAYERS].copy()
_BOTTOM = LAYERS_CLM5.interface[:LAYERS].copy()
_THICKNESS = LAYERS_CLM5.thickness[:LAYERS].copy()
_CM_PER_M = 100.0
_N = LAYERS * MONTHS
_Q10, _EFOLDING, _W_SCALING, _BETA = INDEX["q10"], INDEX["efolding"], INDEX["w_scaling"], INDEX["beta"]
_TAUCWD, _FL1S1, _FCWDL2 = INDEX["taucwd"], INDEX["fl1s1"], INDEX["fcwdl2"]
_FLOOR = np.maximum(OPEN_FLOOR, -1e300)

_EXP = tuple(1.0 / math.factorial(k) for k in range(10))
"""Coefficients of P; with q10 up to 3 and soil above 180 K its argument stays above -0.11."""

# rows of what is kept of a column for its gradient: solution of the seven pools, the six sums over months, the depth scalar, the
# input's share per metre, and beta ** (100 z) at lower interfaces
_SOIL, _LITTER, _SOIL_Q, _LITTER_Q, _SOIL_W, _LITTER_W, _DEPTH, _SHARE, _POWER = range(7, 16)
_KEPT = 16


class Places:
    """What parameters do not change about a batch of places.

    Args:
        forcing: what drives each place.
    """

    def __init__(self, forcing: column.Forcing) -> None:
        def months_first(values: Tensor) -> np.ndarray:
            return values.detach().to(torch.float64).numpy().transpose(0, 2, 1).reshape(len(values), _N)

        warmth = (months_first(forcing.soil_temperature) - REFERENCE_TEMPERATURE) / 10
        scalars = (forcing.water_scalar, forcing.oxygen_scalar, forcing.nitrogen_scalar)
        thaw = torch.maximum(forcing.active_layer, forcing.active_layer_last_year).to(torch.float64)
        exchange = transport.exchange_shape(thaw, forcing.bedrock_layer)
        self._monthly = np.ascontiguousarray(np.concatenate([warmth, *map(months_first, scalars)], axis=1))
        self._exchange = np.ascontiguousarray(torch.stack(exchange, dim=1).numpy())
        shallow = (thaw <= transport.CRYOTURBATION_LIMIT).numpy()
        self._mixing = np.where(shallow, INDEX["cryo"], INDEX["diffus"]).astype(np.int64)
        self._frozen = (thaw <= 0).numpy()
        self._input = np.ascontiguousarray(forcing.litter_input.detach().to(torch.float64).numpy())

    def __len__(self) -> int:
        return len(self._mixing)

    @property
    def _arrays(self) -> tuple[np.ndarray[Any, Any], ...]:
        """What the compiled functions read."""
        return self._monthly, self._exchange, self._mixing, self._frozen, self._input

    def soc(self, parameters: Tensor, place: Tensor) -> Tensor:
        """SOC density in steady state; differentiable with respect to the parameters.

        Args:
            parameters: physical values (batch, 21), finite and inside the prior; they are not checked here.
            place: which of the places each row belongs to (batch,).

        Returns:
            S1 + S2 + S3 [gC m-3] (batch, 20).
        """
        soc: Tensor = _Soc.apply(parameters, place, self)
        return soc

    def forward(self, parameters: Tensor, place: Tensor, kept: FloatArray | None = None) -> tuple[Tensor, FloatArray]:
        """SOC density as in :meth:`soc`, without automatic differentiation, and what :meth:`backward` needs.

        The latter is large: ``kept`` of an earlier call that is not needed any more may be handed in to be used again.
        """
        values, shape = parameters.contiguous().numpy(), (len(parameters), _KEPT, LAYERS)
        soc, kept = np.empty((len(values), LAYERS)), kept if kept is not None and kept.shape == shape else np.empty(shape)
        kernel.share_out(partial(_forward_range, values, place.numpy(), self._arrays, soc, kept), len(values))
        return torch.from_numpy(soc), kept

    def backward(self, parameters: Tensor, place: Tensor, kept: FloatArray, gradient: Tensor) -> Tensor:
        """Gradient of a loss by the parameters (batch, 21), given its gradient by SOC (batch, 20)."""
        values, out = parameters.contiguous().numpy(), np.zeros(tuple(parameters.shape))
        work = partial(_backward_range, values, place.numpy(), self._arrays, kept, gradient.contiguous().numpy(), out)
        kernel.share_out(work, len(values))
        return torch.from_numpy(out)


class _Soc(torch.autograd.Function):
    @staticmethod
    def forward(ctx, parameters, place, places):
        soc, ctx.kept = places.forward(parameters.detach(), place)
        ctx.place, ctx.places = place, places
        ctx.save_for_backward(parameters)
        return soc

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        return ctx.places.backward(ctx.saved_tensors[0].detach(), ctx.place, ctx.kept, gradient), None, None


@_jit
def _sum_months(sums, monthly, s, log_q10, w_scaling):
    """Month means of the scalars, and their derivatives by ln q10 and w_scaling, into six stretches of ``sums``."""
    for k in range(6 * LAYERS):
        sums[k] = 0.0
    for month in range(MONTHS):
        row = month * LAYERS
        for j in range(LAYERS):
            warmth = monthly[s, row + j]
            y = log_q10 * warmth * 0.0078125
            e = _EXP[9]
            e = e * y + _EXP[8]
            e = e * y + _EXP[7]
            e = e * y + _EXP[6]
            e = e * y + _EXP[5]
            e = e * y + _EXP[4]
            e = e * y + _EXP[3]
            e = e * y + 0.5
            e = e * y + 1.0
            e = e * y + 1.0
            e *= e
            e *= e
            e *= e
            e *= e
            e *= e
            e *= e
            e *= e
            water = monthly[s, _N + row + j]
            scaled = water * w_scaling
            limited = min(scaled, 1.0)
            by_water = water if scaled < 1.0 else 0.0
            warm = e * monthly[s, 2 * _N + row + j]
            nitrogen = monthly[s, 3 * _N + row + j]
            soil = warm * limited
            slope = warm * by_water
            sums[j] += soil
            sums[LAYERS + j] += soil * nitrogen
            sums[2 * LAYERS + j] += soil * warmth
            sums[3 * LAYERS + j] += soil * nitrogen * warmth
            sums[4 * LAYERS + j] += slope
            sums[5 * LAYERS + j] += slope * nitrogen
    for k in range(6 * LAYERS):
        sums[k] /= MONTHS


@_jit
def _load_column(w, v, c, p, place, arrays, kept):
    """Terms of one column into lane ``c`` of the block."""
    _, exchange, mixing, _, inflow = arrays
    for pool in range(7):
        i = _TAUCWD + (pool if pool < 3 else pool - 1)
        v[(_RATE + _u(pool)) * _W + c] = 1.0 / max(p[i], _FLOOR[i])
    for t in range(8):
        v[(_FRACTION + _u(t)) * _W + c] = p[_FL1S1 + t]
    v[(_FRACTION + _u(8)) * _W + c] = p[_FCWDL2]
    v[(_FRACTION + _u(9)) * _W + c] = 1.0 - p[_FCWDL2]
    for pool in range(4):
        v[(_INFLOW + _u(pool)) * _W + c] = inflow[place, pool]
    f = _FRACTION * _W + c
    v[_RESPIRED * _W + c] = max(0.0, 1.0 - v[f + _3 * _W] - v[f + _4 * _W])
    v[(_RESPIRED + _1) * _W + c] = max(0.0, 1.0 - v[f + _5 * _W] - v[f + _6 * _W])
    v[(_RESPIRED + _2) * _W + c] = max(0.0, 1.0 - v[f + _7 * _W])
    mix = p[mixing[place]]
    for j in range(LAYERS):
        r = _u(j) * _RECORD
        w[(r + _UP) * _W + c] = exchange[place, 0, j] * mix
        w[(r + _DOWN) * _W + c] = exchange[place, 1, j] * mix
        w[(r + _MOD) * _W + c] = max(kept[_SOIL, j] * kept[_DEPTH, j], RATE_FLOOR)
        w[(r + _MOD + _1) * _W + c] = max(kept[_LITTER, j] * kept[_DEPTH, j], RATE_FLOOR)
        w[(r + _PROFILE) * _W + c] = kept[_SHARE, j]


@_jit
def _spread(kept, p, never_thaws):
    """Depth scalar and input profile of one column."""
    decline = -1.0 / max(p[_EFOLDING], _FLOOR[_EFOLDING])
    log_beta = math.log(p[_BETA]) * _CM_PER_M
    for j in range(LAYERS):
        kept[_DEPTH, j] = math.exp(_NODE[j] * decline)
        kept[_POWER, j] = math.exp(_BOTTOM[j] * log_beta)
    above, total = 1.0, 0.0
    for j in range(LAYERS):
        below, fall = kept[_POWER, j], _THICKNESS[j] * log_beta
        # where little is lost, the difference would lose digits
        share = above - below if fall < -0.1 else -above * math.expm1(fall)
        kept[_SHARE, j] = share
        total += share
        above = below
    for j in range(LAYERS):
        kept[_SHARE, j] /= total * _THICKNESS[j]
        if never_thaws:
            kept[_SHARE, j] = 1.0 / _THICKNESS[0] if j == 0 else 0.0


@_jit
def _forward_range(physical, place, arrays, soc, kept, first, last):
    """SOC of columns first..last-1, block by block; keeps what their gradient needs."""
    layers = _u(LAYERS)
    w = np.empty(layers * _RECORD * _W)
    v = np.empty(_CONSTANTS * _W)
    sums = np.empty(6 * LAYERS)
    none = np.empty((0, 7, LAYERS))
    start = first
    while start < last:
        count = min(_W, last - start)
        for c in range(_W):
            b = start + min(c, count - _1)
            if c < count:
                p = physical[b]
                w_scaling = max(p[_W_SCALING], _FLOOR[_W_SCALING])
                _sum_months(sums, arrays[0], place[b], math.log(p[_Q10]), w_scaling)
                for k in range(6):
                    for j in range(LAYERS):
                        kept[b, _SOIL + k, j] = sums[k * LAYERS + j]
                _spread(kept[b], p, arrays[3][place[b]])
            _load_column(w, v, c, physical[b], place[b], arrays, kept[b])
        kernel._source(w, v, none, start, count, layers)
        kernel._eliminate(w, v, layers, 0.0)
        kernel._solve_block(w, v, layers, 0.0)
        for c in range(count):
            b = start + c
            for j in range(layers):
                at = (j * _RECORD + _C) * _W + c
                for pool in range(_7):
                    kept[b, pool, j] = w[at + pool * _W]
                soc[b, j] = w[at + _4 * _W] + w[at + _5 * _W] + w[at + _6 * _W]
        start += count


@_jit
def _backward_range(physical, place, arrays, kept, gradient, out, first, last):
    """Gradient with respect to the parameters of columns first..last-1, given dL/dSOC."""
    layers = _u(LAYERS)
    w = np.empty(layers * _RECORD * _W)
    v = np.empty(_CONSTANTS * _W)
    start = first
    while start < last:
        count = min(_W, last - start)
        for c in range(_W):
            b = start + min(c, count - _1)
            _load_column(w, v, c, physical[b], place[b], arrays, kept[b])
            for j in range(layers):
                at = j * _RECORD
                for pool in range(_7):
                    w[(at + _C + pool) * _W + c] = gradient[b, j] if pool >= _4 else 0.0
                    w[(at + _S + pool) * _W + c] = kept[b, pool, j]
        kernel._eliminate(w, v, layers, 0.0)
        kernel._transposed_solve_block(w, v, layers, 0.0)
        kernel._gradient_block(w, v, layers)
        for c in range(count):
            b = start + c
            _collect_column(w, v, c, physical[b], place[b], arrays, kept[b], out[b])
        start += count


@_jit
def _collect_column(w, v, c, p, place, arrays, kept, out):
    """Chain rule from the coefficients of one column to its parameters."""
    _, exchange, mixing, frozen, _ = arrays
    for pool in range(7):
        i = _TAUCWD + (pool if pool < 3 else pool - 1)
        rate = v[(_RATE + _u(pool)) * _W + c]
        if p[i] > _FLOOR[i]:
            out[i] -= v[(_BY_RATE + _u(pool)) * _W + c] * rate * rate
    for t in range(8):
        out[_FL1S1 + t] = v[(_BY_FRACTION + _u(t)) * _W + c]
    out[_FCWDL2] = v[(_BY_FRACTION + _u(8)) * _W + c] - v[(_BY_FRACTION + _u(9)) * _W + c]
    efolding = max(p[_EFOLDING], _FLOOR[_EFOLDING])
    by_mix = by_q10 = by_water = by_efolding = 0.0
    for j in range(LAYERS):
        r = _u(j) * _RECORD
        by_mix += w[(r + _BY_UP) * _W + c] * exchange[place, 0, j] + w[(r + _BY_DOWN) * _W + c] * exchange[place, 1, j]
        depth = kept[_DEPTH, j]
        by_soil, by_litter = w[(r + _BY_MOD) * _W + c] * depth, w[(r + _BY_MOD + _1) * _W + c] * depth
        if kept[_SOIL, j] * depth <= RATE_FLOOR:
            by_soil = 0.0
        if kept[_LITTER, j] * depth <= RATE_FLOOR:
            by_litter = 0.0
        by_q10 += by_soil * kept[_SOIL_Q, j] + by_litter * kept[_LITTER_Q, j]
        by_water += by_soil * kept[_SOIL_W, j] + by_litter * kept[_LITTER_W, j]
        by_efolding += (by_soil * kept[_SOIL, j] + by_litter * kept[_LITTER, j]) * _NODE[j]
    out[mixing[place]] = by_mix
    out[_Q10] = by_q10 / p[_Q10]
    if p[_W_SCALING] > _FLOOR[_W_SCALING]:
        out[_W_SCALING] = by_water
    if p[_EFOLDING] > _FLOOR[_EFOLDING]:
        out[_EFOLDING] = by_efolding / efolding**2
    if not frozen[place]:
        out[_BETA] = _by_beta(w, c, kept) / p[_BETA]


@_jit
def _by_beta(w, c, kept):
    """Gradient by ln beta: share_j = s_j / sum(s) with s_j = b_(j-1) - b_j and b_j = beta ** (100 z_j)."""
    total = 1.0 - kept[_POWER, LAYERS - 1]
    total_slope = -_CM_PER_M * _BOTTOM[LAYERS - 1] * kept[_POWER, LAYERS - 1]
    above, gradient = 1.0, 0.0
    for j in range(LAYERS):
        below = kept[_POWER, j]
        slope = _CM_PER_M * (_TOP[j] * above - _BOTTOM[j] * below)
        by_profile = w[(_u(j) * _RECORD + _BY_PROFILE) * _W + c]
        gradient += by_profile * (slope / _THICKNESS[j] - kept[_SHARE, j] * total_slope) / total
        above = below
    return gradient
