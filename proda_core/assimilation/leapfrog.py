"""The steps of a Hamiltonian path around a Gaussian reference, and how it is learned, compiled; see :class:`moves.Hamiltonian`.

For many small problems PyTorch spends its time on starting operations: a batch of 21 x 21 products took longer than the density.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# Numba infers the types of the compiled functions; annotations would say nothing.
from __future__ import annotations

import math

import numba
import numpy as np

_jit = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


@_jit
def kick(z, v, gradient, factor, angle):
    """``v += angle (L^T gradient + z)`` for every chain, in place.

    Args:
        z: states in reference coordinates (problem, chain, d).
        v: velocities (problem, chain, d).
        gradient: gradient of the log density by the state (problem, chain, d).
        factor: lower triangular L (problem, d, d).
        angle: (problem, chain).
    """
    problems, chains, d = z.shape
    for p in range(problems):
        for c in range(chains):
            for j in range(d):
                v[p, c, j] += angle[p, c] * z[p, c, j]
            for i in range(d):
                share = angle[p, c] * gradient[p, c, i]
                for j in range(i + 1):
                    v[p, c, j] += share * factor[p, i, j]


@_jit
def turn(z, v, angle):
    """Rotate (z, v) by ``angle`` (problem, chain), in place: the exact motion under the reference."""
    problems, chains, d = z.shape
    for p in range(problems):
        for c in range(chains):
            cos, sin = math.cos(angle[p, c]), math.sin(angle[p, c])
            for i in range(d):
                before = z[p, c, i]
                z[p, c, i] = cos * before + sin * v[p, c, i]
                v[p, c, i] = cos * v[p, c, i] - sin * before


@_jit
def place(x, z, centre, factor):
    """States x = m + L z (problem, chain, d), written to ``x``; the centre m is (problem, d)."""
    problems, chains, d = z.shape
    for p in range(problems):
        for c in range(chains):
            for i in range(d):
                total = centre[p, i]
                for j in range(i + 1):
                    total += factor[p, i, j] * z[p, c, j]
                x[p, c, i] = total


@_jit
def reference(z, x, centre, factor):
    """The inverse of :func:`place`: ``z = L^-1 (x - m)``, written to ``z``."""
    problems, chains, d = x.shape
    for p in range(problems):
        for c in range(chains):
            for i in range(d):
                total = x[p, c, i] - centre[p, i]
                for j in range(i):
                    total -= factor[p, i, j] * z[p, c, j]
                z[p, c, i] = total / factor[p, i, i]


@_jit
def learn(states, shrink, mean, factor):
    """Mean m and lower triangular factor L of the covariance, shrunk towards the identity, of each problem's states.

    Problem by problem, so that not one bit depends on what else is in the batch.

    Args:
        states: (problem, state, d).
        shrink: weight of the identity, in states.
        mean: written (problem, d).
        factor: written, zero above the diagonal before (problem, d, d).
    """
    problems, count, d = states.shape
    covariance = np.empty((d, d))
    for p in range(problems):
        for i in range(d):
            mean[p, i] = 0.0
            for n in range(count):
                mean[p, i] += states[p, n, i] / count
            for j in range(i + 1):
                covariance[i, j] = shrink if i == j else 0.0
        for n in range(count):
            for i in range(d):
                away = states[p, n, i] - mean[p, i]
                for j in range(i + 1):
                    covariance[i, j] += away * (states[p, n, j] - mean[p, j])
        for i in range(d):
            for j in range(i + 1):
                rest = covariance[i, j] / (count + shrink)
                for k in range(j):
                    rest -= factor[p, i, k] * factor[p, j, k]
                factor[p, i, j] = math.sqrt(rest) if i == j else rest / factor[p, j, j]
