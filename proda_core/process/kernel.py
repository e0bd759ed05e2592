"""The elimination of :mod:`proda_core.process.linear` for the CPU: blocked, vectorised, threaded; float64.

Columns are taken in blocks of ``WIDTH``, transposed so that the column index is innermost: every statement of the elimination
becomes a short loop over neighbouring numbers, which the compiler turns into vector instructions.  Blocks are shared out to a
thread pool of our own; the compiled code releases the interpreter lock, and, unlike Numba's parallel loops, it may be
called from several threads at once (two visitors moving sliders).  Compiled code is cached on disk; :func:`warm_up` compiles
before the first visitor waits.

The formulas, their derivation and the meaning of the arguments stand in ``linear``; names are the same here.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"
# Numba infers the types of the compiled functions; annotations would say nothing.
from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
import torch

if TYPE_CHECKING:
    from proda_core.process.linear import System

Result = TypeVar("Result")

WIDTH = 32
"""Columns in a block: the fastest of 8 to 64; its work space of 220 kB fits the second-level cache."""

_SMALL = 8 * WIDTH
"""Batches up to this size are not worth handing to other threads."""


_jit = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})

# A block's work space w is one flat array: for each layer a record of _RECORD rows of WIDTH numbers; v holds what does not depend
# on depth.  One array with constant strides lets the compiler see that rows do not overlap; unsigned constants keep it from
# testing for negative indices.  Both are needed for vector code.
_u = np.uint64
_0, _1, _2, _3, _4, _5, _6, _7 = (_u(i) for i in range(8))
_W = _u(WIDTH)
# rows of a layer's record: exchange, modifiers, profile, unknowns c (or multipliers), inverse chain pivots, inverse block pivots,
# block excess, block off-diagonals, chain excess, and for the adjoint the solution
_UP, _DOWN, _MOD, _PROFILE, _C, _D, _P, _X, _A, _L, _S = (_u(i) for i in (0, 1, 2, 4, 5, 12, 15, 24, 27, 33, 36))
_RECORD = _u(43)
# the adjoint's results reuse rows that elimination has done with
_BY_UP, _BY_DOWN, _BY_MOD, _BY_PROFILE = _X, _X + _1, _A, _A + _2
# rows of the depth-independent stretch, the adjoint's results last
_RATE, _FRACTION, _RESPIRED, _INFLOW = (_u(i) for i in (0, 7, 17, 20))
_BY_RATE, _BY_FRACTION, _BY_INFLOW = (_u(i) for i in (24, 31, 41))
_CONSTANTS = _u(45)


@_jit
def _load_block(w, v, system, start, count, layers):
    rate, modifier, fraction, up, down, inflow, profile, _ = system
    for c in range(_W):
        b = start + min(c, count - _1)
        for p in range(_7):
            v[(_RATE + p) * _W + c] = rate[b, p]
        for t in range(_u(10)):
            v[(_FRACTION + t) * _W + c] = fraction[b, t]
        for p in range(_4):
            v[(_INFLOW + p) * _W + c] = inflow[b, p]
        v[_RESPIRED * _W + c] = max(0.0, 1.0 - fraction[b, 3] - fraction[b, 4])
        v[(_RESPIRED + _1) * _W + c] = max(0.0, 1.0 - fraction[b, 5] - fraction[b, 6])
        v[(_RESPIRED + _2) * _W + c] = max(0.0, 1.0 - fraction[b, 7])
        for j in range(layers):
            r = j * _RECORD
            w[(r + _UP) * _W + c] = up[b, j]
            w[(r + _DOWN) * _W + c] = down[b, j]
            w[(r + _MOD) * _W + c] = modifier[b, 0, j]
            w[(r + _MOD + _1) * _W + c] = modifier[b, 1, j]
            w[(r + _PROFILE) * _W + c] = profile[b, j]


@_jit
def _eliminate(w, v, layers, shift):
    """Inverse pivots of the chains (_D) and of the blocks (_P), top down; excess in _X, off-diagonals in _A."""
    for j in range(layers):
        r = j * _RECORD
        for p in range(_3):
            for c in range(_W):
                loss = shift + v[(_RATE + _1 + p) * _W + c] * w[(r + _MOD + _1) * _W + c]
                if j > _0:
                    # the excess above is what the pivot above holds beyond its exchange downwards, kept apart in _L
                    above = w[(r - _RECORD + _L + p) * _W + c] * w[(r - _RECORD + _D + p) * _W + c]
                    loss += w[(r + _UP) * _W + c] * above
                w[(r + _L + p) * _W + c] = loss
                w[(r + _D + p) * _W + c] = 1.0 / (loss + w[(r + _DOWN) * _W + c])
        _start_block(w, v, r, shift)
        if j > _0:
            _carry_block(w, r, r - _RECORD)
        _invert_block(w, r)


@_jit
def _start_block(w, v, r, shift):
    """Excess and off-diagonals of one layer by itself."""
    for c in range(_W):
        m = w[(r + _MOD) * _W + c]
        k1, k2, k3 = v[(_RATE + _4) * _W + c] * m, v[(_RATE + _5) * _W + c] * m, v[(_RATE + _6) * _W + c] * m
        w[(r + _X) * _W + c] = shift + v[_RESPIRED * _W + c] * k1
        w[(r + _X + _1) * _W + c] = shift + v[(_RESPIRED + _1) * _W + c] * k2
        w[(r + _X + _2) * _W + c] = shift + v[(_RESPIRED + _2) * _W + c] * k3
        w[(r + _A) * _W + c] = v[(_FRACTION + _5) * _W + c] * k2  # a12
        w[(r + _A + _1) * _W + c] = v[(_FRACTION + _7) * _W + c] * k3  # a13
        w[(r + _A + _2) * _W + c] = v[(_FRACTION + _3) * _W + c] * k1  # a21
        w[(r + _A + _3) * _W + c] = 0.0  # a23
        w[(r + _A + _4) * _W + c] = v[(_FRACTION + _4) * _W + c] * k1  # a31
        w[(r + _A + _5) * _W + c] = v[(_FRACTION + _6) * _W + c] * k2  # a32


@_jit
def _carry_block(w, r, q):
    """Add what elimination of the layer above (record q) carries into this one (record r)."""
    for p in range(_3):
        for c in range(_W):
            carried = (
                w[(q + _X) * _W + c] * w[(q + _P + p) * _W + c]
                + w[(q + _X + _1) * _W + c] * w[(q + _P + _3 + p) * _W + c]
                + w[(q + _X + _2) * _W + c] * w[(q + _P + _6 + p) * _W + c]
            )
            w[(r + _X + p) * _W + c] += w[(r + _UP) * _W + c] * carried
    for c in range(_W):
        both = w[(r + _UP) * _W + c] * w[(q + _DOWN) * _W + c]
        w[(r + _A) * _W + c] += both * w[(q + _P + _1) * _W + c]
        w[(r + _A + _1) * _W + c] += both * w[(q + _P + _2) * _W + c]
        w[(r + _A + _2) * _W + c] += both * w[(q + _P + _3) * _W + c]
        w[(r + _A + _3) * _W + c] += both * w[(q + _P + _5) * _W + c]
        w[(r + _A + _4) * _W + c] += both * w[(q + _P + _6) * _W + c]
        w[(r + _A + _5) * _W + c] += both * w[(q + _P + _7) * _W + c]


@_jit
def _invert_block(w, r):
    """Inverse of the 3 x 3 pivot from its column sums and off-diagonals, without subtraction."""
    for c in range(_W):
        down = w[(r + _DOWN) * _W + c]
        s1, s2, s3 = w[(r + _X) * _W + c] + down, w[(r + _X + _1) * _W + c] + down, w[(r + _X + _2) * _W + c] + down
        a12, a13, a21 = w[(r + _A) * _W + c], w[(r + _A + _1) * _W + c], w[(r + _A + _2) * _W + c]
        a23, a31, a32 = w[(r + _A + _3) * _W + c], w[(r + _A + _4) * _W + c], w[(r + _A + _5) * _W + c]
        m1, m2, m3 = s1 + a21 + a31, s2 + a12 + a32, s3 + a13 + a23
        p11 = (s2 + a12) * m3 + a32 * (s3 + a13)
        p21 = a21 * m3 + a23 * a31
        p31 = a21 * a32 + m2 * a31
        scale = 1.0 / (s1 * p11 + s2 * p21 + s3 * p31)
        w[(r + _P) * _W + c] = p11 * scale
        w[(r + _P + _1) * _W + c] = (a12 * m3 + a13 * a32) * scale
        w[(r + _P + _2) * _W + c] = (a12 * a23 + a13 * m2) * scale
        w[(r + _P + _3) * _W + c] = p21 * scale
        w[(r + _P + _4) * _W + c] = ((s1 + a21) * m3 + a31 * (s3 + a23)) * scale
        w[(r + _P + _5) * _W + c] = (m1 * a23 + a13 * a21) * scale
        w[(r + _P + _6) * _W + c] = p31 * scale
        w[(r + _P + _7) * _W + c] = (m1 * a32 + a12 * a31) * scale
        w[(r + _P + _u(8)) * _W + c] = ((s1 + a31) * m2 + a21 * (s2 + a32)) * scale


@_jit
def _source(w, v, extra, start, count, layers):
    """Right-hand side of every pool, in the rows that will hold the solution."""
    with_extra = extra.size > 0
    for j in range(layers):
        r = j * _RECORD
        for p in range(_7):
            for c in range(_W):
                w[(r + _C + p) * _W + c] = v[(_INFLOW + p) * _W + c] * w[(r + _PROFILE) * _W + c] if p < _4 else 0.0
        if with_extra:
            for p in range(_7):
                for c in range(_W):
                    w[(r + _C + p) * _W + c] += extra[start + min(c, count - _1), p, j]


@_jit
def _solve_block(w, v, layers, shift):
    """Turn right-hand sides into the solution, pool by pool, in place."""
    for j in range(layers):
        r = j * _RECORD
        for c in range(_W):
            loss = v[_RATE * _W + c] * w[(r + _MOD) * _W + c]
            value = w[(r + _C) * _W + c] / (shift + loss)
            w[(r + _C) * _W + c] = value
            w[(r + _C + _2) * _W + c] += v[(_FRACTION + _u(8)) * _W + c] * loss * value
            w[(r + _C + _3) * _W + c] += v[(_FRACTION + _u(9)) * _W + c] * loss * value
    for j in range(_1, layers):
        r = j * _RECORD
        q = r - _RECORD
        for p in range(_3):
            for c in range(_W):
                w[(r + _C + _1 + p) * _W + c] += w[(r + _UP) * _W + c] * w[(q + _C + _1 + p) * _W + c] * w[(q + _D + p) * _W + c]
    for i in range(layers):
        j = layers - _1 - i
        r = j * _RECORD
        for p in range(_3):
            for c in range(_W):
                value = w[(r + _C + _1 + p) * _W + c]
                if i > _0:
                    value += w[(r + _DOWN) * _W + c] * w[(r + _RECORD + _C + _1 + p) * _W + c]
                w[(r + _C + _1 + p) * _W + c] = value * w[(r + _D + p) * _W + c]
        for c in range(_W):
            m = w[(r + _MOD + _1) * _W + c]
            l1 = v[_FRACTION * _W + c] * v[(_RATE + _1) * _W + c] * w[(r + _C + _1) * _W + c]
            l2 = v[(_FRACTION + _1) * _W + c] * v[(_RATE + _2) * _W + c] * w[(r + _C + _2) * _W + c]
            l3 = v[(_FRACTION + _2) * _W + c] * v[(_RATE + _3) * _W + c] * w[(r + _C + _3) * _W + c]
            w[(r + _C + _4) * _W + c] += m * (l1 + l2)
            w[(r + _C + _5) * _W + c] += m * l3
    for j in range(_1, layers):
        r = j * _RECORD
        q = r - _RECORD
        for c in range(_W):
            up = w[(r + _UP) * _W + c]
            y1, y2, y3 = w[(q + _C + _4) * _W + c], w[(q + _C + _5) * _W + c], w[(q + _C + _6) * _W + c]
            w[(r + _C + _4) * _W + c] += up * (
                w[(q + _P) * _W + c] * y1 + w[(q + _P + _1) * _W + c] * y2 + w[(q + _P + _2) * _W + c] * y3
            )
            w[(r + _C + _5) * _W + c] += up * (
                w[(q + _P + _3) * _W + c] * y1 + w[(q + _P + _4) * _W + c] * y2 + w[(q + _P + _5) * _W + c] * y3
            )
            w[(r + _C + _6) * _W + c] += up * (
                w[(q + _P + _6) * _W + c] * y1 + w[(q + _P + _7) * _W + c] * y2 + w[(q + _P + _u(8)) * _W + c] * y3
            )
    for i in range(layers):
        j = layers - _1 - i
        r = j * _RECORD
        if i > _0:
            for p in range(_3):
                for c in range(_W):
                    w[(r + _C + _4 + p) * _W + c] += w[(r + _DOWN) * _W + c] * w[(r + _RECORD + _C + _4 + p) * _W + c]
        for c in range(_W):
            y1, y2, y3 = w[(r + _C + _4) * _W + c], w[(r + _C + _5) * _W + c], w[(r + _C + _6) * _W + c]
            w[(r + _C + _4) * _W + c] = (
                w[(r + _P) * _W + c] * y1 + w[(r + _P + _1) * _W + c] * y2 + w[(r + _P + _2) * _W + c] * y3
            )
            w[(r + _C + _5) * _W + c] = (
                w[(r + _P + _3) * _W + c] * y1 + w[(r + _P + _4) * _W + c] * y2 + w[(r + _P + _5) * _W + c] * y3
            )
            w[(r + _C + _6) * _W + c] = (
                w[(r + _P + _6) * _W + c] * y1 + w[(r + _P + _7) * _W + c] * y2 + w[(r + _P + _u(8)) * _W + c] * y3
            )


@_jit
def _solve_range(system, shift, out, first, last):
    """Solve columns first..last-1, block by block."""
    layers = _u(out.shape[2])
    w = np.empty(layers * _RECORD * _W)
    v = np.empty(_CONSTANTS * _W)
    start = first
    while start < last:
        count = min(_W, last - start)
        _load_block(w, v, system, start, count, layers)
        _source(w, v, system[7], start, count, layers)
        _eliminate(w, v, layers, shift)
        _solve_block(w, v, layers, shift)
        for c in range(count):
            for p in range(_7):
                for j in range(layers):
                    out[start + c, p, j] = w[(j * _RECORD + _C + p) * _W + c]
        start += count


@_jit
def _integrate_range(system, shift, shared, own, out, first, last):
    """Solve columns first..last-1 and keep only weighted sums over layers of each pool."""
    layers = _u(own.shape[2])
    w = np.empty(layers * _RECORD * _W)
    v = np.empty(_CONSTANTS * _W)
    total = np.empty(WIDTH)
    start = first
    while start < last:
        count = min(_W, last - start)
        _load_block(w, v, system, start, count, layers)
        _source(w, v, system[7], start, count, layers)
        _eliminate(w, v, layers, shift)
        _solve_block(w, v, layers, shift)
        for p in range(_7):
            for s in range(shared.shape[0]):
                total[:] = 0.0
                for j in range(layers):
                    for c in range(_W):
                        total[c] += shared[s, j] * w[(j * _RECORD + _C + p) * _W + c]
                for c in range(count):
                    out[start + c, s, p] = total[c]
            for s in range(own.shape[1]):
                for c in range(count):
                    number = 0.0
                    for j in range(layers):
                        number += own[start + c, s, j] * w[(j * _RECORD + _C + p) * _W + c]
                    out[start + c, shared.shape[0] + s, p] = number
        start += count


@_jit
def _transposed_solve_block(w, v, layers, shift):
    """Turn gradients with respect to the solution into multipliers, in place; the transpose of _solve_block."""
    for j in range(layers):
        r = j * _RECORD
        if j > _0:
            for p in range(_3):
                for c in range(_W):
                    w[(r + _C + _4 + p) * _W + c] += w[(r - _RECORD + _DOWN) * _W + c] * w[(r - _RECORD + _C + _4 + p) * _W + c]
        for c in range(_W):
            y1, y2, y3 = w[(r + _C + _4) * _W + c], w[(r + _C + _5) * _W + c], w[(r + _C + _6) * _W + c]
            w[(r + _C + _4) * _W + c] = (
                w[(r + _P) * _W + c] * y1 + w[(r + _P + _3) * _W + c] * y2 + w[(r + _P + _6) * _W + c] * y3
            )
            w[(r + _C + _5) * _W + c] = (
                w[(r + _P + _1) * _W + c] * y1 + w[(r + _P + _4) * _W + c] * y2 + w[(r + _P + _7) * _W + c] * y3
            )
            w[(r + _C + _6) * _W + c] = (
                w[(r + _P + _2) * _W + c] * y1 + w[(r + _P + _5) * _W + c] * y2 + w[(r + _P + _u(8)) * _W + c] * y3
            )
    for i in range(layers):
        j = layers - _1 - i
        r = j * _RECORD
        q = r + _RECORD
        if i > _0:
            for c in range(_W):
                up = w[(q + _UP) * _W + c]
                y1, y2, y3 = w[(q + _C + _4) * _W + c], w[(q + _C + _5) * _W + c], w[(q + _C + _6) * _W + c]
                w[(r + _C + _4) * _W + c] += up * (
                    w[(r + _P) * _W + c] * y1 + w[(r + _P + _3) * _W + c] * y2 + w[(r + _P + _6) * _W + c] * y3
                )
                w[(r + _C + _5) * _W + c] += up * (
                    w[(r + _P + _1) * _W + c] * y1 + w[(r + _P + _4) * _W + c] * y2 + w[(r + _P + _7) * _W + c] * y3
                )
                w[(r + _C + _6) * _W + c] += up * (
                    w[(r + _P + _2) * _W + c] * y1 + w[(r + _P + _5) * _W + c] * y2 + w[(r + _P + _u(8)) * _W + c] * y3
                )
        for c in range(_W):
            m = w[(r + _MOD + _1) * _W + c]
            fast, slow = w[(r + _C + _4) * _W + c], w[(r + _C + _5) * _W + c]
            w[(r + _C + _1) * _W + c] += v[_FRACTION * _W + c] * v[(_RATE + _1) * _W + c] * m * fast
            w[(r + _C + _2) * _W + c] += v[(_FRACTION + _1) * _W + c] * v[(_RATE + _2) * _W + c] * m * fast
            w[(r + _C + _3) * _W + c] += v[(_FRACTION + _2) * _W + c] * v[(_RATE + _3) * _W + c] * m * slow
    for j in range(layers):
        r = j * _RECORD
        for p in range(_3):
            for c in range(_W):
                value = w[(r + _C + _1 + p) * _W + c]
                if j > _0:
                    value += w[(r - _RECORD + _DOWN) * _W + c] * w[(r - _RECORD + _C + _1 + p) * _W + c]
                w[(r + _C + _1 + p) * _W + c] = value * w[(r + _D + p) * _W + c]
    for i in range(layers):
        j = layers - _1 - i
        r = j * _RECORD
        q = r + _RECORD
        if i > _0:
            for p in range(_3):
                for c in range(_W):
                    w[(r + _C + _1 + p) * _W + c] += (
                        w[(q + _UP) * _W + c] * w[(q + _C + _1 + p) * _W + c] * w[(r + _D + p) * _W + c]
                    )
        for c in range(_W):
            loss = v[_RATE * _W + c] * w[(r + _MOD) * _W + c]
            handed = (
                v[(_FRACTION + _u(8)) * _W + c] * w[(r + _C + _2) * _W + c]
                + v[(_FRACTION + _u(9)) * _W + c] * w[(r + _C + _3) * _W + c]
            )
            w[(r + _C) * _W + c] = (w[(r + _C) * _W + c] + loss * handed) / (shift + loss)


@_jit
def _gradient_block(w, v, layers):
    """Gradients with respect to the equations' coefficients, from multipliers (_C) and solution (_S)."""
    for k in range(_BY_RATE * _W, _CONSTANTS * _W):
        v[k] = 0.0
    for j in range(layers):
        r = j * _RECORD
        for c in range(_W):
            m0, m1 = w[(r + _MOD) * _W + c], w[(r + _MOD + _1) * _W + c]
            g0, g1 = w[(r + _C) * _W + c], w[(r + _C + _1) * _W + c]
            g2, g3 = w[(r + _C + _2) * _W + c], w[(r + _C + _3) * _W + c]
            g4, g5, g6 = w[(r + _C + _4) * _W + c], w[(r + _C + _5) * _W + c], w[(r + _C + _6) * _W + c]
            d0, d1 = m0 * w[(r + _S) * _W + c], m1 * w[(r + _S + _1) * _W + c]
            d2, d3 = m1 * w[(r + _S + _2) * _W + c], m1 * w[(r + _S + _3) * _W + c]
            d4, d5, d6 = m0 * w[(r + _S + _4) * _W + c], m0 * w[(r + _S + _5) * _W + c], m0 * w[(r + _S + _6) * _W + c]
            f = _FRACTION * _W + c
            # what a donor's loss is worth: the worth of what receivers gain less the worth of what it gives
            h0 = d0 * (v[f + _u(8) * _W] * g2 + v[f + _u(9) * _W] * g3 - g0)
            h1 = d1 * (v[f] * g4 - g1)
            h2 = d2 * (v[f + _W] * g4 - g2)
            h3 = d3 * (v[f + _2 * _W] * g5 - g3)
            h4 = d4 * (v[f + _3 * _W] * g5 + v[f + _4 * _W] * g6 - g4)
            h5 = d5 * (v[f + _5 * _W] * g4 + v[f + _6 * _W] * g6 - g5)
            h6 = d6 * (v[f + _7 * _W] * g4 - g6)
            b = _BY_RATE * _W + c
            v[b] += h0
            v[b + _W] += h1
            v[b + _2 * _W] += h2
            v[b + _3 * _W] += h3
            v[b + _4 * _W] += h4
            v[b + _5 * _W] += h5
            v[b + _6 * _W] += h6
            k = _RATE * _W + c
            soil = v[k] * h0 + v[k + _4 * _W] * h4 + v[k + _5 * _W] * h5 + v[k + _6 * _W] * h6
            litter = v[k + _W] * h1 + v[k + _2 * _W] * h2 + v[k + _3 * _W] * h3
            w[(r + _BY_MOD) * _W + c] = soil / m0  # h holds the modifier already
            w[(r + _BY_MOD + _1) * _W + c] = litter / m1
            t = _BY_FRACTION * _W + c
            v[t] += v[k + _W] * d1 * g4
            v[t + _W] += v[k + _2 * _W] * d2 * g4
            v[t + _2 * _W] += v[k + _3 * _W] * d3 * g5
            v[t + _3 * _W] += v[k + _4 * _W] * d4 * g5
            v[t + _4 * _W] += v[k + _4 * _W] * d4 * g6
            v[t + _5 * _W] += v[k + _5 * _W] * d5 * g4
            v[t + _6 * _W] += v[k + _5 * _W] * d5 * g6
            v[t + _7 * _W] += v[k + _6 * _W] * d6 * g4
            v[t + _u(8) * _W] += v[k] * d0 * g2
            v[t + _u(9) * _W] += v[k] * d0 * g3
        for c in range(_W):
            w[(r + _BY_PROFILE) * _W + c] = 0.0
        for p in range(_4):
            for c in range(_W):
                v[(_BY_INFLOW + p) * _W + c] += w[(r + _C + p) * _W + c] * w[(r + _PROFILE) * _W + c]
                w[(r + _BY_PROFILE) * _W + c] += w[(r + _C + p) * _W + c] * v[(_INFLOW + p) * _W + c]
        _exchange_gradient(w, r, j > _0, j + _1 < layers)


@_jit
def _exchange_gradient(w, r, has_above, has_below):
    for c in range(_W):
        w[(r + _BY_UP) * _W + c] = 0.0
        w[(r + _BY_DOWN) * _W + c] = 0.0
    for p in range(_1, _7):
        if has_above:
            q = r - _RECORD
            for c in range(_W):
                difference = w[(r + _S + p) * _W + c] - w[(q + _S + p) * _W + c]
                w[(r + _BY_UP) * _W + c] -= w[(r + _C + p) * _W + c] * difference
        if has_below:
            q = r + _RECORD
            for c in range(_W):
                difference = w[(r + _S + p) * _W + c] - w[(q + _S + p) * _W + c]
                w[(r + _BY_DOWN) * _W + c] -= w[(r + _C + p) * _W + c] * difference


@_jit
def _adjoint_range(system, shift, solution, gradient, out, first, last):
    """Gradients of columns first..last-1, block by block."""
    by_rate, by_modifier, by_fraction, by_up, by_down, by_inflow, by_profile, by_extra = out
    layers = _u(solution.shape[2])
    w = np.empty(layers * _RECORD * _W)
    v = np.empty(_CONSTANTS * _W)
    start = first
    while start < last:
        count = min(_W, last - start)
        _load_block(w, v, system, start, count, layers)
        for c in range(_W):
            b = start + min(c, count - _1)
            for p in range(_7):
                for j in range(layers):
                    w[(j * _RECORD + _C + p) * _W + c] = gradient[b, p, j]
                    w[(j * _RECORD + _S + p) * _W + c] = solution[b, p, j]
        _eliminate(w, v, layers, shift)
        _transposed_solve_block(w, v, layers, shift)
        _gradient_block(w, v, layers)
        for c in range(count):
            b = start + c
            for p in range(_7):
                by_rate[b, p] = v[(_BY_RATE + p) * _W + c]
            for t in range(_u(10)):
                by_fraction[b, t] = v[(_BY_FRACTION + t) * _W + c]
            for p in range(_4):
                by_inflow[b, p] = v[(_BY_INFLOW + p) * _W + c]
            for j in range(layers):
                r = j * _RECORD
                by_up[b, j] = w[(r + _BY_UP) * _W + c]
                by_down[b, j] = w[(r + _BY_DOWN) * _W + c]
                by_modifier[b, 0, j] = w[(r + _BY_MOD) * _W + c]
                by_modifier[b, 1, j] = w[(r + _BY_MOD + _1) * _W + c]
                by_profile[b, j] = w[(r + _BY_PROFILE) * _W + c]
            if by_extra.size > 0:
                for p in range(_7):
                    for j in range(layers):
                        by_extra[b, p, j] = w[(j * _RECORD + _C + p) * _W + c]
        start += count


_here = threading.local()
"""Knows, of each thread, whether it is one of the pool's."""


def _join_pool() -> None:
    _here.pooled = True


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_cores(), thread_name_prefix="proda-kernel", initializer=_join_pool)


if hasattr(os, "register_at_fork"):  # a forked child inherits the pool but not its threads
    os.register_at_fork(after_in_child=lambda: _threads.cache_clear())


_limit = 0
"""Threads to use at most; none set where zero."""


def limit_threads(threads: int) -> None:
    """Use at most ``threads`` threads in this process from now on, for when several processes share the computer."""
    global _limit
    _limit = threads


def _cores() -> int:
    """Threads that this process may use."""
    return min(_processors(), _limit or _processors())


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_out(work: Callable[[np.uint64, np.uint64], None], batch: int) -> None:
    """Run ``work(first, last)`` over the columns, in equal stretches of whole blocks, one for each core."""
    cores = _cores()
    if batch <= _SMALL or cores == 1 or getattr(_here, "pooled", False):  # a thread that waits for its own pool waits for ever
        work(_u(0), _u(batch))
        return
    stretch = -(-batch // (cores * WIDTH)) * WIDTH
    jobs = [_threads().submit(work, _u(first), _u(min(first + stretch, batch))) for first in range(0, batch, stretch)]
    for job in jobs:
        job.result()


def across(work: Callable[[slice], Result], batch: int, most: int) -> list[Result]:
    """Results of ``work(rows)`` over consecutive rows of ``batch``, at most ``most`` at a time, in their order.

    Each stretch is worked on by one core from beginning to end, so that what ``work`` does around the solver takes every core,
    too, and finds its numbers in that core's cache.
    """
    cores = 1 if getattr(_here, "pooled", False) else _cores()
    stretch = min(most, max(-(-batch // cores), _SMALL))
    rows = [slice(first, min(first + stretch, batch)) for first in range(0, batch, stretch)]
    if cores == 1 or len(rows) == 1:
        return [work(part) for part in rows]
    return list(_threads().map(work, rows))


def _arrays(tensors: Any) -> tuple[np.ndarray[Any, Any], ...]:
    return tuple(t.contiguous().numpy() for t in tensors)


def solve(system: System) -> torch.Tensor:
    """Solution c (batch, 7, layer) of ``system``; float64 on the CPU.  Not differentiable: see ``linear.solve``."""
    batch, layers = system.up.shape
    out = np.empty((batch, 7, layers))  # NumPy asks for huge pages; touching a fresh torch tensor of this size takes longer
    share_out(partial(_solve_range, _arrays(system[:8]), float(system.shift), out), batch)
    return torch.from_numpy(out)


def integrate(system: System, shared: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Weighted sums over layers of each pool of the solution, without keeping the solution; see ``linear.integrate``."""
    out = np.empty((len(own), len(shared) + own.shape[1], 7))
    work = partial(_integrate_range, _arrays(system[:8]), float(system.shift), *_arrays((shared, own)), out)
    share_out(work, len(own))
    return torch.from_numpy(out)


def adjoint(system: System, solution: torch.Tensor, gradient: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Gradients of a loss with respect to the eight tensors of ``system``, given dL/dc (batch, 7, layer)."""
    out = tuple(np.empty(t.shape) for t in system[:8])
    held = _arrays(t.detach() for t in system[:8])
    work = partial(_adjoint_range, held, float(system.shift), *_arrays((solution, gradient)), out)
    share_out(work, len(solution))
    return tuple(torch.from_numpy(array) for array in out)


def warm_up() -> None:
    """Compile, or load from the cache, everything that a solve and its gradient need."""
    from proda_core.process.linear import System  # the two modules need each other only here

    shapes = ((1, 7), (1, 2, 20), (1, 10), (1, 20), (1, 20), (1, 4), (1, 20), (0, 7, 20))
    system = System._make([*(torch.full(shape, 0.1, dtype=torch.float64) for shape in shapes), 0.0])
    solution = solve(system)
    integrate(system, solution[0, :1], solution[:, :1])
    adjoint(system, solution, torch.ones_like(solution))
