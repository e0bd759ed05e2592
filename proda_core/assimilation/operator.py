"""From a soil column to what a profile saw: the model's SOC density, averaged over the depths of each observed layer.

The model gives SOC at the nodes of its layers.  Between nodes it is taken as piecewise linear, above the first and below the last
node as constant, and averaged over the observed layer.  That is a fixed matrix for each profile, so it costs nothing, has an
exact gradient and keeps what is positive positive.  The authors read the model off at the middle of the layer by a monotone
cubic instead (:func:`at_depth`); for an exponential decline of SOC over a thick layer that is below the mean over the layer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from proda_core.grid import LAYERS, LAYERS_CLM5

FloatArray = npt.NDArray[np.float64]
Tensor = torch.Tensor

NODE: FloatArray = LAYERS_CLM5.node[:LAYERS]


def layer_mean(top: npt.ArrayLike, bottom: npt.ArrayLike) -> FloatArray:
    """Weights that average node values over layers.

    Args:
        top: upper depth of each observed layer [m] (observation,).
        bottom: lower depth [m] (observation,), greater than ``top``.

    Returns:
        weights [1] (observation, 20); each row sums to one.

    Raises:
        ValueError: a layer without thickness.

    >>> values = layer_mean([0.0], [0.3]) @ (5 - 2 * NODE)  # a straight line below the first node
    >>> bool(abs(values[0] - (5 - 2 * 0.15)) < 1e-3)
    True
    """
    upper, lower = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    if not bool(np.all(lower > upper)):
        raise ValueError("expected every layer's bottom below its top, got a layer without thickness; run quality control first")
    weights: FloatArray = (_cumulative(lower) - _cumulative(upper)) / (lower - upper)[:, None]
    return weights


def _cumulative(depth: FloatArray) -> FloatArray:
    """Weights that integrate node values from the surface to a depth (observation, 20) [m]."""
    weights = np.zeros((len(depth), LAYERS))
    weights[:, 0] = np.minimum(depth, NODE[0])
    for j in range(LAYERS - 1):
        span = NODE[j + 1] - NODE[j]
        part = np.clip(depth - NODE[j], 0.0, span)
        weights[:, j + 1] += part**2 / (2 * span)
        weights[:, j] += part - part**2 / (2 * span)
    weights[:, -1] += np.maximum(depth - NODE[-1], 0.0)
    return weights


def at_depth(values: Tensor, depth: Tensor) -> Tensor:
    """Node values at given depths by PCHIP, the monotone cubic of Fritsch & Butland; as the authors read their model off.

    Args:
        values: values at the nodes (..., 20).
        depth: depths [m] (..., observation); beyond the outermost nodes the end cubic goes on, as in the authors' code.

    Returns:
        values (..., observation).

    Source: Fritsch & Butland 1984, doi:10.1137/0905021; tested against scipy.interpolate.PchipInterpolator.
    """
    node = values.new_tensor(NODE)
    span = node.diff()
    secant = values.diff(dim=-1) / span
    slope = _slopes(secant, span)
    index = (torch.searchsorted(node, depth.contiguous(), right=True) - 1).clamp(0, LAYERS - 2)
    h, t = span[index], (depth - node[index]) / span[index]
    left, right = (values.gather(-1, i.expand(*values.shape[:-1], i.shape[-1])) for i in (index, index + 1))
    d0, d1 = (slope.gather(-1, i.expand(*values.shape[:-1], i.shape[-1])) for i in (index, index + 1))
    return left * (1 + 2 * t) * (1 - t) ** 2 + d0 * h * t * (1 - t) ** 2 + right * t**2 * (3 - 2 * t) + d1 * h * t**2 * (t - 1)


def _slopes(secant: Tensor, span: Tensor) -> Tensor:
    """Slopes at the nodes: weighted harmonic means inside, one-sided three-point formulas, limited, at the ends."""
    before, after, h0, h1 = secant[..., :-1], secant[..., 1:], span[:-1], span[1:]
    w0, w1 = 2 * h1 + h0, h1 + 2 * h0
    same = before * after > 0
    safe0, safe1 = torch.where(same, before, 1.0), torch.where(same, after, 1.0)
    inner = torch.where(same, (w0 + w1) / (w0 / safe0 + w1 / safe1), 0.0)
    first = _end_slope(secant[..., 0], secant[..., 1], span[0], span[1])
    last = _end_slope(secant[..., -1], secant[..., -2], span[-1], span[-2])
    return torch.cat([first[..., None], inner, last[..., None]], dim=-1)


def _end_slope(near: Tensor, far: Tensor, h0: Tensor, h1: Tensor) -> Tensor:
    slope = ((2 * h0 + h1) * near - h0 * far) / (h0 + h1)
    slope = torch.where(slope * near <= 0, 0.0, slope)
    return torch.where((near * far <= 0) & (slope.abs() > 3 * near.abs()), 3 * near, slope)
